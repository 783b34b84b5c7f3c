import { concat } from './notes.ts';

export interface FlattenOptions {
  /** Bytes a record holds; the last is shorter. */
  readonly recordSize?: number;
  /** Leave out records of zeros, as a writer that seeks does. */
  readonly holes?: boolean;
  readonly endMark?: boolean;
}

/** A record of the flattened format: bytes and where they belong. */
export interface FlatRecord {
  readonly offset: number | bigint;
  readonly bytes: Uint8Array;
  /** The size field, where it lies. */
  readonly size?: number | bigint;
}

/** makedumpfile -F of a file. */
export function flatten(file: Uint8Array, options: FlattenOptions = {}): Uint8Array {
  const { recordSize = 1000, holes = false, endMark = true } = options;
  const records: FlatRecord[] = [];
  for (let offset = 0; offset < file.length; offset += recordSize) {
    const bytes = file.subarray(offset, offset + recordSize);
    if (!holes || bytes.some((byte) => byte !== 0)) records.push({ offset, bytes });
  }
  return writeRecords(records, endMark);
}

export function writeRecords(records: readonly FlatRecord[], endMark = true): Uint8Array {
  const header = new Uint8Array(4096);
  header.set(new TextEncoder().encode('makedumpfile'));
  const view = new DataView(header.buffer);
  view.setBigInt64(16, 1n);
  view.setBigInt64(24, 1n);
  const pieces: Uint8Array[] = [header];
  for (const { offset, bytes, size } of records) {
    pieces.push(recordHeader(BigInt(offset), BigInt(size ?? bytes.length)), bytes);
  }
  if (endMark) pieces.push(recordHeader(-1n, -1n));
  return concat(pieces);
}

function recordHeader(offset: bigint, size: bigint): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setBigInt64(0, offset);
  view.setBigInt64(8, size);
  return header;
}
