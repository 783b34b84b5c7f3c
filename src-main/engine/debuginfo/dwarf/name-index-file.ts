import { corruptTable } from '../corrupt.ts';
import type { DwarfSections } from './sections.ts';
import { NAME_KIND, type NameIndex } from './name-index.ts';

/** `OOPSNAM2`; another layout gets another number, so that an old file is no index. */
const MAGIC = 0x324d414e53504f4fn;
const HEADER = 40;
const CHECKSUM_AT = 32;
const PER_UNIT = 8;
const PER_ENTRY = 21;
const MAX_KIND = Math.max(...Object.values(NAME_KIND));
const WHAT = 'index of DWARF names';

/**
 * A name index as bytes, for a cache keyed by build-id. Little-endian: magic, size of .debug_info,
 * number of units, number of entries (64 bits each), checksum (32 bits of 64), then unitOffsets,
 * dies, hashes, strings, keys, kinds: each begins at a multiple of its element's size.
 * @param owner see {@link ownerOfIndex}
 */
export function serializeNameIndex(index: NameIndex, owner: string): Uint8Array<ArrayBuffer> {
  const units = index.unitOffsets.length;
  const entries = index.hashes.length;
  const bytes = new Uint8Array(HEADER + units * PER_UNIT + entries * PER_ENTRY);
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
  view.setUint32(CHECKSUM_AT, checksumOf(bytes, owner), true);
  return bytes;
}

/** What an index must have been made of: a file of this build-id with sections of these sizes. */
export function ownerOfIndex(buildId: string, { info, abbrev, str }: DwarfSections): string {
  return `${buildId} ${info.size} ${abbrev.size} ${str?.size ?? 0}`;
}

/**
 * The arrays of the result are views of `bytes` where its alignment allows.
 * @throws FaultError `corrupt` when the bytes are no index, one of another layout or file, or a
 *   damaged one: cut, changed, out of order
 */
export function parseNameIndex(bytes: Uint8Array<ArrayBuffer>, owner: string): NameIndex {
  if (bytes.length < HEADER) throw corrupt(`${HEADER} bytes of header`, String(bytes.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getBigUint64(0, true);
  if (magic !== MAGIC) throw corrupt(`magic 0x${MAGIC.toString(16)}`, `0x${magic.toString(16)}`);
  const units = Number(view.getBigUint64(16, true));
  const entries = Number(view.getBigUint64(24, true));
  const size = HEADER + units * PER_UNIT + entries * PER_ENTRY;
  if (size !== bytes.length) throw corrupt(`${size} bytes`, String(bytes.length));
  const checksum = view.getUint32(CHECKSUM_AT, true);
  const found = checksumOf(bytes, owner);
  if (checksum !== found) throw corrupt(`checksum ${checksum}`, String(found));
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  let at = aligned.byteOffset + HEADER;
  const skip = (length: number): number => (at += length) - length;
  const { buffer } = aligned;
  const index: NameIndex = {
    infoSize: Number(view.getBigUint64(8, true)),
    unitOffsets: new Float64Array(buffer, skip(units * 8), units),
    dies: new Float64Array(buffer, skip(entries * 8), entries),
    hashes: new Uint32Array(buffer, skip(entries * 4), entries),
    strings: new Uint32Array(buffer, skip(entries * 4), entries),
    keys: new Uint32Array(buffer, skip(entries * 4), entries),
    kinds: new Uint8Array(buffer, skip(entries), entries),
    warnings: [],
  };
  validateNameIndex(index);
  return index;
}

/** What a binary search relies on. That an entry is of its name is checked when it is used. */
function validateNameIndex({ infoSize, unitOffsets, dies, hashes, kinds }: NameIndex): void {
  for (let i = 0; i < unitOffsets.length; i++) {
    const offset = unitOffsets[i]!;
    const least = i === 0 ? 0 : unitOffsets[i - 1]! + 1;
    if (!(offset >= least && offset < infoSize)) throw corrupt('ascending units', String(offset));
  }
  for (let i = 0; i < hashes.length; i++) {
    if (i > 0 && hashes[i]! < hashes[i - 1]!) throw corrupt('ascending hashes', `entry ${i}`);
    if (kinds[i]! === 0 || kinds[i]! > MAX_KIND) throw corrupt('a kind of name', `${kinds[i]}`);
    if (!(dies[i]! >= 0 && dies[i]! < infoSize)) throw corrupt('a DIE', String(dies[i]));
  }
}

/** Of everything but itself; not proof against intent, which has better ways in the user's home. */
function checksumOf(bytes: Uint8Array<ArrayBuffer>, owner: string): number {
  let a = 0x9e3779b1;
  let b = 0x85ebca6b;
  const add = (word: number): void => {
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul((b << 13) | (b >>> 19), 5) + (word ^ a);
  };
  for (let i = 0; i < owner.length; i++) add(owner.charCodeAt(i));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) if (at !== CHECKSUM_AT) add(view.getUint32(at, true));
  for (let at = whole; at < bytes.length; at++) add(bytes[at]!);
  return (a ^ b) >>> 0;
}

function corrupt(expected: string, found: string): Error {
  return corruptTable(WHAT, 0, expected, found);
}
