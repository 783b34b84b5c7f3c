import { ELF_SYMBOL_SIZE, SHN_LORESERVE } from './elf-symbols.ts';
import type { ElfFile } from './elf.ts';
import { decodeName } from './name-hash.ts';

/** A function of a file's own symbol table. */
export interface SampledSymbol {
  readonly name: string;
  /** st_value: an address; in a relocatable file the offset in the section. */
  readonly value: bigint;
  /** Its section's name. */
  readonly section: string;
}

const SHT_SYMTAB = 2;
const STT_FUNC = 2;
/** Symbols read at one place: among so many there is a function, unless it is a run of data. */
const WINDOW = 64;
const MAX_NAME = 256;

/**
 * Functions of `.text`, well spread over `.symtab`: at most `count`, each read by itself, so that a
 * vmlinux costs no more than a small module. Empty where the table was stripped.
 * @throws FaultError when tables lie outside the file
 */
export function sampleFunctions(elf: ElfFile, count: number): SampledSymbol[] {
  const symtab = elf.sections.find(({ type }) => type === SHT_SYMTAB);
  const strtab = symtab && elf.sections[symtab.link];
  const text = elf.findSection('.text');
  if (symtab === undefined || strtab === undefined || text === undefined) return [];
  if (text.index >= SHN_LORESERVE) return [];
  const symbols = elf.sectionReader(symtab);
  const names = elf.sectionReader(strtab);
  const total = Math.floor(symbols.size / ELF_SYMBOL_SIZE);
  const found = new Map<number, SampledSymbol>();
  for (let k = 0; k < count; k++) {
    const first = Math.floor((k * total) / count);
    const length = Math.min(WINDOW, total - first);
    const bytes = symbols.bytes(first * ELF_SYMBOL_SIZE, length * ELF_SYMBOL_SIZE);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < length; i++) {
      const at = i * ELF_SYMBOL_SIZE;
      const isFunction = (view.getUint8(at + 4) & 0xf) === STT_FUNC;
      if (!isFunction || view.getUint16(at + 6, true) !== text.index) continue;
      const name = nameAt(names, view.getUint32(at, true));
      if (name === '') continue;
      // Neighbouring windows of a small table overlap.
      const value = view.getBigUint64(at + 8, true);
      found.set(first + i, { name, value, section: text.name });
      break;
    }
  }
  return [...found.values()];
}

/** Empty for a name that is too long or does not end. */
function nameAt(names: ReturnType<ElfFile['sectionReader']>, start: number): string {
  if (start === 0 || start >= names.size) return '';
  const bytes = names.bytes(start, Math.min(MAX_NAME, names.size - start));
  const end = bytes.indexOf(0);
  return end < 0 ? '' : decodeName(bytes, 0, end);
}
