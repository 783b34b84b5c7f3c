import { PAGE_SIZE, type PhysAddr, physOfPfn, type Pfn } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { DumpImage, PageState } from '../dump/dump-image.ts';
import { PageCache } from './page-cache.ts';
import type { PhysicalMemory } from './physical-memory.ts';

const OFFSET_MASK = 0xfffn;

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
  /** The page of the last read: walks stay on a page for a while. */
  #lastFrame = -1;
  #lastPage: Uint8Array = new Uint8Array(0);
  readonly #word = new Uint8Array(8);

  constructor(image: DumpImage, cache: PageCache) {
    this.#image = image;
    this.#cache = cache;
  }

  page(frame: Pfn): Uint8Array {
    if (frame === this.#lastFrame) return this.#lastPage;
    const page = this.#cache.find(frame) ?? this.#load(frame);
    this.#lastFrame = frame;
    this.#lastPage = page;
    return page;
  }

  readInto(address: PhysAddr, target: Uint8Array, targetOffset: number, length: number): void {
    let frame = Number(address >> 12n);
    let offset = Number(address & OFFSET_MASK);
    let done = 0;
    while (done < length) {
      const piece = Math.min(length - done, PAGE_SIZE - offset);
      const page = this.page(frame as Pfn);
      const at = targetOffset + done;
      if (piece <= 32) {
        for (let i = 0; i < piece; i++) target[at + i] = page[offset + i] as number;
      } else if (piece === PAGE_SIZE) {
        target.set(page, at);
      } else {
        target.set(page.subarray(offset, offset + piece), at);
      }
      done += piece;
      frame++;
      offset = 0;
    }
  }

  readU64(address: PhysAddr): bigint {
    let at = Number(address & OFFSET_MASK);
    let page: Uint8Array;
    if (at <= PAGE_SIZE - 8) {
      page = this.page(Number(address >> 12n) as Pfn);
    } else {
      page = this.#word;
      this.readInto(address, page, 0, 8);
      at = 0;
    }
    const low = u32At(page, at);
    const high = u32At(page, at + 4);
    return (BigInt(high) << 32n) | BigInt(low);
  }

  pageState(frame: Pfn): PageState {
    return this.#image.pageState(frame);
  }

  #load(frame: Pfn): Uint8Array {
    const page = this.#cache.claim(frame);
    // The claimed page may be the one remembered.
    this.#lastFrame = -1;
    let state: PageState;
    try {
      state = this.#image.readPage(frame, page);
    } catch (error) {
      this.#cache.drop(frame);
      throw error;
    }
    if (state === 'present' || state === 'zero') return page;
    this.#cache.drop(frame);
    const phys = physOfPfn(frame);
    if (state === 'excluded') throw new FaultError({ kind: 'excluded', phys });
    throw new FaultError({ kind: 'not-in-dump', phys, why: state });
  }
}

function u32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}
