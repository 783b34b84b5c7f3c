/**
 * Disjoint ranges of physical memory, ascending, each with where its first byte is in the file.
 * Columns; addresses as doubles (52-bit physical space).
 */
export class SegmentMap {
  readonly count: number;
  readonly #start: Float64Array;
  readonly #end: Float64Array;
  readonly #fileOffset: Float64Array;
  /** The segment that answered last: walks are local. */
  #last = 0;

  /**
   * @param segments in any order, may overlap (QEMU with paging writes one per mapping, the kernel
   *   one more for its text): the bytes are the same, the one that starts first is kept
   */
  constructor(segments: readonly (readonly [start: number, end: number, fileOffset: number])[]) {
    const sorted = segments.filter(([start, end]) => end > start).sort((a, b) => a[0] - b[0]);
    this.#start = new Float64Array(sorted.length);
    this.#end = new Float64Array(sorted.length);
    this.#fileOffset = new Float64Array(sorted.length);
    let count = 0;
    let covered = 0;
    for (const [start, end, fileOffset] of sorted) {
      const from = Math.max(start, covered);
      if (from >= end) continue;
      this.#start[count] = from;
      this.#end[count] = end;
      this.#fileOffset[count] = fileOffset + (from - start);
      covered = end;
      count++;
    }
    this.count = count;
  }

  /** Index of the segment that holds `address`, or of the next one above (`count`: none). */
  find(address: number): number {
    const last = this.#last;
    if (last < this.count && address >= this.startOf(last) && address < this.endOf(last)) {
      return last;
    }
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.endOf(middle) <= address) low = middle + 1;
      else high = middle;
    }
    this.#last = low;
    return low;
  }

  startOf(index: number): number {
    return this.#start[index] as number;
  }

  endOf(index: number): number {
    return this.#end[index] as number;
  }

  fileOffsetOf(index: number): number {
    return this.#fileOffset[index] as number;
  }
}
