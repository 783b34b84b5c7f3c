import type { ByteSource } from '../../base/byte-source.ts';
import { readFully } from '../read-exactly.ts';

const BLOCK_BYTES = 4096;
const BLOCK_BITS = BLOCK_BYTES * 8;
const BLOCK_WORDS = BLOCK_BYTES / 4;
/** Words summed up per entry of a cached block's rank table. */
const STEP_WORDS = 8;
const STEPS = BLOCK_WORDS / STEP_WORDS;
/** Direct-mapped cache: 64 x 4 KiB cover 8 GiB of RAM. */
const SLOTS = 64;
/** Blocks counted per read while the prefix table grows. */
const READ_BLOCKS = 16;

/**
 * One bit per page frame, read from the file as it is needed. Nothing is scanned at opening: the
 * table of ones before each block grows only as far as the highest frame asked for, so that the
 * size of the machine does not decide how long opening takes.
 */
export class PageBitmap {
  /** Frames covered: bits at and beyond are clear. */
  readonly bits: number;
  readonly #source: ByteSource;
  readonly #offset: number;
  readonly #slotBlock = new Float64Array(SLOTS).fill(-1);
  readonly #slotWords: (Uint32Array<ArrayBuffer> | undefined)[] = new Array<undefined>(SLOTS);
  readonly #slotRanks: (Uint16Array | undefined)[] = new Array<undefined>(SLOTS);
  /** `#ones[b - #firstBlock]`: ones in blocks `[#firstBlock, b)`; valid up to `#counted`. */
  #ones = new Float64Array(64);
  #counted = 0;
  readonly #firstBlock: number;

  /**
   * @param offset of the bitmap in the file; the caller has checked that it lies inside
   * @param bits frames it covers
   * @param rankFrom frame at or after whose block counting may start (a split part's first)
   */
  constructor(source: ByteSource, offset: number, bits: number, rankFrom = 0) {
    this.#source = source;
    this.#offset = offset;
    this.bits = bits;
    this.#firstBlock = Math.floor(rankFrom / BLOCK_BITS);
  }

  has(bit: number): boolean {
    if (!(bit >= 0 && bit < this.bits)) return false;
    const words = this.#block(Math.floor(bit / BLOCK_BITS));
    const inBlock = bit % BLOCK_BITS;
    return ((words[inBlock >>> 5] as number) & (1 << (inBlock & 31))) !== 0;
  }

  /** Ones before `bit`, counted from the start of `rankFrom`'s block. Only differences mean anything. */
  rank(bit: number): number {
    const block = Math.floor(bit / BLOCK_BITS);
    this.#countTo(block);
    const before = this.#ones[block - this.#firstBlock] as number;
    const inBlock = bit % BLOCK_BITS;
    if (inBlock === 0) return before;
    const words = this.#block(block);
    const ranks = this.#slotRanks[block % SLOTS] as Uint16Array;
    const word = inBlock >>> 5;
    const step = Math.floor(word / STEP_WORDS);
    let ones = before + (ranks[step] as number);
    for (let i = step * STEP_WORDS; i < word; i++) ones += popcount(words[i] as number);
    const rest = inBlock & 31;
    if (rest !== 0) ones += popcount((words[word] as number) & ((1 << rest) - 1));
    return ones;
  }

  /** First set bit in `[from, end)`. Clear stretches are skipped 32 frames at a time. */
  findNext(from: number, end: number): number | undefined {
    return this.#find(from, Math.min(end, this.bits), 0);
  }

  /** First clear bit in `[from, end)`; `end` itself when all are set. */
  findNextClear(from: number, end: number): number {
    const last = Math.min(end, this.bits);
    return this.#find(from, last, 0xffffffff) ?? last;
  }

  /** The 1,024 words of a block of 32,768 frames; a view that the next call may change. */
  blockWords(block: number): Uint32Array {
    return this.#block(block);
  }

  get blocks(): number {
    return Math.ceil(this.bits / BLOCK_BITS);
  }

  #find(from: number, end: number, flip: number): number | undefined {
    let bit = from;
    while (bit < end) {
      const words = this.#block(Math.floor(bit / BLOCK_BITS));
      const base = Math.floor(bit / BLOCK_BITS) * BLOCK_BITS;
      let word = (bit - base) >>> 5;
      let value = ((words[word] as number) ^ flip) & (-1 << ((bit - base) & 31));
      while (value === 0 && ++word < BLOCK_WORDS) value = (words[word] as number) ^ flip;
      if (value !== 0) {
        const found = base + word * 32 + 31 - Math.clz32(value & -value);
        return found < end ? found : undefined;
      }
      bit = base + BLOCK_BITS;
    }
    return undefined;
  }

  #block(block: number): Uint32Array {
    const slot = block % SLOTS;
    const words = (this.#slotWords[slot] ??= new Uint32Array(BLOCK_WORDS));
    if (this.#slotBlock[slot] === block) return words;
    this.#slotBlock[slot] = -1;
    this.#read(block, 1, words);
    const ranks = (this.#slotRanks[slot] ??= new Uint16Array(STEPS));
    let ones = 0;
    for (let i = 0; i < BLOCK_WORDS; i++) {
      if (i % STEP_WORDS === 0) ranks[i / STEP_WORDS] = ones;
      ones += popcount(words[i] as number);
    }
    this.#slotBlock[slot] = block;
    return words;
  }

  #read(block: number, count: number, words: Uint32Array<ArrayBuffer>): void {
    const start = block * BLOCK_BYTES;
    const length = Math.max(0, Math.min(count * BLOCK_BYTES, Math.ceil(this.bits / 8) - start));
    const bytes = new Uint8Array(words.buffer);
    readFully(this.#source, this.#offset + start, bytes, length);
    bytes.fill(0, length);
    // Bits past the last frame are padding whatever they say.
    const lastBits = this.bits - start * 8;
    if (lastBits > 0 && lastBits < count * BLOCK_BITS && (lastBits & 31) !== 0) {
      const last = lastBits >>> 5;
      words[last] = (words[last] as number) & ((1 << (lastBits & 31)) - 1);
    }
  }

  #countTo(block: number): void {
    const wanted = block - this.#firstBlock;
    if (wanted <= this.#counted) return;
    if (wanted >= this.#ones.length) {
      const larger = new Float64Array(Math.max(wanted + 1, this.#ones.length * 2));
      larger.set(this.#ones);
      this.#ones = larger;
    }
    const words = new Uint32Array(BLOCK_WORDS * READ_BLOCKS);
    while (this.#counted < wanted) {
      const count = Math.min(READ_BLOCKS, wanted - this.#counted);
      this.#read(this.#firstBlock + this.#counted, count, words);
      for (let b = 0; b < count; b++) {
        let ones = this.#ones[this.#counted] as number;
        const end = (b + 1) * BLOCK_WORDS;
        for (let i = b * BLOCK_WORDS; i < end; i++) ones += popcount(words[i] as number);
        this.#ones[++this.#counted] = ones;
      }
    }
  }
}

/** Ones in a 32-bit word. */
export function popcount(word: number): number {
  let value = word - ((word >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
