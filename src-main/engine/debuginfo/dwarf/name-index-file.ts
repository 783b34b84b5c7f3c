import { corruptTable } from '../corrupt.ts';
import type { NameIndex } from './name-index.ts';

/** `OOPSNAM1` */
const MAGIC = 0x314d414e53504f4fn;
const HEADER = 32;

/**
 * A name index as bytes, for a cache keyed by build-id. Little-endian: magic, size of .debug_info,
 * number of units, number of entries (64 bits each), then unitOffsets, dies, hashes,
 * strings, keys, kinds.
 */
export function serializeNameIndex(index: NameIndex): Uint8Array {
  const units = index.unitOffsets.length;
  const entries = index.hashes.length;
  const bytes = new Uint8Array(HEADER + units * 8 + entries * 21);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, MAGIC, true);
  view.setBigUint64(8, BigInt(index.infoSize), true);
  view.setBigUint64(16, BigInt(units), true);
  view.setBigUint64(24, BigInt(entries), true);
  let at = HEADER;
  for (const array of [
    index.unitOffsets,
    index.dies,
    index.hashes,
    index.strings,
    index.keys,
    index.kinds,
  ]) {
    const part = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * @throws FaultError `corrupt` when the bytes are no index, or one that was cut. Entries themselves
 * are checked when used: a wrong offset finds no DIE of the name.
 */
export function parseNameIndex(bytes: Uint8Array): NameIndex {
  const what = 'index of DWARF names';
  const fail = (expected: string, found: string): Error => corruptTable(what, 0, expected, found);
  if (bytes.length < HEADER) throw fail(`${HEADER} bytes of header`, String(bytes.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getBigUint64(0, true);
  if (magic !== MAGIC) throw fail(`magic 0x${MAGIC.toString(16)}`, `0x${magic.toString(16)}`);
  const units = Number(view.getBigUint64(16, true));
  const entries = Number(view.getBigUint64(24, true));
  const size = HEADER + units * 8 + entries * 21;
  if (size !== bytes.length) throw fail(`${size} bytes`, String(bytes.length));
  let at = HEADER;
  // Copied: typed arrays need their alignment, and the index outlives the bytes.
  const take = (length: number): ArrayBuffer => {
    const part = bytes.slice(at, at + length);
    at += length;
    return part.buffer;
  };
  return {
    infoSize: Number(view.getBigUint64(8, true)),
    unitOffsets: new Float64Array(take(units * 8)),
    dies: new Float64Array(take(entries * 8)),
    hashes: new Uint32Array(take(entries * 4)),
    strings: new Uint32Array(take(entries * 4)),
    keys: new Uint32Array(take(entries * 4)),
    kinds: new Uint8Array(take(entries)),
    warnings: [],
  };
}
