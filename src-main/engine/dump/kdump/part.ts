import type { ByteSource, Decompressors } from '../../base/byte-source.ts';
import { FaultError } from '../../base/fault.ts';
import { isStored } from '../flattened/flattened-source.ts';
import { readFully } from '../read-exactly.ts';
import { DescriptorTable } from './descriptor-table.ts';
import {
  DESCRIPTOR_SIZE,
  FLAG_LZO,
  FLAG_SNAPPY,
  FLAG_ZLIB,
  FLAG_ZSTD,
  type KdumpHeader,
} from './header.ts';
import { PageBitmap } from './page-bitmap.ts';

/** Last descriptors looked at to tell a truncated file. */
const LOOK_BACK = 1024;

/** How a dumped page of this part is stored. */
export type StoredState = 'present' | 'zero' | 'truncated';

/** `-d 1`: the level bit by which pages of zeros are not stored one by one. */
const LEVEL_ZERO = 1;
/** No file is larger (XFS: 2^63, but doubles are exact to here; 8 PiB). */
const MAX_OFFSET = 2 ** 53;

/** One file of a kdump-compressed dump (the only one, unless the dump is split). */
export class KdumpPart {
  readonly source: ByteSource;
  readonly header: KdumpHeader;
  /** Frames whose descriptors this file holds: `[start, end)`. */
  readonly start: number;
  readonly end: number;
  readonly ram: PageBitmap;
  readonly dumped: PageBitmap;
  readonly #descriptors: DescriptorTable;
  readonly #codecs: Decompressors;
  readonly #compressed: Uint8Array;
  readonly #firstRank: number;
  /** File offset of the page of zeros that all descriptors of zero pages share; -1: none. */
  readonly #zeroOffset: number;

  constructor(source: ByteSource, header: KdumpHeader, codecs: Decompressors) {
    this.source = source;
    this.header = header;
    this.start = header.split?.start ?? 0;
    this.end = header.split?.end ?? header.maxMapnr;
    this.ram = new PageBitmap(source, header.ramBitmap, header.maxMapnr);
    this.dumped = new PageBitmap(source, header.dumpedBitmap, header.maxMapnr, this.start);
    this.#descriptors = new DescriptorTable(source, header.descriptors);
    this.#codecs = codecs;
    this.#compressed = new Uint8Array(header.blockSize);
    this.#firstRank = this.dumped.rank(this.start);
    this.#zeroOffset = this.#findZeroPage();
  }

  /** State of a frame in `[start, end)` whose bit in the 2nd bitmap is set. */
  storedState(frame: number): StoredState {
    return this.#locate(this.#indexOf(frame));
  }

  /**
   * Fills `target` (one page) unless truncated.
   * @throws FaultError `corrupt` naming the descriptor's or the data's offset, `io`
   */
  readStored(frame: number, target: Uint8Array): StoredState {
    const index = this.#indexOf(frame);
    const state = this.#locate(index);
    if (state === 'zero') target.fill(0);
    if (state === 'present') this.#decode(index, target);
    return state;
  }

  /** First frame in [from, end) whose bit in the 2nd bitmap is set and whose descriptor is there. */
  findStored(from: number, end: number): number | undefined {
    const found = this.dumped.findNext(from, end);
    if (found === undefined || this.#indexOf(found) >= this.#descriptors.room) return undefined;
    return found;
  }

  /** Adds the states of all dumped frames of this part, in descriptor order (no page data read). */
  countStored(counts: Record<StoredState, number>): void {
    const total = this.dumped.rank(this.end) - this.#firstRank;
    const there = Math.min(total, this.#descriptors.room);
    for (let index = 0; index < there; index++) counts[this.#locate(index)]++;
    counts.truncated += total - there;
  }

  /**
   * Where the file should end at least, when its last descriptors show that it ends before. Known
   * without counting pages: page data starts right behind the descriptors.
   */
  findCutOff(): number | undefined {
    const table = this.#descriptors;
    const base = this.header.descriptors;
    const dataStart = this.#zeroOffset >= 0 ? this.#zeroOffset : table.load(0) ? table.offset : 0;
    const count = (dataStart - base) / DESCRIPTOR_SIZE;
    if (!Number.isInteger(count) || count < 1 || count > this.header.maxMapnr) return undefined;
    if (dataStart > this.source.size) return dataStart;
    for (let index = count - 1; index >= Math.max(0, count - LOOK_BACK); index--) {
      if (!table.load(index)) return undefined;
      if (table.offset === this.#zeroOffset || table.offset === 0) continue;
      if (table.size > this.header.blockSize || table.offset > MAX_OFFSET) return undefined;
      const end = table.offset + table.size;
      return end > this.source.size ? end : undefined;
    }
    return undefined;
  }

  #indexOf(frame: number): number {
    return this.dumped.rank(frame) - this.#firstRank;
  }

  /** Moves the descriptor table to `index` and classifies. */
  #locate(index: number): StoredState {
    const table = this.#descriptors;
    if (!table.load(index)) return 'truncated';
    // Never written: makedumpfile ran out of space or was killed, and left a hole.
    if (table.offset === 0) return 'truncated';
    if (table.offset === this.#zeroOffset && table.flags === 0) return 'zero';
    // Absurd fields are damage, which reading reports; only a credible end can be beyond the file's.
    if (table.size > this.header.blockSize || table.offset > MAX_OFFSET) return 'present';
    if (table.offset + table.size > this.source.size) return 'truncated';
    if (table.flags === 0 && !isStored(this.source, table.offset, table.size)) return 'truncated';
    return 'present';
  }

  #decode(index: number, target: Uint8Array): void {
    const { offset, size, flags } = this.#descriptors;
    const blockSize = this.header.blockSize;
    if (offset < this.header.descriptors || offset > MAX_OFFSET) {
      const expected = `page data after ${hexOf(this.header.descriptors)}`;
      this.#fail(index, expected, `offset ${hexOf(offset)}`);
    }
    if (flags === 0) {
      if (size !== blockSize) {
        this.#fail(index, `${String(blockSize)} bytes (not compressed)`, `size ${String(size)}`);
      }
      readFully(this.source, offset, target, size);
      return;
    }
    if (size === 0 || size > blockSize) {
      this.#fail(index, `1 to ${String(blockSize)} compressed bytes`, `size ${String(size)}`);
    }
    readFully(this.source, offset, this.#compressed, size);
    const input = this.#compressed.subarray(0, size);
    if (!this.#decompress(index, flags, input, target)) {
      throw new FaultError({
        kind: 'corrupt',
        what: `${codecName(flags)}-compressed page in ${this.source.name}`,
        expected: `${String(blockSize)} bytes after decompression`,
        found: 'damaged data',
        offset,
      });
    }
  }

  #decompress(index: number, flags: number, input: Uint8Array, target: Uint8Array): boolean {
    switch (flags) {
      case FLAG_ZLIB:
        return this.#codecs.zlib(input, target);
      case FLAG_LZO:
        return this.#codecs.lzo(input, target);
      case FLAG_SNAPPY:
        return this.#codecs.snappy(input, target);
      case FLAG_ZSTD:
        return this.#codecs.zstd(input, target);
      default:
        return this.#fail(index, 'flags of one codec (0x1, 0x2, 0x4 or 0x20)', hexOf(flags));
    }
  }

  #fail(index: number, expected: string, found: string): never {
    throw new FaultError({
      kind: 'corrupt',
      what: `page_desc in ${this.source.name}`,
      expected,
      found,
      offset: this.#descriptors.placeOf(index),
    });
  }

  /**
   * With dump level bit 1, makedumpfile and QEMU store one page of zeros before all others and
   * point every zero page's descriptor to it; so it is either what the first descriptor points to
   * or the block before that. Believed only when it is zeros indeed.
   * @source makedumpfile 1.7.8 `write_kdump_pages_and_bitmap_cyclic` (`pd_zero`); QEMU dump/dump.c
   *   `write_dump_pages`
   */
  #findZeroPage(): number {
    if (((this.header.dumpLevel ?? LEVEL_ZERO) & LEVEL_ZERO) === 0) return -1;
    const table = this.#descriptors;
    if (!table.load(0)) return -1;
    const { offset, size, flags } = table;
    const blockSize = this.header.blockSize;
    if (flags === 0 && size === blockSize && this.#isZeroBlock(offset)) return offset;
    return this.#isZeroBlock(offset - blockSize) ? offset - blockSize : -1;
  }

  #isZeroBlock(offset: number): boolean {
    const blockSize = this.header.blockSize;
    if (offset < this.header.descriptors || offset + blockSize > this.source.size) return false;
    if (!isStored(this.source, offset, blockSize)) return false;
    const bytes = this.#compressed;
    readFully(this.source, offset, bytes, blockSize);
    return bytes.every((byte) => byte === 0);
  }
}

/** Name of the codec of a page's or a header's flags; the lowest bit set counts. */
export function codecName(flags: number): string {
  if ((flags & FLAG_ZLIB) !== 0) return 'zlib';
  if ((flags & FLAG_LZO) !== 0) return 'lzo';
  if ((flags & FLAG_SNAPPY) !== 0) return 'snappy';
  if ((flags & FLAG_ZSTD) !== 0) return 'zstd';
  return 'uncompressed';
}

function hexOf(value: number): string {
  return `0x${value.toString(16)}`;
}
