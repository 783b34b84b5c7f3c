import { virtAddr, type VirtAddr } from '../base/address.ts';
import { encodeName, hashBytes } from './name-hash.ts';

/** One symbol of a {@link SymbolTable}. */
export interface KernelSymbol {
  readonly name: string;
  /** The value; of an absolute per-CPU symbol (kernels before 6.15) an offset, see `perCpu`. */
  readonly address: VirtAddr;
  /** `nm`'s letter: `T t D d B b R r W w V v A a`, `?` when unknown. */
  readonly type: string;
  /** Position in the table, ascending by address. */
  readonly index: number;
  /** True where `address` is an offset into the per-CPU area, not an address. */
  readonly perCpu: boolean;
  /** Who told: `kallsyms`, or `kallsyms:modname`. */
  readonly origin: string;
}

/** Answer to "what is at this address". */
export interface SymbolHit {
  readonly symbol: KernelSymbol;
  /** Bytes from the symbol's address; never negative. */
  readonly offset: number;
  /** Distance to the next different address (or the end of its range), 0 when not known. */
  readonly size: number;
}

/** Where the names of a table live; they stay encoded until somebody asks. */
export interface SymbolNames {
  nameOf(index: number): string;
  /** The same function of the name's bytes as {@link hashBytes}. */
  hashOf(index: number): number;
  /** True when the name's bytes are exactly `bytes`. */
  matches(index: number, bytes: Uint8Array): boolean;
  /** True for a symbol whose name could not be read: where it lies, nobody else answers. */
  isLost?(index: number): boolean;
  /** How many are lost. */
  readonly lost?: number;
}

/** Half-open address range that a table's symbols cover. */
export interface AddressRange {
  readonly start: VirtAddr;
  readonly end: VirtAddr;
}

/** Highest magnitude a signed address may have in the table: exact as a double. */
const MAX_EXACT = 2 ** 53;
/**
 * Symbols of the kernel or of one module, as struct of arrays, ascending by address.
 *
 * Addresses are kept as doubles holding the *signed* 64-bit value: kernel addresses are negative
 * and small in magnitude, so they are exact, and comparing them is a plain number compare. Values
 * at or above zero are per-CPU offsets (absolute symbols of kernels before 6.15, commit
 * "x86/percpu: make the per-CPU area not zero-based"), which {@link symbolAt} never answers with.
 *
 * Aliases at one address keep the order they came in, for kallsyms the kernel's own preference
 * (scripts/kallsyms.c `compare_symbols`: no weak symbols, no linker-script symbols, fewest leading
 * underscores, then link order). Where the first is local, a global one is named, as crash and drgn do:
 * compilers fold equal functions (`__do_sys_pause`, `__ia32_sys_pause`, `__x64_sys_pause`), and both
 * name the last global one of those. The kernel's own `%pS` names the first of the order instead.
 */
export class SymbolTable {
  readonly origin: string;
  readonly count: number;
  readonly #addresses: Float64Array;
  readonly #types: Uint8Array;
  readonly #names: SymbolNames;
  /** Position in the table -> position in `names` (and in the arrays given). */
  readonly #order: Uint32Array | undefined;
  readonly #ranges: readonly { readonly start: number; readonly end: number }[] | undefined;
  /** First position whose value is not negative; count when there is none. */
  readonly #perCpuStart: number;
  /** Name index, built at the first look-up by name. */
  #index: NameIndex | undefined;
  #decoded: readonly string[] | undefined;

  /**
   * @param addresses signed values (see class), one per symbol, any order
   * @param types ASCII codes of `nm` letters
   * @param ranges where symbols may answer; without, from the first symbol to the last one
   */
  constructor(
    origin: string,
    addresses: Float64Array,
    types: Uint8Array,
    names: SymbolNames,
    ranges?: readonly AddressRange[],
  ) {
    this.origin = origin;
    this.count = addresses.length;
    this.#names = names;
    this.#order = sortedOrder(addresses);
    const order = this.#order;
    this.#addresses = order === undefined ? addresses : new Float64Array(this.count);
    this.#types = order === undefined ? types : new Uint8Array(this.count);
    if (order !== undefined) {
      for (let i = 0; i < order.length; i++) {
        this.#addresses[i] = addresses[order[i]!]!;
        this.#types[i] = types[order[i]!]!;
      }
    }
    this.#ranges = ranges?.map((range) => ({
      start: signedOf(range.start),
      // The end may be 2^64, which is 0 when signed.
      end: Number(BigInt.asIntN(64, range.end - 1n)) + 1,
    }));
    this.#perCpuStart = lowerBound(this.#addresses, 0, this.count);
  }

  /** The symbol at a position, ascending by address; throws RangeError outside. */
  at(index: number): KernelSymbol {
    const address = this.#addresses[index];
    if (address === undefined) throw new RangeError(`no symbol ${index} of ${this.count}`);
    return {
      name: this.nameOf(index),
      address: virtAddr(BigInt(address)),
      type: String.fromCharCode(this.#types[index]!),
      index,
      perCpu: address >= 0,
      origin: this.origin,
    };
  }

  nameOf(index: number): string {
    return this.#names.nameOf(this.#source(index));
  }

  addressOf(index: number): VirtAddr {
    return virtAddr(BigInt(this.#addresses[index]!));
  }

  /** First symbol of that name in address order (names of static functions are not unique). */
  findSymbol(name: string): KernelSymbol | undefined {
    for (const index of this.#positionsOf(name)) return this.at(index);
    return undefined;
  }

  /** All symbols of that name, ascending by address. */
  findSymbols(name: string): KernelSymbol[] {
    return Array.from(this.#positionsOf(name), (index) => this.at(index));
  }

  /** Symbols without a name; see {@link SymbolNames.isLost}. */
  get lost(): number {
    return this.#names.lost ?? 0;
  }

  /** Addresses of the first and the last symbol without a name. */
  lostSpan(): { readonly first: VirtAddr; readonly last: VirtAddr } | undefined {
    if (this.lost === 0) return undefined;
    const lost = Array.from({ length: this.count }, (_, i) => i).filter((i) => this.#isLost(i));
    return { first: this.addressOf(lost[0]!), last: this.addressOf(lost.at(-1)!) };
  }

  /** The symbol that covers an address; undefined outside the table's ranges. */
  symbolAt(address: VirtAddr): SymbolHit | undefined {
    const found = this.#groupAt(address);
    if (found === undefined) return undefined;
    const preferred = this.#preferredOf(found.first, found.after);
    if (this.#isLost(preferred)) return undefined;
    return { symbol: this.at(preferred), offset: found.offset, size: found.size };
  }

  /** The first of aliases; where that one is local, the last global one. */
  #preferredOf(first: number, after: number): number {
    if (this.#isGlobal(first)) return first;
    for (let i = after - 1; i > first; i--) if (this.#isGlobal(i)) return i;
    return first;
  }

  #isLost(index: number): boolean {
    return this.#names.isLost?.(this.#source(index)) === true;
  }

  #isGlobal(index: number): boolean {
    const letter = this.#types[index]!;
    return letter >= 0x41 && letter <= 0x5a;
  }

  /** All names of the address that {@link symbolAt} would answer with, preferred first. */
  aliasesAt(address: VirtAddr): KernelSymbol[] {
    const found = this.#groupAt(address);
    if (found === undefined) return [];
    const aliases: KernelSymbol[] = [];
    for (let i = found.first; i < found.after; i++) {
      if (!this.#isLost(i)) aliases.push(this.at(i));
    }
    return aliases;
  }

  /** Distance to the next different address; 0 when the symbol is the last one and has no end. */
  sizeOf(index: number): number {
    const address = this.#addresses[index];
    if (address === undefined) return 0;
    return this.#endOf(address, lowerBound(this.#addresses, address + 1, this.count)) - address;
  }

  /** Symbols whose name starts with / contains the text, ascending by address. */
  *iterate(filter: { prefix?: string; substring?: string } = {}): Generator<KernelSymbol> {
    const names =
      filter.prefix === undefined && filter.substring === undefined ? undefined : this.#allNames();
    for (let i = 0; i < this.count; i++) {
      if (names !== undefined) {
        const name = names[i]!;
        if (filter.prefix !== undefined && !name.startsWith(filter.prefix)) continue;
        if (filter.substring !== undefined && !name.includes(filter.substring)) continue;
      }
      if (!this.#isLost(i)) yield this.at(i);
    }
  }

  /**
   * Every name, decoded once: searching by text asks for all of them at each key that is pressed,
   * and decoding costs a hundred times what comparing does.
   */
  #allNames(): readonly string[] {
    this.#decoded ??= Array.from({ length: this.count }, (_, index) => this.nameOf(index));
    return this.#decoded;
  }

  /** Builds the name index now rather than at the first look-up. */
  buildNameIndex(): void {
    this.#index ??= this.#hashNames();
  }

  #source(index: number): number {
    return this.#order === undefined ? index : this.#order[index]!;
  }

  #groupAt(
    address: VirtAddr,
  ): { first: number; after: number; offset: number; size: number } | undefined {
    const wanted = signedOf(address);
    if (wanted >= 0 || wanted < -MAX_EXACT) return undefined;
    const ranges = this.#ranges;
    if (ranges !== undefined && !ranges.some((r) => wanted >= r.start && wanted < r.end)) {
      return undefined;
    }
    const table = this.#addresses;
    const after = lowerBound(table, wanted + 1, this.#perCpuStart);
    if (after === 0) return undefined;
    const start = table[after - 1]!;
    if (ranges !== undefined && !ranges.some((r) => start >= r.start && wanted < r.end)) {
      return undefined;
    }
    // Beyond the last symbol (the kernel's `_end`) nothing is known but the symbol itself.
    if (ranges === undefined && after === this.#perCpuStart && wanted !== start) return undefined;
    const first = lowerBound(table, start, after);
    return { first, after, offset: wanted - start, size: this.#endOf(start, after) - start };
  }

  /** End of the symbols at `start`, given the position after them. */
  #endOf(start: number, after: number): number {
    let end = after < this.count ? this.#addresses[after]! : start;
    if (start < 0 && end >= 0) end = start;
    const range = this.#ranges?.find((r) => start >= r.start && start < r.end);
    if (range !== undefined && (end === start || end > range.end)) end = range.end;
    return end;
  }

  /** Chained, not probed: thousands of symbols may share one name (`__key.0`). */
  #hashNames(): NameIndex {
    let size = 16;
    while (size < this.count) size *= 2;
    const heads = new Uint32Array(size);
    const next = new Uint32Array(this.count);
    // Backwards, so that a chain ascends.
    for (let i = this.count - 1; i >= 0; i--) {
      if (this.#isLost(i)) continue;
      const slot = this.#names.hashOf(this.#source(i)) & (size - 1);
      next[i] = heads[slot]!;
      heads[slot] = i + 1;
    }
    return { heads, next };
  }

  *#positionsOf(name: string): Generator<number> {
    const { heads, next } = (this.#index ??= this.#hashNames());
    const bytes = encodeName(name);
    let held = heads[hashBytes(bytes, 0, bytes.length) & (heads.length - 1)]!;
    for (; held !== 0; held = next[held - 1]!) {
      if (this.#names.matches(this.#source(held - 1), bytes)) yield held - 1;
    }
  }
}

/** Hash chains: slot -> position + 1, position -> next position + 1; 0 ends. */
interface NameIndex {
  readonly heads: Uint32Array;
  readonly next: Uint32Array;
}

/** Signed value of an address as a double; exact for everything the table can hold. */
export function signedOf(address: bigint): number {
  return Number(BigInt.asIntN(64, address));
}

/** First position in [0, end) whose value is at least `value`. */
function lowerBound(table: Float64Array, value: number, end: number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (table[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Stable ascending order, or undefined when the values ascend already. */
function sortedOrder(values: Float64Array): Uint32Array | undefined {
  let descents = 0;
  let split = 0;
  for (let i = 1; i < values.length; i++) {
    if (values[i]! >= values[i - 1]!) continue;
    descents++;
    split = i;
  }
  if (descents === 0) return undefined;
  const order = new Uint32Array(values.length);
  // kallsyms with per-CPU offsets: they come first, then the kernel; no need to sort.
  const rotated = descents === 1 && values[values.length - 1]! < values[0]!;
  for (let i = 0; i < order.length; i++) order[i] = rotated ? (i + split) % order.length : i;
  return rotated ? order : order.sort((a, b) => values[a]! - values[b]! || a - b);
}
