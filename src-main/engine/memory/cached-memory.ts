import { PAGE_SIZE, type PhysAddr, physOfPfn, type Pfn } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { DumpImage, PageState } from '../dump/dump-image.ts';
import { PageCache } from './page-cache.ts';
import type { PhysicalMemory } from './physical-memory.ts';

/** Shorter copies are faster by hand than through a view. */
const BY_HAND = 32;

/**
 * Physical memory of a dump through a page cache. One per worker: pages are views that the next
 * read may reuse.
 * @param cacheBytes limit of the cache, which starts at 1 MiB and grows with use
 */
export function createPhysicalMemory(image: DumpImage, cacheBytes?: number): PhysicalMemory {
  return new CachedMemory(image, new PageCache(cacheBytes));
}

class CachedMemory implements PhysicalMemory {
  readonly #image: DumpImage;
  readonly #cache: PageCache;
  /** Slot and frame of the last read: walks stay on a page for a while. */
  #lastFrame = -1;
  #lastSlot = -1;

  constructor(image: DumpImage, cache: PageCache) {
    this.#image = image;
    this.#cache = cache;
  }

  page(frame: Pfn): Uint8Array {
    return this.#cache.bytesOf(this.#slotOf(frame));
  }

  view(frame: Pfn): DataView {
    return this.#cache.viewOf(this.#slotOf(frame));
  }

  readInto(address: PhysAddr, target: Uint8Array, targetOffset: number, length: number): void {
    // Physical addresses have 52 bits: a double is exact, and cheaper than bigint arithmetic.
    const start = Number(address);
    let frame = Math.floor(start / PAGE_SIZE);
    let offset = start - frame * PAGE_SIZE;
    let done = 0;
    while (done < length) {
      const piece = Math.min(length - done, PAGE_SIZE - offset);
      const at = targetOffset + done;
      if (piece === PAGE_SIZE && this.#cache.find(frame) < 0) {
        // Whole pages are of tables that are read once: kept there, not here as well.
        this.#fill(frame as Pfn, target.subarray(at, at + PAGE_SIZE));
        done += piece;
        frame++;
        continue;
      }
      const page = this.page(frame as Pfn);
      if (piece <= BY_HAND) {
        for (let i = 0; i < piece; i++) target[at + i] = page[offset + i] as number;
      } else {
        target.set(piece === PAGE_SIZE ? page : page.subarray(offset, offset + piece), at);
      }
      done += piece;
      frame++;
      offset = 0;
    }
  }

  pageState(frame: Pfn): PageState {
    return this.#image.pageState(frame);
  }

  #slotOf(frame: Pfn): number {
    if (frame === this.#lastFrame) return this.#lastSlot;
    let slot = this.#cache.find(frame);
    if (slot < 0) slot = this.#load(frame);
    this.#lastFrame = frame;
    this.#lastSlot = slot;
    return slot;
  }

  #load(frame: Pfn): number {
    const slot = this.#cache.claim(frame);
    // The claimed slot may be the one remembered.
    this.#lastFrame = -1;
    try {
      this.#fill(frame, this.#cache.bytesOf(slot));
      return slot;
    } catch (error) {
      this.#cache.drop(frame);
      throw error;
    }
  }

  /** Reads one page. @throws FaultError when the dump has not got it; `target` may be changed then */
  #fill(frame: Pfn, target: Uint8Array): void {
    const state = this.#image.readPage(frame, target);
    if (state === 'present' || state === 'zero') return;
    const phys = physOfPfn(frame);
    if (state === 'excluded') throw new FaultError({ kind: 'excluded', phys });
    throw new FaultError({ kind: 'not-in-dump', phys, why: state });
  }
}
