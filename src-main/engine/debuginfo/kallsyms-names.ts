import { FaultError } from '../base/fault.ts';
import { corruptTable } from './corrupt.ts';
import { decodeName, extendHash, finishHash, HASH_FACTOR } from './name-hash.ts';
import type { SymbolNames } from './symbol-table.ts';

/** KSYM_NAME_LEN is 512 since 6.1 (128 before); a longer name is damage. */
const MAX_NAME = 1024;
const TOKENS = 256;
/** Decoded names kept. */
const MAX_KNOWN = 4096;
/** scripts/kallsyms.c puts a marker at every 256th symbol. */
const PER_MARKER = 256;
/** The tables after the names begin at multiples of it at most. */
const ALIGNMENT = 8;
const UNKNOWN_TYPE = '?'.charCodeAt(0);

interface NameTables {
  readonly count: number;
  readonly names: Uint8Array;
  readonly tokenTable: Uint8Array;
  readonly tokenIndex: Uint8Array;
  readonly markers?: Uint8Array | undefined;
  /** See {@link KallsymsTables}. */
  readonly holes?: readonly NameHole[] | undefined;
}

/** Bytes [start, end) of the names that could not be read. */
export interface NameHole {
  readonly start: number;
  readonly end: number;
}

/**
 * Names of kallsyms, left compressed: each is a length and that many token numbers; a token is a
 * string of the token table; the first character of the first token is the symbol's type.
 *
 * With `holes` the names are read in the blocks of 256 that the markers tell: a block counts if its
 * names lead exactly to the next one and none is in a hole. The names of the others are lost.
 * @source kernel/kallsyms.c kallsyms_expand_symbol(), scripts/kallsyms.c write_src()
 */
export class KallsymsNames implements SymbolNames {
  /** ASCII codes of the `nm` letters. */
  readonly types: Uint8Array;
  /** Bytes of the names table that the symbols take. */
  readonly byteLength: number;
  readonly #names: Uint8Array;
  readonly #text: Uint8Array;
  /** Where each token's text starts and ends. */
  readonly #tokenStart = new Uint32Array(TOKENS);
  readonly #tokenEnd = new Uint32Array(TOKENS);
  /** Where each symbol's token numbers start and end in the names table. */
  readonly #start: Uint32Array;
  readonly #end: Uint32Array;
  #lost = 0;
  /** Backtraces of thousands of tasks name the same few functions. */
  readonly #known = new Map<number, string>();
  #hashes: { readonly power: Int32Array; readonly whole: Int32Array; readonly rest: Int32Array };

  /** @throws FaultError `corrupt` */
  constructor(tables: NameTables) {
    this.#names = tables.names;
    this.#text = tables.tokenTable;
    this.#readTokens(tables.tokenIndex);
    this.#hashes = this.#hashTokens();
    this.#start = new Uint32Array(tables.count);
    this.#end = new Uint32Array(tables.count);
    this.types = new Uint8Array(tables.count);
    const long = usesLongLengths(tables);
    const { holes, markers, count } = tables;
    this.byteLength =
      holes === undefined || markers === undefined
        ? this.#readSymbols(0, count, 0, long)
        : this.#readBlocks(count, markers, holes, long);
  }

  isLost(index: number): boolean {
    return this.#end[index] === 0;
  }

  /** Symbols without a name, because their part of the table is damaged or missing. */
  get lost(): number {
    return this.#lost;
  }

  nameOf(index: number): string {
    let name = this.#known.get(index);
    if (name === undefined) {
      name = this.#decode(index);
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(index, name);
    }
    return name;
  }

  #decode(index: number): string {
    if (this.isLost(index)) return '';
    let name = '';
    for (let at = this.#start[index]!; at < this.#end[index]!; at++) {
      const token = this.#names[at]!;
      name += decodeName(this.#text, this.#tokenStart[token]!, this.#tokenEnd[token]!);
    }
    return name.slice(1);
  }

  hashOf(index: number): number {
    if (this.isLost(index)) return 0;
    const { power, whole, rest } = this.#hashes;
    const names = this.#names;
    const end = this.#end[index]!;
    let at = this.#start[index]!;
    let hash = rest[names[at]!]!;
    for (at++; at < end; at++) {
      const token = names[at]!;
      hash = (Math.imul(hash, power[token]!) + whole[token]!) | 0;
    }
    return finishHash(hash);
  }

  matches(index: number, bytes: Uint8Array): boolean {
    if (this.isLost(index)) return false;
    let position = -1;
    for (let at = this.#start[index]!; at < this.#end[index]!; at++) {
      const token = this.#names[at]!;
      const end = this.#tokenEnd[token]!;
      for (let i = this.#tokenStart[token]!; i < end; i++, position++) {
        if (position >= 0 && bytes[position] !== this.#text[i]) return false;
      }
    }
    return position === bytes.length;
  }

  #readTokens(tokenIndex: Uint8Array): void {
    if (tokenIndex.length < TOKENS * 2) {
      throw corruptTable('kallsyms_token_index', 0, '512 bytes', String(tokenIndex.length));
    }
    for (let token = 0; token < TOKENS; token++) {
      const start = tokenIndex[token * 2]! | (tokenIndex[token * 2 + 1]! << 8);
      const end = this.#text.indexOf(0, start);
      if (start >= this.#text.length || end < 0) {
        const found = `token ${token} at ${start} of ${this.#text.length}`;
        throw corruptTable('kallsyms_token_table', start, 'a NUL-terminated token', found);
      }
      this.#tokenStart[token] = start;
      this.#tokenEnd[token] = end;
    }
  }

  #hashTokens(): { power: Int32Array; whole: Int32Array; rest: Int32Array } {
    const power = new Int32Array(TOKENS);
    const whole = new Int32Array(TOKENS);
    const rest = new Int32Array(TOKENS);
    for (let token = 0; token < TOKENS; token++) {
      const start = this.#tokenStart[token]!;
      const end = this.#tokenEnd[token]!;
      let factor = 1;
      for (let i = start; i < end; i++) factor = Math.imul(factor, HASH_FACTOR);
      power[token] = factor;
      whole[token] = extendHash(0, this.#text, start, end);
      rest[token] = extendHash(0, this.#text, Math.min(start + 1, end), end);
    }
    return { power, whole, rest };
  }

  /** @throws FaultError `corrupt` when the markers do not fit, or most blocks are damaged */
  #readBlocks(
    count: number,
    markers: Uint8Array,
    holes: readonly NameHole[],
    long: boolean,
  ): number {
    const view = new DataView(markers.buffer, markers.byteOffset, markers.byteLength);
    const blocks = Math.ceil(count / PER_MARKER);
    const { length } = this.#names;
    if (markers.length < blocks * 4) {
      throw corruptTable('kallsyms_markers', 0, `${blocks * 4} bytes`, String(markers.length));
    }
    let end = 0;
    for (let block = 0; block < blocks; block++) {
      const first = block * PER_MARKER;
      const after = Math.min(first + PER_MARKER, count);
      const start = view.getUint32(block * 4, true);
      end = block + 1 < blocks ? view.getUint32((block + 1) * 4, true) : length;
      const isWhole = !holes.some((hole) => hole.start < end && hole.end > start);
      if (isWhole && this.#readBlock(first, after, start, end, long)) continue;
      this.#start.fill(0, first, after);
      this.#end.fill(0, first, after);
      this.types.fill(UNKNOWN_TYPE, first, after);
      this.#lost += after - first;
    }
    if (this.#lost * 2 > count) {
      throw corruptTable('kallsyms_names', 0, 'names', `${this.#lost} of ${count} names lost`);
    }
    return end;
  }

  /** False when the names do not lead from one marker to the next: then none of them is believed. */
  #readBlock(first: number, after: number, start: number, end: number, long: boolean): boolean {
    try {
      const reached = this.#readSymbols(first, after, start, long);
      // Behind the last name only padding is left.
      return reached === end || (end === this.#names.length && end - reached < ALIGNMENT);
    } catch (error) {
      if (error instanceof FaultError) return false;
      throw error;
    }
  }

  /** Symbols [first, count), whose names begin at byte `start`. @returns where they end */
  #readSymbols(first: number, count: number, start: number, long: boolean): number {
    const names = this.#names;
    const textLength = new Uint32Array(TOKENS);
    for (let i = 0; i < TOKENS; i++) textLength[i] = this.#tokenEnd[i]! - this.#tokenStart[i]!;
    let at = start;
    for (let i = first; i < count; i++) {
      let length = names[at++];
      if (length !== undefined && long && length >= 0x80) {
        length = (length & 0x7f) | ((names[at++] ?? 0) << 7);
      }
      const end = at + (length ?? 0);
      if (length === undefined || length === 0 || end > names.length) {
        const found = length === 0 ? 'length 0' : `the end of the ${names.length} bytes`;
        throw corruptTable('kallsyms_names', at, `symbol ${i} of ${count}`, found);
      }
      this.#start[i] = at;
      this.#end[i] = end;
      // A first token without text would shift the type letter; scripts/kallsyms.c makes none.
      const token = names[at]!;
      this.types[i] = this.#text[this.#tokenStart[token]!]!;
      let decoded = textLength[token] === 0 ? MAX_NAME + 1 : 0;
      for (; at < end; at++) decoded += textLength[names[at]!]!;
      if (decoded > MAX_NAME) {
        throw corruptTable('kallsyms_names', this.#start[i]!, 'a symbol name', 'no name');
      }
    }
    return at;
  }
}

/**
 * Whether lengths of 128 and more take two bytes. The markers decide: the other reading misses
 * them. Without markers (or with less than 256 symbols), lengths below 128 are all alike, and a
 * name of 128 tokens never occurs before 6.1 (KSYM_NAME_LEN was 128): two bytes.
 */
function usesLongLengths(tables: NameTables): boolean {
  const { names, count, markers } = tables;
  if (markers === undefined) return true;
  const view = new DataView(markers.buffer, markers.byteOffset, markers.byteLength);
  const known = Math.min(Math.ceil(count / PER_MARKER), Math.floor(markers.length / 4));
  const misses = (long: boolean): number => {
    let missed = 0;
    for (let marker = 0; marker + 1 < known; marker++) {
      let at = view.getUint32(marker * 4, true);
      for (let i = 0; i < PER_MARKER && at < names.length; i++) {
        const length = names[at]!;
        at +=
          long && length >= 0x80 ? 2 + ((length & 0x7f) | ((names[at + 1] ?? 0) << 7)) : 1 + length;
      }
      if (at !== view.getUint32(marker * 4 + 4, true)) missed++;
    }
    return missed;
  };
  const missedLong = misses(true);
  return missedLong === 0 || missedLong <= misses(false);
}
