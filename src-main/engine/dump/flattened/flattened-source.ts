import type { ByteSource } from '../../base/byte-source.ts';
import { OpenError } from '../open-error.ts';
import { readExactly, readFully } from '../read-exactly.ts';
import { type Extents, extentsOf, findExtent, RecordList } from './record-index.ts';

const SIGNATURE = 'makedumpfile\0\0\0\0';
/** `struct makedumpfile_header` is padded to this size. */
const HEADER_SIZE = 4096;
const RECORD_HEADER_SIZE = 16;
/** QEMU writes records of 16 KiB: 24 bytes of index for each. 2^25 of them are 800 MB. */
const MAX_RECORDS = 2 ** 25;

/** Is the file in makedumpfile's flattened format (`-F`, or piped through ssh)? */
export function isFlattened(source: ByteSource): boolean {
  if (source.size < 16) return false;
  return String.fromCharCode(...readExactly(source, 0, 16, 'file signature')) === SIGNATURE;
}

/**
 * A flattened dump as the file `makedumpfile -R` would make of it: the records
 * {be64 offset, be64 size, bytes} put in place, later ones over earlier ones, holes as zeros.
 * Only record headers are read to build the index.
 * @source makedumpfile 1.7.8 makedumpfile.h `makedumpfile_header`, `makedumpfile_data_header`;
 *   `rearrange_dumpdata`
 */
export class FlattenedSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  /** The file itself. */
  readonly file: ByteSource;
  readonly warnings: readonly string[];
  readonly #extents: Extents;

  /** @throws OpenError `damaged`; FaultError `io` */
  constructor(file: ByteSource) {
    this.file = file;
    this.name = file.name;
    const warnings: string[] = [];
    this.#extents = extentsOf(readRecords(file, warnings));
    this.warnings = warnings;
    const last = this.#extents.count - 1;
    this.size =
      last < 0
        ? 0
        : (this.#extents.logical[last] as number) + (this.#extents.length[last] as number);
  }

  read(offset: number, target: Uint8Array, targetOffset: number, length: number): number {
    const { logical, physical, length: lengths, count } = this.#extents;
    const end = Math.min(offset + length, this.size);
    let position = offset;
    for (let i = findExtent(this.#extents, offset); position < end; i++) {
      const start = i < count ? (logical[i] as number) : end;
      if (start > position) {
        const hole = Math.min(start, end);
        const at = targetOffset + (position - offset);
        target.fill(0, at, at + (hole - position));
        position = hole;
        if (position >= end) break;
      }
      const piece = Math.min(end, start + (lengths[i] as number)) - position;
      const at = targetOffset + (position - offset);
      const from = (physical[i] as number) + (position - start);
      readFully(this.file, from, target.subarray(at, at + piece), piece);
      position += piece;
    }
    return Math.max(0, position - offset);
  }

  /** @see findStoredRun */
  findStoredRun(offset: number, enough: number): StoredRun | undefined {
    const { logical, length: lengths, count } = this.#extents;
    let i = findExtent(this.#extents, offset);
    if (i >= count) return undefined;
    const start = Math.max(offset, logical[i] as number);
    let end = start;
    for (; i < count && (logical[i] as number) <= end && end - start < enough; i++) {
      end = (logical[i] as number) + (lengths[i] as number);
    }
    return { start, end };
  }
}

/** Bytes that lie in the file one after the other: [start, end). */
export interface StoredRun {
  readonly start: number;
  readonly end: number;
}

/**
 * The first bytes at or behind `offset` that the file has; undefined when it ends before. Only a
 * flattened file has holes here: those of ordinary files cannot be told. A run may go on behind its
 * `end` once it is `enough` bytes long.
 */
export function findStoredRun(
  source: ByteSource,
  offset: number,
  enough = Infinity,
): StoredRun | undefined {
  if (source instanceof FlattenedSource) return source.findStoredRun(offset, enough);
  return offset < source.size ? { start: offset, end: source.size } : undefined;
}

/** Are all bytes of the range in the file (none in a hole, none behind its end)? */
export function isStored(source: ByteSource, offset: number, length: number): boolean {
  const run = findStoredRun(source, offset, length);
  return run !== undefined && run.start === offset && run.end - offset >= length;
}

/**
 * Bytes the file has, holes left out: a flattened file of a few bytes can claim any size, and what
 * its writer stored as a whole cannot be larger than it.
 */
export function storedBytesOf(source: ByteSource): number {
  return source instanceof FlattenedSource ? source.file.size : source.size;
}

/** The files behind sources of which some may be flattened, and what to say of it. */
export function flattenedFacts(sources: readonly ByteSource[]): {
  originals: readonly ByteSource[];
  prefix: string;
  warnings: string[];
} {
  const flattened = sources.filter((source) => source instanceof FlattenedSource);
  return {
    originals: sources.map((source) => (source instanceof FlattenedSource ? source.file : source)),
    prefix: flattened.length === 0 ? '' : 'flattened ',
    warnings: flattened.flatMap((source) => [...source.warnings]),
  };
}

function readRecords(file: ByteSource, warnings: string[]): RecordList {
  checkHeader(file);
  const records = new RecordList();
  const bytes = new Uint8Array(RECORD_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  let at = HEADER_SIZE;
  for (;;) {
    if (at + RECORD_HEADER_SIZE > file.size) {
      warnings.push(
        `${file.name}: the flattened dump is cut off at ${place(file.size)}: it has no end mark. Pages beyond are shown as truncated.`,
      );
      return records;
    }
    readFully(file, at, bytes, RECORD_HEADER_SIZE);
    const offset = view.getBigInt64(0);
    const size = view.getBigInt64(8);
    if (offset === -1n) return records;
    if (offset < 0n || size <= 0n || offset + size > 2n ** 53n || records.count >= MAX_RECORDS) {
      warnings.push(
        `${file.name}: the record at ${place(at)} of the flattened dump is damaged (offset ${String(offset)}, size ${String(size)}); everything after it is lost. Pages beyond are shown as truncated.`,
      );
      return records;
    }
    const data = at + RECORD_HEADER_SIZE;
    const there = Math.min(Number(size), file.size - data);
    if (there > 0) records.add(Number(offset), data, there);
    at = data + Number(size);
  }
}

function checkHeader(file: ByteSource): void {
  const header = readExactly(file, 0, 32, 'struct makedumpfile_header');
  const view = new DataView(header.buffer);
  const type = view.getBigInt64(16);
  const version = view.getBigInt64(24);
  if (type !== 1n || version !== 1n) {
    throw new OpenError(
      'damaged',
      file.name,
      `flattened header damaged: type and version at 0x10 should be 1 and 1, found ${String(type)} and ${String(version)}.`,
    );
  }
}

function place(value: number): string {
  return `0x${value.toString(16)}`;
}
