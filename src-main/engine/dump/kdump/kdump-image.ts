import type { Pfn } from '../../base/address.ts';
import type { ByteSource } from '../../base/byte-source.ts';
import type { DumpImage, DumpNote, HeaderFact, PageState, UtsName } from '../dump-image.ts';
import { type PageCounts, zeroCounts } from '../page-counts.ts';
import type { KdumpPart } from './part.ts';
import { popcount } from './page-bitmap.ts';

export interface KdumpDescription {
  readonly format: string;
  readonly sources: readonly ByteSource[];
  readonly notes: readonly DumpNote[];
  readonly vmcoreinfo: Uint8Array | undefined;
  readonly headerFacts: readonly HeaderFact[];
  readonly warnings: readonly string[];
}

/**
 * makedumpfile's kdump-compressed dump of one or several files. The 1st bitmap says what is RAM,
 * the 2nd what was dumped; the n-th set bit of the 2nd (counted within a part) has the n-th
 * descriptor. Zero pages are dumped pages that share one block, so an `excluded` page is never a
 * page left out for being zero.
 */
export class KdumpImage implements DumpImage {
  readonly format: string;
  readonly sources: readonly ByteSource[];
  readonly pageSize: number;
  readonly machine: string;
  readonly endPfn: Pfn;
  readonly notes: readonly DumpNote[];
  readonly vmcoreinfo: Uint8Array | undefined;
  readonly utsname: UtsName;
  readonly dumpLevel: number | undefined;
  readonly writtenAt: number | undefined;
  readonly headerFacts: readonly HeaderFact[];
  readonly warnings: readonly string[];
  /** Ascending by first frame, not overlapping. */
  readonly #parts: readonly KdumpPart[];
  readonly #first: KdumpPart;

  constructor(parts: readonly [KdumpPart, ...KdumpPart[]], description: KdumpDescription) {
    this.#parts = parts;
    this.#first = parts[0];
    const { header } = this.#first;
    this.format = description.format;
    this.sources = description.sources;
    this.pageSize = header.blockSize;
    this.machine = header.utsname.machine === '' ? 'x86_64' : header.utsname.machine;
    this.endPfn = header.maxMapnr as Pfn;
    this.notes = description.notes;
    this.vmcoreinfo = description.vmcoreinfo;
    this.utsname = header.utsname;
    this.dumpLevel = header.dumpLevel;
    this.writtenAt = header.timestamp === 0 ? undefined : header.timestamp;
    this.headerFacts = description.headerFacts;
    this.warnings = description.warnings;
  }

  pageState(frame: Pfn): PageState {
    const part = this.#partOf(frame);
    if (part === undefined) return this.#stateOutsideParts(frame);
    if (!part.dumped.has(frame)) return part.ram.has(frame) ? 'excluded' : 'not-ram';
    return part.storedState(frame);
  }

  readPage(frame: Pfn, target: Uint8Array): PageState {
    const part = this.#partOf(frame);
    if (part === undefined) return this.#stateOutsideParts(frame);
    if (!part.dumped.has(frame)) return part.ram.has(frame) ? 'excluded' : 'not-ram';
    return part.readStored(frame, target);
  }

  findStoredFrame(from: Pfn, end: Pfn): Pfn | undefined {
    let frame: number = from;
    for (const part of this.#parts) {
      if (part.end <= frame) continue;
      if (part.start >= end) break;
      const found = part.findStored(Math.max(frame, part.start), Math.min(end, part.end));
      if (found !== undefined) return found as Pfn;
      frame = part.end;
    }
    return undefined;
  }

  *ramRanges(): Generator<{ readonly start: Pfn; readonly end: Pfn }> {
    const ram = this.#first.ram;
    let start = ram.findNext(0, ram.bits);
    while (start !== undefined) {
      const end = ram.findNextClear(start, ram.bits);
      yield { start: start as Pfn, end: end as Pfn };
      start = ram.findNext(end, ram.bits);
    }
  }

  countPages(how?: 'quick'): PageCounts {
    const counts = zeroCounts();
    const { ram, dumped } = this.#first;
    let inDump = 0;
    for (let block = 0; block < ram.blocks; block++) {
      const ramWords = ram.blockWords(block);
      const dumpedWords = dumped.blockWords(block);
      for (let i = 0; i < ramWords.length; i++) {
        const isDumped = dumpedWords[i] as number;
        inDump += popcount(isDumped);
        counts.excluded += popcount((ramWords[i] as number) & ~isDumped);
      }
    }
    counts['not-ram'] = this.endPfn - inDump - counts.excluded;
    if (how === 'quick') return { ...counts, present: inDump };
    let inParts = 0;
    for (const part of this.#parts) {
      const before = counts.present + counts.zero + counts.truncated;
      part.countStored(counts);
      inParts += counts.present + counts.zero + counts.truncated - before;
    }
    counts['missing-part'] = Math.max(0, inDump - inParts);
    return counts;
  }

  #partOf(frame: number): KdumpPart | undefined {
    for (const part of this.#parts) {
      if (frame >= part.start && frame < part.end) return part;
    }
    return undefined;
  }

  /** Every part has the whole machine's bitmaps, so those of any part answer. */
  #stateOutsideParts(frame: number): PageState {
    if (this.#first.dumped.has(frame)) return 'missing-part';
    return this.#first.ram.has(frame) ? 'excluded' : 'not-ram';
  }
}
