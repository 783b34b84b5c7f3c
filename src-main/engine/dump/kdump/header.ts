import type { ByteSource } from '../../base/byte-source.ts';
import { ByteCursor } from '../../base/byte-cursor.ts';
import { OpenError } from '../open-error.ts';
import { storedBytesOf } from '../flattened/flattened-source.ts';
import { readExactly } from '../read-exactly.ts';
import type { UtsName } from '../dump-image.ts';

/** `status` bits of the header; the codecs use the same bits as the pages' `flags`. */
export const STATUS_INCOMPLETE = 0x8;
export const STATUS_EXCLUDED_VMEMMAP = 0x10;
export const FLAG_ZLIB = 0x1;
export const FLAG_LZO = 0x2;
export const FLAG_SNAPPY = 0x4;
export const FLAG_ZSTD = 0x20;

export const DESCRIPTOR_SIZE = 24;
const HEADER_SIZE = 464;
const SUB_HEADER_SIZE = 104;
const NEWEST_VERSION = 6;
const UTSNAME_LENGTH = 65;
/** 2^52 bytes of physical address space / 4096. */
const MAX_FRAMES = 2 ** 40;

/** One file's headers, checked against its size; offsets in bytes, frames as doubles. */
export interface KdumpHeader {
  readonly version: number;
  readonly utsname: UtsName;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly status: number;
  readonly blockSize: number;
  readonly maxMapnr: number;
  readonly nrCpus: number;
  readonly currentCpu: number;
  readonly physBase: bigint | undefined;
  readonly dumpLevel: number | undefined;
  /** Frames of this file when it is one of a split set. */
  readonly split: { readonly start: number; readonly end: number } | undefined;
  readonly vmcoreinfo: Extent | undefined;
  readonly notes: Extent | undefined;
  readonly eraseinfo: Extent | undefined;
  /** 1st bitmap: frames that are RAM. */
  readonly ramBitmap: number;
  /** 2nd bitmap: frames that are in the dump. Same as the 1st where the dump has only one. */
  readonly dumpedBitmap: number;
  /** First `page_desc`. */
  readonly descriptors: number;
}

export interface Extent {
  readonly offset: number;
  readonly size: number;
}

/** Does the file start with the signature of makedumpfile's kdump-compressed format? */
export function hasKdumpSignature(source: ByteSource): boolean {
  if (source.size < 8) return false;
  const bytes = readExactly(source, 0, 8, 'file signature');
  return String.fromCharCode(...bytes) === 'KDUMP   ';
}

/**
 * Reads block 0 (`disk_dump_header`) and block 1 (`kdump_sub_header`) of a 64-bit little-endian
 * dump and works out where bitmaps and descriptors are. Fields the version does not have yet are
 * `undefined`.
 * @throws OpenError; FaultError `corrupt` when the file ends inside a header
 * @source makedumpfile 1.7.8 diskdump_mod.h `disk_dump_header`, `kdump_sub_header`; QEMU
 *   include/sysemu/dump.h `DiskDumpHeader64`, `KdumpSubHeader64`
 */
export function readKdumpHeader(source: ByteSource, warnings: string[]): KdumpHeader {
  const cursor = new ByteCursor(
    readExactly(source, 0, HEADER_SIZE, 'struct disk_dump_header'),
    'struct disk_dump_header',
  );
  cursor.seek(8);
  const version = cursor.i32();
  const utsname: UtsName = {
    sysname: cursor.chars(UTSNAME_LENGTH),
    nodename: cursor.chars(UTSNAME_LENGTH),
    release: cursor.chars(UTSNAME_LENGTH),
    version: cursor.chars(UTSNAME_LENGTH),
    machine: cursor.chars(UTSNAME_LENGTH),
    domainname: cursor.chars(UTSNAME_LENGTH),
  };
  cursor.seek(408);
  const timestamp = cursor.u64AsNumber();
  cursor.seek(424);
  const status = cursor.u32();
  const blockSize = cursor.i32();
  const subHeaderBlocks = cursor.i32();
  const bitmapBlocks = cursor.u32();
  const headerMaxMapnr = cursor.u32();
  cursor.seek(456);
  const currentCpu = cursor.u32();
  const nrCpus = cursor.i32();

  checkBlockSize(source, cursor, blockSize);
  if (version < 0) {
    throw damaged(source, 8, 'header_version', 'from 0 to 6', version);
  }
  if (version > NEWEST_VERSION) {
    warnings.push(
      `${source.name}: header_version ${String(version)} is newer than the newest known (${String(NEWEST_VERSION)}); read as version ${String(NEWEST_VERSION)}.`,
    );
  }
  if (subHeaderBlocks < 1 || subHeaderBlocks * blockSize > source.size) {
    throw damaged(
      source,
      432,
      'sub_hdr_size',
      'at least 1 block, inside the file',
      subHeaderBlocks,
    );
  }

  const sub = readSubHeader(source, blockSize, version);
  let maxMapnr = version >= 6 ? (sub.maxMapnr64 ?? 0) : headerMaxMapnr;
  if (version >= 6 && maxMapnr === 0 && headerMaxMapnr !== 0) {
    warnings.push(`${source.name}: max_mapnr_64 is 0; the 32-bit max_mapnr is used.`);
    maxMapnr = headerMaxMapnr;
  }
  if (maxMapnr < 1 || maxMapnr > MAX_FRAMES) {
    const at = version >= 6 ? blockSize + 96 : 440;
    throw damaged(source, at, 'max_mapnr', `from 1 to ${String(MAX_FRAMES)}`, maxMapnr);
  }

  const ramBitmap = (1 + subHeaderBlocks) * blockSize;
  const dumpedBitmap = ramBitmap + bitmapOffset(source, bitmapBlocks, blockSize, maxMapnr);
  const descriptors = ramBitmap + bitmapBlocks * blockSize;
  // Bitmaps are stored whole, so a flattened file cannot have them in a hole.
  if (descriptors > source.size || descriptors - ramBitmap > storedBytesOf(source)) {
    throw new OpenError(
      'damaged',
      source.name,
      `the page bitmaps at ${place(ramBitmap)} should be ${String(bitmapBlocks)} blocks of ${String(blockSize)} bytes long (to ${place(descriptors)}), but the file ends at ${place(storedBytesOf(source))}: it was cut off before any page.`,
    );
  }
  return {
    version,
    utsname,
    timestamp,
    status,
    blockSize,
    maxMapnr,
    nrCpus,
    currentCpu,
    physBase: sub.physBase,
    dumpLevel: sub.dumpLevel,
    split: checkedSplit(source, sub.split, maxMapnr),
    vmcoreinfo: sub.vmcoreinfo,
    notes: sub.notes,
    eraseinfo: sub.eraseinfo,
    ramBitmap,
    dumpedBitmap,
    descriptors,
  };
}

interface SubHeader {
  physBase?: bigint;
  dumpLevel?: number;
  split: { start: number; end: number } | undefined;
  vmcoreinfo: Extent | undefined;
  notes: Extent | undefined;
  eraseinfo: Extent | undefined;
  maxMapnr64?: number;
}

function readSubHeader(source: ByteSource, blockSize: number, version: number): SubHeader {
  const what = 'struct kdump_sub_header';
  const cursor = new ByteCursor(
    readExactly(source, blockSize, SUB_HEADER_SIZE, what),
    what,
    blockSize,
  );
  const result: SubHeader = {
    split: undefined,
    vmcoreinfo: undefined,
    notes: undefined,
    eraseinfo: undefined,
  };
  result.physBase = cursor.u64();
  if (version >= 1) result.dumpLevel = cursor.i32();
  if (version >= 2) {
    const split = cursor.seek(12).i32();
    if (split !== 0) result.split = { start: cursor.u64AsNumber(), end: cursor.u64AsNumber() };
  }
  if (version >= 3) result.vmcoreinfo = extent(cursor.seek(32));
  if (version >= 4) result.notes = extent(cursor.seek(48));
  if (version >= 5) result.eraseinfo = extent(cursor.seek(64));
  if (version >= 6) {
    const start = cursor.seek(80).u64AsNumber();
    const end = cursor.u64AsNumber();
    if (result.split !== undefined && end !== 0) result.split = { start, end };
    result.maxMapnr64 = cursor.u64AsNumber();
  }
  return result;
}

function extent(cursor: ByteCursor): Extent | undefined {
  const offset = cursor.u64AsNumber();
  const size = cursor.u64AsNumber();
  return offset === 0 || size === 0 ? undefined : { offset, size };
}

/**
 * Bytes from the first bitmap to the second. makedumpfile and QEMU always write two; a dump whose
 * blocks are exactly one bitmap says of every RAM page that it was dumped (as crash reads it).
 */
function bitmapOffset(
  source: ByteSource,
  bitmapBlocks: number,
  blockSize: number,
  maxMapnr: number,
): number {
  const needed = Math.ceil(Math.ceil(maxMapnr / 8) / blockSize);
  if (bitmapBlocks >= 2 * needed && bitmapBlocks % 2 === 0) return (bitmapBlocks / 2) * blockSize;
  if (bitmapBlocks === needed) return 0;
  throw damaged(
    source,
    436,
    'bitmap_blocks',
    `${String(2 * needed)} (two bitmaps of ${String(maxMapnr)} frames)`,
    bitmapBlocks,
  );
}

function checkedSplit(
  source: ByteSource,
  split: { start: number; end: number } | undefined,
  maxMapnr: number,
): { start: number; end: number } | undefined {
  if (split === undefined) return undefined;
  // Parts without a page are written too (start = end), and an end may be rounded past max_mapnr.
  if (!(split.start <= split.end) || split.start > maxMapnr) {
    throw damaged(
      source,
      4096 + 80,
      'start_pfn, end_pfn',
      `a range inside 0-${String(maxMapnr)}`,
      `${String(split.start)}-${String(split.end)}`,
    );
  }
  return { start: split.start, end: Math.min(split.end, maxMapnr) };
}

/** Tells a 32-bit or big-endian dump (fields elsewhere, or swapped) from a damaged one. */
function checkBlockSize(source: ByteSource, cursor: ByteCursor, blockSize: number): void {
  if (blockSize === 4096) return;
  const view = new DataView(cursor.bytes.buffer, cursor.bytes.byteOffset);
  if (isPageSize(view.getUint32(416, true)) || isPageSize(view.getUint32(416, false))) {
    throw new OpenError(
      'unsupported',
      source.name,
      'is a kdump-compressed dump of a 32-bit machine; only x86_64 is read.',
    );
  }
  if (isPageSize(view.getUint32(428, false))) {
    throw new OpenError(
      'unsupported',
      source.name,
      'is a kdump-compressed dump of a big-endian machine; only x86_64 is read.',
    );
  }
  if (isPageSize(blockSize)) {
    throw new OpenError(
      'unsupported',
      source.name,
      `is a kdump-compressed dump with pages of ${String(blockSize)} bytes; only x86_64 (4096) is read.`,
    );
  }
  throw damaged(source, 428, 'block_size', '4096', blockSize);
}

function isPageSize(value: number): boolean {
  return value >= 4096 && value <= 65536 && (value & (value - 1)) === 0;
}

function damaged(
  source: ByteSource,
  offset: number,
  field: string,
  expected: string,
  found: number | string,
): OpenError {
  return new OpenError(
    'damaged',
    source.name,
    `kdump-compressed header damaged: ${field} at ${place(offset)} should be ${expected}, found ${String(found)}.`,
  );
}

function place(value: number): string {
  return `0x${value.toString(16)}`;
}
