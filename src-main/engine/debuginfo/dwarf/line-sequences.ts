import { LINE_FLAG } from './line-program.ts';
import type { LineRows } from './line-rows.ts';

/**
 * Which rows cover an address. Sequences of damaged programs overlap: the first in the program
 * answers. Their addresses may descend, which those of no compiler do: what follows is left out.
 */
export class LineSequences {
  readonly #rows: LineRows;
  /** Each begins a stretch of code, ascending. */
  readonly #points: Float64Array;
  /** First row and last row of the sequence that a stretch belongs to; -1: none does. */
  readonly #firsts: Int32Array;
  readonly #lasts: Int32Array;

  constructor(rows: LineRows) {
    const sequences = sequencesOf(rows);
    const { addresses } = rows;
    const ends = sequences.flatMap(({ first, last }) => [addresses[first]!, addresses[last]!]);
    this.#rows = rows;
    this.#points = Float64Array.from(new Set(ends)).sort();
    this.#firsts = new Int32Array(this.#points.length).fill(-1);
    this.#lasts = new Int32Array(this.#points.length).fill(-1);
    // Leads from a stretch that is taken to the next that is free.
    const next = Uint32Array.from({ length: this.#points.length + 1 }, (_, i) => i);
    for (const { first, last } of sequences) {
      const end = this.#stretchOf(addresses[last]!);
      let at = freeFrom(next, this.#stretchOf(addresses[first]!));
      for (; at < end; at = freeFrom(next, at)) {
        this.#firsts[at] = first;
        this.#lasts[at] = last;
        next[at] = at + 1;
      }
    }
  }

  /** The row that covers an address: the last one at or below it. */
  find(address: number): number | undefined {
    const stretch = this.#stretchOf(address);
    const first = this.#firsts[stretch] ?? -1;
    if (first < 0) return undefined;
    return countUpTo(this.#rows.addresses, address, first, this.#lasts[stretch]!) - 1;
  }

  #stretchOf(address: number): number {
    return countUpTo(this.#points, address, 0, this.#points.length) - 1;
  }
}

interface Sequence {
  readonly first: number;
  /** The row that ends it, or the last one that counts. */
  readonly last: number;
}

function sequencesOf({ count, addresses, flags }: LineRows): Sequence[] {
  const sequences: Sequence[] = [];
  let first = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    if (last === i - 1 && addresses[i]! >= addresses[last]!) last = i;
    if ((flags[i]! & LINE_FLAG.endSequence) === 0 && i < count - 1) continue;
    sequences.push({ first, last });
    first = last = i + 1;
  }
  return sequences;
}

/** The first free stretch from one on; the way there is made shorter. */
function freeFrom(next: Uint32Array, stretch: number): number {
  let at = stretch;
  while (next[at] !== at) {
    next[at] = next[next[at]!]!;
    at = next[at]!;
  }
  return at;
}

/** Position behind the last value of [from, to) that is not above a value. */
function countUpTo(values: Float64Array, value: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
