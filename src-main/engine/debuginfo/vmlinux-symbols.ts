import { START_KERNEL_MAP } from '../arch/x86-64/address-map.ts';
import { ELF_SYMBOL_SIZE, SHN_LORESERVE } from './elf-symbols.ts';
import { SHT_NOBITS, SHT_SYMTAB, type ElfFile, type ElfSection } from './elf.ts';
import { ElfNames } from './module-kallsyms.ts';
import { decodeName, endOfName, NameTotal } from './name-hash.ts';
import { SymbolTable } from './symbol-table.ts';

const STT_SECTION = 3;
const STT_FILE = 4;
const SHF_WRITE = 1n;
const SHF_ALLOC = 2n;
const SHF_EXECINSTR = 4n;
/** What the kernel's build leaves out of kallsyms. @source scripts/mksysmap */
const LEFT_OUT = /^(?:\$|\.L|__crc_|__kstrtab_|__kstrtabns_)/;
/** Names that linker scripts give. @source scripts/kallsyms.c `may_be_linker_script_provide_symbol` */
const FROM_LINKER = /^__(?:start_|stop_|end_)|^__.*(?:_start|_end)$/;

/** The file's part in a symbol: what sorting and the letter need. */
interface Entry {
  readonly address: bigint;
  readonly letter: number;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Order among the names of one address, lower first. */
  readonly rank: number;
}

/**
 * The symbols that kallsyms would have, from vmlinux's `.symtab`: its names, its preferred one
 * first where several have one address, and letters as nm gives them (kallsyms' own).
 * @param slide what KASLR added to addresses of the image; per-CPU offsets (before 6.15) and
 *   absolute symbols do not move
 * @returns undefined where the file has no symbols
 * @throws FaultError for a damaged file
 * @source scripts/kallsyms.c `compare_symbols`, `make_percpus_absolute`
 */
export function vmlinuxSymbolsOf(elf: ElfFile, slide: bigint): SymbolTable | undefined {
  const section = elf.sections.find(({ type }) => type === SHT_SYMTAB);
  const names = section === undefined ? undefined : elf.sections[section.link];
  if (section === undefined || names === undefined) return undefined;
  const strtab = elf.readSection(names);
  const entries = entriesOf(elf, elf.readSection(section), strtab);
  if (entries.length === 0) return undefined;
  entries.sort(compareEntries);
  const addresses = Float64Array.from(entries, ({ address }) =>
    Number(BigInt.asIntN(64, address >= START_KERNEL_MAP ? address + slide : address)),
  );
  return new SymbolTable(
    `.symtab of ${elf.name}`,
    addresses,
    Uint8Array.from(entries, ({ letter }) => letter),
    new ElfNames(
      strtab,
      Uint32Array.from(entries, ({ start }) => start),
      Uint32Array.from(entries, ({ end }) => end),
    ),
  );
}

function entriesOf(elf: ElfFile, symtab: Uint8Array, strtab: Uint8Array): Entry[] {
  const view = new DataView(symtab.buffer, symtab.byteOffset, symtab.byteLength);
  const entries: Entry[] = [];
  const total = new NameTotal(strtab);
  // In a file that keeps debug sections only, every other section is NOBITS.
  const hasContents = elf.findSection('.text')?.type !== SHT_NOBITS;
  const count = Math.floor(symtab.length / ELF_SYMBOL_SIZE);
  for (let i = 1; i < count; i++) {
    const at = i * ELF_SYMBOL_SIZE;
    const info = view.getUint8(at + 4);
    const kind = info & 0xf;
    const index = view.getUint16(at + 6, true);
    const start = view.getUint32(at, true);
    // Absolute symbols are numbers: constants of assembler sources, checksums.
    if (index === 0 || index >= SHN_LORESERVE) continue;
    if (kind === STT_SECTION || kind === STT_FILE) continue;
    const end = start > 0 ? endOfName(strtab, start) : -1;
    if (end <= start) continue;
    total.add(end - start);
    const name = decodeName(strtab, start, end);
    if (LEFT_OUT.test(name)) continue;
    const place = elf.sections[index];
    if (place === undefined || (place.flags & SHF_ALLOC) === 0n) continue;
    const address = view.getBigUint64(at + 8, true);
    const weak = info >>> 4 === 2;
    const letter = letterOf(info, place, address, hasContents);
    entries.push({ address, letter, name, start, end, rank: rankOf(name, weak) });
  }
  return entries;
}

/** nm's letter; of an offset into the per-CPU area kallsyms' `A`. */
function letterOf(
  info: number,
  section: ElfSection,
  address: bigint,
  hasContents: boolean,
): number {
  const binding = info >>> 4;
  if (binding === 2) return ((info & 0xf) === 1 ? 'V' : 'W').charCodeAt(0);
  if (address < START_KERNEL_MAP) return 'A'.charCodeAt(0);
  const letter = sectionLetter(section, hasContents);
  return (binding === 0 ? letter : letter.toUpperCase()).charCodeAt(0);
}

function sectionLetter({ name, type, flags }: ElfSection, hasContents: boolean): string {
  if ((flags & SHF_EXECINSTR) !== 0n) return 't';
  if (hasContents ? type === SHT_NOBITS : /^\.(?:bss|brk)/.test(name)) return 'b';
  return (flags & SHF_WRITE) !== 0n ? 'd' : 'r';
}

/** Weak names last, then what a linker script gave, then by leading underscores. */
function rankOf(name: string, weak: boolean): number {
  const underscores = /^_*/.exec(name)![0].length;
  return (weak ? 2 ** 20 : 0) + (FROM_LINKER.test(name) ? 2 ** 16 : 0) + underscores;
}

/** nm, which kallsyms is made from, sorts the names of one address. */
function compareEntries(a: Entry, b: Entry): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.rank - b.rank || (a.name < b.name ? -1 : 1);
}
