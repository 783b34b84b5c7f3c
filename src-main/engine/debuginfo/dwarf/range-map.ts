/**
 * Half-open address ranges with a number each, for "which one covers this address". Addresses are
 * signed doubles (see DwarfCursor). Built by adding in any order, then frozen at the first look-up.
 */
export class RangeMap {
  #lows: number[] | Float64Array = [];
  #highs: number[] | Float64Array = [];
  #values: number[] | Float64Array = [];
  /** Highest end among the ranges up to this one: where a search backwards may stop. */
  #ends: Float64Array | undefined;

  get count(): number {
    return this.#lows.length;
  }

  /** Empty and inverted ranges are left out. */
  add(low: number, high: number, value: number): void {
    if (!(low < high)) return;
    (this.#lows as number[]).push(low);
    (this.#highs as number[]).push(high);
    (this.#values as number[]).push(value);
  }

  /** Value of the range that begins last among those that cover the address (ties: added first). */
  find(address: number): number | undefined {
    const ends = (this.#ends ??= this.#freeze());
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lows[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    let found: number | undefined;
    let start = 0;
    for (let i = low - 1; i >= 0 && ends[i]! > address; i--) {
      if (found !== undefined && this.#lows[i] !== start) break;
      if (this.#highs[i]! <= address) continue;
      found = this.#values[i];
      start = this.#lows[i]!;
    }
    return found;
  }

  #freeze(): Float64Array {
    const lows = new Float64Array(this.#lows);
    const count = lows.length;
    const ends = new Float64Array(count);
    let ascends = true;
    for (let i = 1; i < count && ascends; i++) ascends = lows[i]! >= lows[i - 1]!;
    // Most tables are written in the order of the code.
    if (ascends) {
      this.#lows = lows;
      this.#highs = new Float64Array(this.#highs);
      this.#values = new Float64Array(this.#values);
    } else {
      const order = ascendingOrder(lows);
      this.#lows = inOrder(lows, order);
      this.#highs = inOrder(this.#highs, order);
      this.#values = inOrder(this.#values, order);
    }
    let end = -Infinity;
    for (let i = 0; i < count; i++) {
      end = Math.max(end, this.#highs[i]!);
      ends[i] = end;
    }
    return ends;
  }
}

/** Positions of the values, ascending by value; equal ones as they come. */
function ascendingOrder(values: Float64Array): Uint32Array {
  const count = values.length;
  const order = new Uint32Array(count);
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    order[i] = i;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  // Value and position in one number: sorting numbers calls nothing back.
  if ((most - least + 1) * count > Number.MAX_SAFE_INTEGER) {
    return order.sort((a, b) => values[a]! - values[b]! || a - b);
  }
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = (values[i]! - least) * count + i;
  keys.sort();
  for (let i = 0; i < count; i++) order[i] = keys[i]! % count;
  return order;
}

function inOrder(values: ArrayLike<number>, order: Uint32Array): Float64Array {
  const sorted = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) sorted[i] = values[order[i]!]!;
  return sorted;
}
