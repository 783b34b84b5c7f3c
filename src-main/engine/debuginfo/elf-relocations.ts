import { corruptTable } from './corrupt.ts';
import type { SectionReader } from './dwarf/sections.ts';
import { ELF_SYMBOL_SIZE, SHN_ABS, SHN_LORESERVE } from './elf-symbols.ts';
import type { ElfFile, ElfSection } from './elf.ts';

const SHT_RELA = 4;
const RELA_SIZE = 24;
const EM_X86_64 = 62;

interface Kind {
  /** Bytes written. */
  readonly width: 1 | 2 | 4 | 8;
  readonly pcRelative: boolean;
}

/** R_X86_64_*: what compilers put into debug and unwind sections. @source arch/x86/include/asm/elf.h */
const X86_64: Readonly<Record<number, Kind>> = {
  1: { width: 8, pcRelative: false }, // 64
  2: { width: 4, pcRelative: true }, // PC32
  4: { width: 4, pcRelative: true }, // PLT32
  10: { width: 4, pcRelative: false }, // 32
  11: { width: 4, pcRelative: false }, // 32S
  12: { width: 2, pcRelative: false }, // 16
  14: { width: 1, pcRelative: false }, // 8
  24: { width: 8, pcRelative: true }, // PC64
};
const R_NONE = 0;

/** Values of a file's symbols after loading, as halves: adding doubles would lose bits. */
export interface SymbolValues {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/**
 * Relocations of one section, as struct of arrays ascending by offset. Values do not depend on
 * what the section holds (RELA), so any window of it can be relocated by itself.
 */
export class Relocations {
  readonly #offsets: Float64Array;
  readonly #view: DataView;
  /** Position in {@link #offsets} -> entry in the file's order. */
  readonly #order: Uint32Array;
  readonly #symbols: SymbolValues;
  readonly #name: string;
  /** Address of the relocated section's first byte, for pc-relative ones. */
  readonly #address: bigint;

  constructor(name: string, table: Uint8Array, symbols: SymbolValues, address: bigint) {
    const count = Math.floor(table.length / RELA_SIZE);
    const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    const offsetOf = (i: number): number => Number(view.getBigUint64(i * RELA_SIZE, true));
    const offsets = Float64Array.from(order, offsetOf);
    if (!isAscending(offsets)) {
      order.sort((a, b) => offsetOf(a) - offsetOf(b));
      for (let i = 0; i < count; i++) offsets[i] = offsetOf(order[i]!);
    }
    this.#name = name;
    this.#view = view;
    this.#order = order;
    this.#offsets = offsets;
    this.#symbols = symbols;
    this.#address = address;
  }

  get count(): number {
    return this.#order.length;
  }

  /** True where a relocation touches [offset, offset + length). */
  touches(offset: number, length: number): boolean {
    const first = this.#firstFrom(offset - 7);
    return first < this.count && this.#offsets[first]! < offset + length;
  }

  /**
   * Writes what lies within the window that starts at `offset` of the section.
   * @throws FaultError `corrupt` for a kind or a symbol that the table cannot have
   */
  apply(offset: number, window: Uint8Array): void {
    const end = offset + window.length;
    for (let i = this.#firstFrom(offset - 7); i < this.count; i++) {
      const at = this.#offsets[i]!;
      if (at >= end) return;
      this.#applyOne(this.#order[i]! * RELA_SIZE, at, offset, window);
    }
  }

  #applyOne(entry: number, at: number, offset: number, window: Uint8Array): void {
    const type = this.#view.getUint32(entry + 8, true);
    if (type === R_NONE) return;
    const kind = X86_64[type];
    const symbol = this.#view.getUint32(entry + 12, true);
    if (kind === undefined || symbol >= this.#symbols.low.length) {
      const found = kind === undefined ? `type ${type}` : `symbol ${symbol}`;
      throw corruptTable(`relocations of ${this.#name}`, entry, 'a known relocation', found);
    }
    let low = this.#symbols.low[symbol]! + this.#view.getUint32(entry + 16, true);
    let high = this.#symbols.high[symbol]! + this.#view.getUint32(entry + 20, true);
    if (low >= 0x1_0000_0000) high++;
    low >>>= 0;
    high >>>= 0;
    if (kind.pcRelative) {
      const value = (BigInt(high) << 32n) + BigInt(low) - this.#address - BigInt(at);
      low = Number(BigInt.asUintN(32, value));
      high = Number(BigInt.asUintN(32, value >> 32n));
    }
    for (let k = 0; k < kind.width; k++) {
      const byte = k < 4 ? low >>> (8 * k) : high >>> (8 * (k - 4));
      const position = at + k - offset;
      if (position >= 0 && position < window.length) window[position] = byte & 0xff;
    }
  }

  /** First position whose offset is not below. */
  #firstFrom(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The section with its relocations done, window by window; the table is read at the first one. */
export function relocatedSection(inner: SectionReader, load: () => Relocations): SectionReader {
  let relocations: Relocations | undefined;
  return {
    name: inner.name,
    size: inner.size,
    bytes(offset, length) {
      const bytes = inner.bytes(offset, length);
      relocations ??= load();
      if (!relocations.touches(offset, length)) return bytes;
      const copy = Uint8Array.from(bytes);
      relocations.apply(offset, copy);
      return copy;
    },
  };
}

/** The section that relocates `section`, for the machines we know. @throws FaultError `corrupt` */
export function findRelocations(elf: ElfFile, section: ElfSection): ElfSection | undefined {
  const found = elf.sections.find(({ type, info }) => type === SHT_RELA && info === section.index);
  if (found !== undefined && elf.machine !== EM_X86_64) {
    throw corruptTable(
      `relocations of ${section.name} of ${elf.name}`,
      0,
      'those of x86-64 (machine 62)',
      `machine ${elf.machine}`,
    );
  }
  return found;
}

/**
 * Values of all symbols of the table that relocations refer to. Undefined and common symbols are
 * 0: debug sections do not refer to them.
 * @param baseOf address of a section by its index
 */
export function symbolValuesOf(
  symtab: Uint8Array,
  baseOf: (section: number) => bigint,
): SymbolValues {
  const count = Math.floor(symtab.length / ELF_SYMBOL_SIZE);
  const view = new DataView(symtab.buffer, symtab.byteOffset, symtab.byteLength);
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  for (let i = 1; i < count; i++) {
    const section = view.getUint16(i * ELF_SYMBOL_SIZE + 6, true);
    if (section === 0 || (section >= SHN_LORESERVE && section !== SHN_ABS)) continue;
    const base = section === SHN_ABS ? 0n : baseOf(section);
    const value = view.getBigUint64(i * ELF_SYMBOL_SIZE + 8, true) + base;
    low[i] = Number(BigInt.asUintN(32, value));
    high[i] = Number(BigInt.asUintN(32, value >> 32n));
  }
  return { low, high };
}

function isAscending(values: Float64Array): boolean {
  for (let i = 1; i < values.length; i++) if (values[i]! < values[i - 1]!) return false;
  return true;
}
