import { PAGE_SIZE, type Pfn } from '../base/address.ts';
import { FaultError, type Fault } from '../base/fault.ts';
import type { DumpImage } from '../dump/dump-image.ts';

/** One page of a scan. The object and its bytes are reused: copy what you keep. */
export interface ScannedPage {
  frame: Pfn;
  readonly bytes: Uint8Array;
}

export interface ScanOptions {
  /** First frame; default 0. */
  readonly from?: Pfn;
  /** One past the last; default the end of the dump. */
  readonly end?: Pfn;
  /** Also pages of zeros, which searches rarely want; default false. */
  readonly zeros?: boolean;
  /** Told of pages whose data is damaged or unreadable; the scan goes on without them. */
  readonly onFault?: (frame: Pfn, fault: Fault) => void;
}

/**
 * Pages that are in the dump, ascending, past the page cache (a scan would only empty it).
 * Stopping is the caller's `break`; pages excluded or truncated are skipped.
 */
export function* iteratePresentPages(
  image: DumpImage,
  options: ScanOptions = {},
): Generator<ScannedPage> {
  const end = options.end ?? image.endPfn;
  const page: ScannedPage = { frame: 0 as Pfn, bytes: new Uint8Array(PAGE_SIZE) };
  let frame = image.findStoredFrame(options.from ?? (0 as Pfn), end);
  while (frame !== undefined) {
    try {
      const state = image.readPage(frame, page.bytes);
      if (state === 'present' || (state === 'zero' && options.zeros === true)) {
        page.frame = frame;
        yield page;
      }
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      options.onFault?.(frame, error.fault);
    }
    frame = image.findStoredFrame((frame + 1) as Pfn, end);
  }
}
