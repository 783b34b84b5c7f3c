import { corruptTable } from './corrupt.ts';
import { decodeName, endOfName, hashBytes } from './name-hash.ts';
import { SymbolTable, type AddressRange, type SymbolNames } from './symbol-table.ts';

/** Bytes of a loaded module's `struct mod_kallsyms`. */
export interface ModuleKallsyms {
  readonly moduleName: string;
  /** `num_symtab` Elf64_Sym, st_value already relocated to addresses. */
  readonly symtab: Uint8Array;
  readonly strtab: Uint8Array;
  /** One `nm` letter a symbol (member `typetab`, 5.2+). */
  readonly typetab: Uint8Array | undefined;
  /** The module's memory: where its symbols may answer for an address. */
  readonly ranges: readonly AddressRange[];
}

const SYMBOL_SIZE = 24;
/** No module comes near; bounds what a damaged num_symtab allocates. */
const MAX_SYMBOLS = 1_000_000;
const SHN_UNDEF = 0;
const SHN_LORESERVE = 0xff00;

/**
 * Symbols of a loaded module: those the kernel itself would name. Undefined symbols and those
 * without a name are left out, and so are mapping symbols (`$…`) and local labels (`.L…`).
 * Absolute symbols and such outside the module's memory stay findable by name.
 * @throws FaultError `corrupt` when the tables do not fit each other
 * @source kernel/module/kallsyms.c find_kallsyms_symbol(), add_kallsyms(); is_mapping_symbol() in
 *   include/linux/module_symbol.h
 */
export function decodeModuleKallsyms(module: ModuleKallsyms): SymbolTable {
  const { symtab, strtab, typetab } = module;
  const count = Math.floor(symtab.length / SYMBOL_SIZE);
  if (count > MAX_SYMBOLS) {
    const what = `symtab of module ${module.moduleName}`;
    throw corruptTable(what, 0, `up to ${MAX_SYMBOLS} symbols`, String(count));
  }
  const view = new DataView(symtab.buffer, symtab.byteOffset, symtab.byteLength);
  const addresses: number[] = [];
  const types: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  // Entry 0 is the null symbol, as in every ELF symbol table.
  for (let i = 1; i < count; i++) {
    const at = i * SYMBOL_SIZE;
    const section = view.getUint16(at + 6, true);
    const start = view.getUint32(at, true);
    if (section === SHN_UNDEF || start >= strtab.length) continue;
    const end = endOfName(strtab, start);
    if (end < 0 || !isNamed(strtab, start, end)) continue;
    addresses.push(Number(BigInt.asIntN(64, view.getBigUint64(at + 8, true))));
    types.push(typetab?.[i] ?? letterOf(view.getUint8(at + 4), section));
    starts.push(start);
    ends.push(end);
  }
  return new SymbolTable(
    `kallsyms:${module.moduleName}`,
    Float64Array.from(addresses),
    Uint8Array.from(types),
    new ElfNames(strtab, Uint32Array.from(starts), Uint32Array.from(ends)),
    module.ranges,
  );
}

/** False for an empty name, `$…` (mapping symbols) and `.L…` (assembler's local labels). */
export function isNamed(strtab: Uint8Array, start: number, end: number): boolean {
  const first = strtab[start];
  if (start >= end || first === 0x24) return false;
  return !(first === 0x2e && strtab[start + 1] === 0x4c);
}

/**
 * Before 5.2 the loader wrote the letter into st_info's place; a plain st_info gives what it can.
 * @source kernel/module.c elf_type()
 */
function letterOf(info: number, section: number): number {
  if (info >= 0x41) return info;
  const binding = info >>> 4;
  const kind = info & 0xf;
  let letter = kind === 2 ? 't' : kind === 1 ? 'd' : '?';
  if (binding === 2) letter = kind === 1 ? 'v' : 'w';
  if (section >= SHN_LORESERVE) letter = 'a';
  return (binding === 1 ? letter.toUpperCase() : letter).charCodeAt(0);
}

/** Names in an ELF string table; shared with the ELF reader. */
export class ElfNames implements SymbolNames {
  readonly #strings: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;

  constructor(strings: Uint8Array, starts: Uint32Array, ends: Uint32Array) {
    this.#strings = strings;
    this.#starts = starts;
    this.#ends = ends;
  }
  nameOf(index: number): string {
    return decodeName(this.#strings, this.#starts[index]!, this.#ends[index]!);
  }
  hashOf(index: number): number {
    return hashBytes(this.#strings, this.#starts[index]!, this.#ends[index]!);
  }
  matches(index: number, bytes: Uint8Array): boolean {
    const start = this.#starts[index]!;
    if (this.#ends[index]! - start !== bytes.length) return false;
    for (let i = 0; i < bytes.length; i++) if (this.#strings[start + i] !== bytes[i]) return false;
    return true;
  }
}
