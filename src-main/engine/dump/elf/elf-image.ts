import { PAGE_SIZE, type Pfn } from '../../base/address.ts';
import type { ByteSource } from '../../base/byte-source.ts';
import type { DumpImage, DumpNote, HeaderFact, PageState } from '../dump-image.ts';
import { findStoredRun, isStored } from '../flattened/flattened-source.ts';
import { type PageCounts, zeroCounts } from '../page-counts.ts';
import { readFully } from '../read-exactly.ts';
import type { SegmentMap } from './segment-map.ts';

export interface ElfDescription {
  readonly format: string;
  readonly sources: readonly ByteSource[];
  readonly notes: readonly DumpNote[];
  readonly vmcoreinfo: Uint8Array | undefined;
  readonly headerFacts: readonly HeaderFact[];
  readonly warnings: readonly string[];
}

/**
 * ELF vmcore: PT_LOAD segments by physical address. Memory a segment names (p_memsz) without
 * storing it (p_filesz) is `excluded`, not zero: makedumpfile -E leaves filtered pages out that
 * way (runs of 256 pages and more; zeros among them when its level has bit 1), and QEMU memory it
 * could not dump. A page only partly in a segment (RAM that ends inside a page) is `present`; the
 * rest of it reads as zeros.
 * @source makedumpfile 1.7.8 `write_elf_pages_cyclic`; QEMU dump/dump.c `get_offset_range`
 */
export class ElfImage implements DumpImage {
  readonly format: string;
  readonly sources: readonly ByteSource[];
  readonly pageSize = PAGE_SIZE;
  readonly machine = 'x86_64';
  readonly endPfn: Pfn;
  readonly notes: readonly DumpNote[];
  readonly vmcoreinfo: Uint8Array | undefined;
  readonly utsname = undefined;
  readonly dumpLevel = undefined;
  readonly writtenAt = undefined;
  readonly headerFacts: readonly HeaderFact[];
  readonly warnings: readonly string[];
  readonly #source: ByteSource;
  readonly #stored: SegmentMap;
  readonly #memory: SegmentMap;

  /**
   * @param stored bytes in the file
   * @param memory the machine's RAM as the segments name it
   */
  constructor(
    source: ByteSource,
    stored: SegmentMap,
    memory: SegmentMap,
    description: ElfDescription,
  ) {
    this.#source = source;
    this.#stored = stored;
    this.#memory = memory;
    const end = memory.count === 0 ? 0 : memory.endOf(memory.count - 1);
    this.endPfn = Math.ceil(end / PAGE_SIZE) as Pfn;
    this.format = description.format;
    this.sources = description.sources;
    this.notes = description.notes;
    this.vmcoreinfo = description.vmcoreinfo;
    this.headerFacts = description.headerFacts;
    this.warnings = description.warnings;
  }

  pageState(frame: Pfn): PageState {
    const start = frame * PAGE_SIZE;
    const end = start + PAGE_SIZE;
    const stored = this.#stored;
    let state: PageState | undefined;
    for (let i = stored.find(start); i < stored.count && stored.startOf(i) < end; i++) {
      const from = Math.max(start, stored.startOf(i));
      const length = Math.min(end, stored.endOf(i)) - from;
      const offset = stored.fileOffsetOf(i) + (from - stored.startOf(i));
      if (!isStored(this.#source, offset, length)) return 'truncated';
      state = 'present';
    }
    if (state !== undefined) return state;
    const memory = this.#memory;
    const i = memory.find(start);
    return i < memory.count && memory.startOf(i) < end ? 'excluded' : 'not-ram';
  }

  readPage(frame: Pfn, target: Uint8Array): PageState {
    const state = this.pageState(frame);
    if (state !== 'present') return state;
    const start = frame * PAGE_SIZE;
    const end = start + PAGE_SIZE;
    const stored = this.#stored;
    const first = stored.find(start);
    if (stored.startOf(first) <= start && stored.endOf(first) >= end) {
      readFully(
        this.#source,
        stored.fileOffsetOf(first) + (start - stored.startOf(first)),
        target,
        PAGE_SIZE,
      );
      return state;
    }
    target.fill(0);
    for (let i = first; i < stored.count && stored.startOf(i) < end; i++) {
      const from = Math.max(start, stored.startOf(i));
      const length = Math.min(end, stored.endOf(i)) - from;
      const offset = stored.fileOffsetOf(i) + (from - stored.startOf(i));
      const piece = target.subarray(from - start, from - start + length);
      readFully(this.#source, offset, piece, length);
    }
    return state;
  }

  findStoredFrame(from: Pfn, end: Pfn): Pfn | undefined {
    const start = from * PAGE_SIZE;
    const stored = this.#stored;
    for (let i = stored.find(start); i < stored.count; i++) {
      const address = Math.max(start, stored.startOf(i));
      if (address >= end * PAGE_SIZE) return undefined;
      // A segment may claim petabytes of which the file has nothing.
      const offset = stored.fileOffsetOf(i) + (address - stored.startOf(i));
      const run = findStoredRun(this.#source, offset, 1);
      const found = run === undefined ? Infinity : address + (run.start - offset);
      if (found >= stored.endOf(i)) continue;
      const frame = Math.floor(found / PAGE_SIZE);
      return frame < end ? (frame as Pfn) : undefined;
    }
    return undefined;
  }

  *ramRanges(): Generator<{ readonly start: Pfn; readonly end: Pfn }> {
    for (const [start, end] of frameRanges(this.#memory)) {
      yield { start: start as Pfn, end: end as Pfn };
    }
  }

  countPages(): PageCounts {
    const counts = zeroCounts();
    let ram = 0;
    for (const [start, end] of frameRanges(this.#memory)) ram += end - start;
    let stored = 0;
    for (const [start, end] of frameRanges(this.#stored)) {
      stored += end - start;
      counts.truncated += this.#countTruncated(start, end);
    }
    counts.present = stored - counts.truncated;
    counts.excluded = ram - stored;
    counts['not-ram'] = this.endPfn - ram;
    return counts;
  }

  /** By runs of stored bytes, whatever the segments claim; single frames only where runs meet. */
  #countTruncated(start: number, end: number): number {
    let truncated = 0;
    for (let frame = start; frame < end;) {
      const i = this.#stored.find(frame * PAGE_SIZE);
      const from = this.#stored.startOf(i);
      const segmentEnd = Math.min(end, Math.floor(this.#stored.endOf(i) / PAGE_SIZE));
      if (from > frame * PAGE_SIZE || segmentEnd <= frame) {
        if (this.pageState(frame as Pfn) === 'truncated') truncated++;
        frame++;
        continue;
      }
      const offset = this.#stored.fileOffsetOf(i) + (frame * PAGE_SIZE - from);
      const run = findStoredRun(this.#source, offset, (segmentEnd - frame) * PAGE_SIZE);
      const isHere = run?.start === offset && run.end - offset >= PAGE_SIZE;
      // Up to the end of the run that begins here, or to the next one, but by a frame at least.
      const until = run === undefined ? Infinity : isHere ? run.end : run.start;
      const frames = Math.max(1, Math.floor((until - offset) / PAGE_SIZE));
      const next = Math.min(segmentEnd, frame + frames);
      if (!isHere) truncated += next - frame;
      frame = next;
    }
    return truncated;
  }
}

/** Frames touched by the segments, as disjoint ascending ranges, neighbours joined. */
function* frameRanges(map: SegmentMap): Generator<readonly [start: number, end: number]> {
  let start = -1;
  let end = -1;
  for (let i = 0; i < map.count; i++) {
    const from = Math.floor(map.startOf(i) / PAGE_SIZE);
    const to = Math.ceil(map.endOf(i) / PAGE_SIZE);
    if (from <= end) {
      end = Math.max(end, to);
      continue;
    }
    if (start >= 0) yield [start, end];
    start = from;
    end = to;
  }
  if (start >= 0) yield [start, end];
}
