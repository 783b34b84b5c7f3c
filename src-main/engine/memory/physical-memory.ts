import type { PhysAddr, Pfn } from '../base/address.ts';
import type { PageState } from '../dump/dump-image.ts';

/** Physical memory of the crashed machine, through a page cache. Zero-filled pages read as zeros. */
export interface PhysicalMemory {
  /**
   * Copies `length` bytes; may cross pages.
   * @throws FaultError `excluded`, `not-in-dump`, `corrupt`, `io`
   */
  readInto(address: PhysAddr, target: Uint8Array, targetOffset: number, length: number): void;
  /**
   * The cached page (4096 bytes, do not keep or write: valid until the next read).
   * @throws FaultError as readInto
   */
  page(frame: Pfn): Uint8Array;
  /** The same page for reading numbers: valid until the next read. @throws FaultError as readInto */
  view(frame: Pfn): DataView;
  pageState(frame: Pfn): PageState;
}
