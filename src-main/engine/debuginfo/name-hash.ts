import { FaultError } from '../base/fault.ts';

/**
 * A string hash that can be composed: hash(a + b) = hash(a) * FACTOR^length(b) + hash(b). kallsyms
 * stores names as tokens, so a symbol's hash needs one step per token, not one per character.
 */
export const HASH_FACTOR = 0x01000193;

/** Running value over bytes; finish it with {@link finishHash}. */
export function extendHash(hash: number, bytes: Uint8Array, start: number, end: number): number {
  let value = hash;
  for (let i = start; i < end; i++) value = (Math.imul(value, HASH_FACTOR) + bytes[i]!) | 0;
  return value;
}

/** Spreads a running value over all bits: slots are taken from the low ones. */
export function finishHash(hash: number): number {
  let value = hash ^ (hash >>> 16);
  value = Math.imul(value, 0x7feb352d);
  value ^= value >>> 15;
  value = Math.imul(value, 0x846ca68b | 0);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Hash of bytes [start, end), unsigned 32 bit. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  return finishHash(extendHash(0, bytes, start, end));
}

/**
 * Bytes of a symbol or type name. Kernel names are ASCII; every other byte stands for itself
 * (Latin-1), so that any bytes in a dump have a name that can be looked up again.
 */
export function encodeName(name: string): Uint8Array {
  const bytes = new Uint8Array(name.length);
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    // No byte stands for it: 0 never occurs in a name, so it matches nothing.
    bytes[i] = code > 0xff ? 0 : code;
  }
  return bytes;
}

/** Longer than any name (KSYM_NAME_LEN is 512, Rust's mangled type names stay below too). */
const MAX_NAME = 4096;

/**
 * Where a NUL-terminated name ends; -1 when there is no NUL within reach. Bounded, so that a table
 * of strings without NULs costs no more than one with.
 */
export function endOfName(bytes: Uint8Array, start: number): number {
  const limit = Math.min(bytes.length, start + MAX_NAME);
  for (let i = start; i < limit; i++) if (bytes[i] === 0) return i;
  return -1;
}

/**
 * Adds up the names of a symbol table and throws where they are far more than their string table has
 * bytes. Linkers share equal names and ends of names: together those of a kernel have 1.4 times its
 * bytes. In a damaged table any number of symbols may have the same long one.
 */
export class NameTotal {
  #left: number;
  readonly #limit: number;

  constructor(strtab: Uint8Array) {
    this.#limit = this.#left = strtab.length * MAX_SHARED + SMALL_TABLE;
  }

  /** @param bytes of the next name @throws FaultError `corrupt` */
  add(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw new FaultError({
      kind: 'corrupt',
      what: 'the string table of symbols',
      expected: `names of up to ${this.#limit} bytes in all`,
      found: 'more',
    });
  }
}

const MAX_SHARED = 4;
const SMALL_TABLE = 1 << 16;

/** The reverse of {@link encodeName}. */
export function decodeName(bytes: Uint8Array, start: number, end: number): string {
  let name = '';
  for (let i = start; i < end; i += 4096) {
    // Spreading would go through an iterator.
    const piece = bytes.subarray(i, Math.min(end, i + 4096)) as unknown as number[];
    name += String.fromCharCode.apply(null, piece);
  }
  return name;
}
