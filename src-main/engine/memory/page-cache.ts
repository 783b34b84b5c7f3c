import { PAGE_SIZE } from '../base/address.ts';

/** Pages per arena chunk (1 MiB): what a small session pays. */
const CHUNK_PAGES = 256;
const EMPTY = -1;

/**
 * Pages by frame, in an arena that grows by 1 MiB up to its limit and then evicts by CLOCK. A hit
 * allocates nothing: frames are found by an open-addressed table of slot numbers (linear probing,
 * deletion by shifting back).
 */
export class PageCache {
  readonly #limit: number;
  readonly #frames: Float64Array;
  readonly #used: Uint8Array;
  readonly #table: Int32Array;
  readonly #mask: number;
  readonly #chunks: Uint8Array[] = [];
  readonly #pages: Uint8Array[] = [];
  /** Made when numbers are read: most pages are copied from. */
  readonly #views: DataView[] = [];
  #count = 0;
  #hand = 0;
  /** A dropped slot, taken before anything is evicted (a failed fill must not cost a page). */
  #free = EMPTY;

  /** @param bytes upper limit of the arena */
  constructor(bytes = 64 << 20) {
    this.#limit = Math.max(4, Math.floor(bytes / PAGE_SIZE));
    this.#frames = new Float64Array(this.#limit).fill(EMPTY);
    this.#used = new Uint8Array(this.#limit);
    let capacity = 8;
    while (capacity < this.#limit * 2) capacity *= 2;
    this.#table = new Int32Array(capacity).fill(EMPTY);
    this.#mask = capacity - 1;
  }

  get pages(): number {
    return this.#count;
  }

  /** The bytes of a slot; `claim` may give the slot to another frame. */
  bytesOf(slot: number): Uint8Array {
    return this.#pages[slot] as Uint8Array;
  }

  viewOf(slot: number): DataView {
    const view = this.#views[slot];
    if (view !== undefined) return view;
    const { buffer, byteOffset } = this.#pages[slot] as Uint8Array;
    return (this.#views[slot] = new DataView(buffer, byteOffset, PAGE_SIZE));
  }

  /** The frame's slot, or -1. */
  find(frame: number): number {
    let at = hashOf(frame) & this.#mask;
    for (;;) {
      const slot = this.#table[at] as number;
      if (slot === EMPTY) return EMPTY;
      if (this.#frames[slot] === frame) {
        this.#used[slot] = 1;
        return slot;
      }
      at = (at + 1) & this.#mask;
    }
  }

  /**
   * A slot for `frame` (not cached yet) to be filled by the caller, who must `drop` it if that
   * fails. May evict another page.
   */
  claim(frame: number): number {
    const slot = this.#freeSlot();
    this.#frames[slot] = frame;
    this.#used[slot] = 1;
    let at = hashOf(frame) & this.#mask;
    while ((this.#table[at] as number) !== EMPTY) at = (at + 1) & this.#mask;
    this.#table[at] = slot;
    return slot;
  }

  /** Forgets `frame`; its slot is the next one claimed. */
  drop(frame: number): void {
    const slot = this.#forget(frame);
    if (slot !== EMPTY) this.#free = slot;
  }

  #freeSlot(): number {
    if (this.#free === EMPTY) return this.#count < this.#limit ? this.#grow() : this.#evict();
    const slot = this.#free;
    this.#free = EMPTY;
    return slot;
  }

  #forget(frame: number): number {
    let at = hashOf(frame) & this.#mask;
    for (;;) {
      const slot = this.#table[at] as number;
      if (slot === EMPTY) return EMPTY;
      if (this.#frames[slot] === frame) {
        this.#frames[slot] = EMPTY;
        this.#used[slot] = 0;
        this.#remove(at);
        return slot;
      }
      at = (at + 1) & this.#mask;
    }
  }

  #grow(): number {
    const slot = this.#count++;
    const inChunk = slot % CHUNK_PAGES;
    if (inChunk === 0) {
      const pages = Math.min(CHUNK_PAGES, this.#limit - slot);
      this.#chunks.push(new Uint8Array(pages * PAGE_SIZE));
    }
    const chunk = this.#chunks[this.#chunks.length - 1] as Uint8Array;
    const start = inChunk * PAGE_SIZE;
    this.#pages.push(chunk.subarray(start, start + PAGE_SIZE));
    return slot;
  }

  #evict(): number {
    for (;;) {
      const slot = this.#hand;
      this.#hand = (slot + 1) % this.#limit;
      if (this.#used[slot] === 1) {
        this.#used[slot] = 0;
        continue;
      }
      const frame = this.#frames[slot] as number;
      if (frame !== EMPTY) this.#forget(frame);
      return slot;
    }
  }

  /** Empties a table place and moves later entries of its run back so that probing still works. */
  #remove(place: number): void {
    let hole = place;
    let at = place;
    for (;;) {
      at = (at + 1) & this.#mask;
      const slot = this.#table[at] as number;
      if (slot === EMPTY) break;
      const home = hashOf(this.#frames[slot] as number) & this.#mask;
      // Movable unless its home lies cyclically in (hole, at].
      if (((at - home) & this.#mask) >= ((at - hole) & this.#mask)) {
        this.#table[hole] = slot;
        hole = at;
      }
    }
    this.#table[hole] = EMPTY;
  }
}

/** Frames reach 2^40: both halves count. */
function hashOf(frame: number): number {
  const mixed =
    Math.imul(frame | 0, 0x9e3779b1) ^ Math.imul((frame / 0x1_0000_0000) | 0, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
