import type { ByteSource, Decompressors } from '../base/byte-source.ts';
import type { Pfn } from '../base/address.ts';
import type { OpenError } from './open-error.ts';

/**
 * What the dump holds for a page frame.
 * - `present`: its bytes are in the file
 * - `zero`: the filter saw only zeros and did not store them; reads give zeros, shown as such
 * - `excluded`: RAM, left out by the filter (cache, user, free, ...)
 * - `not-ram`: no RAM of the machine as far as the dump says
 * - `truncated`: should be in the file, the file ends before
 * - `missing-part`: belongs to a file of a split set that was not given
 */
export type PageState = 'present' | 'zero' | 'excluded' | 'not-ram' | 'truncated' | 'missing-part';

/** ELF note as the dump carries it. */
export interface DumpNote {
  /** Owner, e.g. `CORE`, `VMCOREINFO`, `QEMU`. */
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

/** A fact of the dump header worth showing, with where it was read. */
export interface HeaderFact {
  readonly name: string;
  readonly value: string | number | bigint;
}

/** struct new_utsname of the header, NUL-trimmed. Fields may be empty. */
export interface UtsName {
  readonly sysname: string;
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
  readonly domainname: string;
}

/**
 * An opened dump, whatever its format: page frames and notes. Knows no kernel beyond what the
 * header says.
 */
export interface DumpImage {
  /** E.g. `kdump-compressed v6 (zstd)`, `ELF vmcore`, `flattened kdump-compressed v6`. */
  readonly format: string;
  /** Files in the order given. */
  readonly sources: readonly ByteSource[];
  readonly pageSize: number;
  /** ELF machine name of the dump: only `x86_64` is read further today. */
  readonly machine: string;
  /** One past the highest page frame the dump can hold. */
  readonly endPfn: Pfn;
  readonly notes: readonly DumpNote[];
  /** Raw VMCOREINFO text where the header or a note carries it. */
  readonly vmcoreinfo: Uint8Array | undefined;
  readonly utsname: UtsName | undefined;
  /** makedumpfile's dump level (`-d`), where the header says it. */
  readonly dumpLevel: number | undefined;
  /** Seconds since the epoch at which the dump was written, where the header says it. */
  readonly writtenAt: number | undefined;
  readonly headerFacts: readonly HeaderFact[];
  /** Everything that is wrong with the file but did not stop the opening; full sentences. */
  readonly warnings: readonly string[];
  pageState(frame: Pfn): PageState;
  /**
   * Fills `target` (one page) when the state is `present` or `zero`; leaves it alone otherwise.
   * @throws FaultError kind `corrupt` (page data damaged; names the file offset) or `io`
   */
  readPage(frame: Pfn, target: Uint8Array): PageState;
  /**
   * First frame in [from, end) that the file has bytes of: its state is `present`, `zero` or, where
   * only a part of it is there, `truncated`. Skips what was excluded and what lies behind the end of
   * the file without looking at each frame: headers may claim any number of them.
   */
  findStoredFrame(from: Pfn, end: Pfn): Pfn | undefined;
  /** Ranges of frames that are RAM as far as the dump says: [start, end). Ascending. */
  ramRanges(): Iterable<{ readonly start: Pfn; readonly end: Pfn }>;
  /**
   * Frames by state over [0, endPfn); may scan bitmaps and descriptors, not page data. `quick`
   * leaves the descriptors alone, whose number grows with the dump: zero pages and pages beyond the
   * end of the file then count as present.
   */
  countPages(how?: 'quick'): Readonly<Record<PageState, number>>;
}

export type Probe =
  | { readonly match: 'yes'; readonly image: DumpImage }
  | { readonly match: 'no' }
  /** It is this format, but cannot be opened: the sentence names file, offset, expected, found. */
  | { readonly match: 'damaged'; readonly error: OpenError };

/** One dump format: given all files of the set, says whether they are its own. */
export interface DumpFormat {
  readonly name: string;
  open(sources: readonly ByteSource[], codecs: Decompressors): Probe;
}
