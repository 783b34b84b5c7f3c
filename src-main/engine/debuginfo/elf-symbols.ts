import { ElfNames, isNamed } from './module-kallsyms.ts';
import { endOfName, NameTotal } from './name-hash.ts';
import { SymbolTable, type AddressRange } from './symbol-table.ts';

/** sizeof(Elf64_Sym) */
export const ELF_SYMBOL_SIZE = 24;
const STT_SECTION = 3;
const STT_FILE = 4;
/** Section indexes from here on have meanings of their own (SHN_ABS, SHN_COMMON, SHN_XINDEX). */
export const SHN_LORESERVE = 0xff00;
export const SHN_ABS = 0xfff1;

/**
 * Symbols with a name and a section; `nm`'s letter for the kinds a symbol itself tells.
 * @param baseOf what to add to the value of a symbol in that section (relocatable files, whose
 *   values count from their section's start); undefined leaves the symbol out. Of these files names
 *   that the kernel leaves out, too (`.L…`), are left out
 * @param ranges where the symbols may answer for an address
 */
export function symbolsOf(
  symtab: Uint8Array,
  strtab: Uint8Array,
  origin: string,
  baseOf?: (section: number) => bigint | undefined,
  ranges?: readonly AddressRange[],
): SymbolTable {
  const count = Math.floor(symtab.length / ELF_SYMBOL_SIZE);
  const view = new DataView(symtab.buffer, symtab.byteOffset, symtab.byteLength);
  const kept: number[] = [];
  const ends: number[] = [];
  const bases: bigint[] = [];
  const total = new NameTotal(strtab);
  for (let i = 1; i < count; i++) {
    const at = i * ELF_SYMBOL_SIZE;
    const kind = view.getUint8(at + 4) & 0xf;
    const start = view.getUint32(at, true);
    const section = view.getUint16(at + 6, true);
    // STT_SECTION and STT_FILE are no names of the program; section 0 is undefined.
    const defined = section !== 0 && kind !== STT_SECTION && kind !== STT_FILE;
    const end = defined && start > 0 ? endOfName(strtab, start) : -1;
    if (end <= start) continue;
    total.add(end - start);
    if (baseOf !== undefined) {
      const base = section < SHN_LORESERVE ? baseOf(section) : undefined;
      if (base === undefined || !isNamed(strtab, start, end)) continue;
      bases.push(base);
    }
    kept.push(i);
    ends.push(end);
  }
  const addresses = Float64Array.from(kept, (symbol, k) => {
    const value = view.getBigInt64(symbol * ELF_SYMBOL_SIZE + 8, true);
    return Number(baseOf === undefined ? value : BigInt.asIntN(64, value + bases[k]!));
  });
  const types = Uint8Array.from(kept, (i) => letterOf(view.getUint8(i * ELF_SYMBOL_SIZE + 4)));
  const starts = Uint32Array.from(kept, (i) => view.getUint32(i * ELF_SYMBOL_SIZE, true));
  return new SymbolTable(
    origin,
    addresses,
    types,
    new ElfNames(strtab, starts, Uint32Array.from(ends)),
    ranges,
  );
}

function letterOf(info: number): number {
  const letter = { 1: 'd', 2: 't' }[info & 0xf] ?? '?';
  const binding = info >>> 4;
  if (binding === 2) return (info & 0xf) === 1 ? 0x56 : 0x57;
  return (binding === 1 ? letter.toUpperCase() : letter).charCodeAt(0);
}
