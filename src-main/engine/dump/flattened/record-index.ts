/**
 * Where each byte of the rearranged file is in the flattened one: disjoint extents, ascending by
 * rearranged offset. Three parallel columns.
 */
export interface Extents {
  readonly count: number;
  /** Rearranged offset of the extent's first byte. */
  readonly logical: Float64Array;
  /** Offset of that byte in the flattened file. */
  readonly physical: Float64Array;
  readonly length: Float64Array;
}

/** Records in the order of the file; columns grow by doubling. */
export class RecordList {
  logical = new Float64Array(256);
  physical = new Float64Array(256);
  length = new Float64Array(256);
  count = 0;

  add(logical: number, physical: number, length: number): void {
    if (this.count === this.logical.length) {
      this.logical = doubled(this.logical);
      this.physical = doubled(this.physical);
      this.length = doubled(this.length);
    }
    this.logical[this.count] = logical;
    this.physical[this.count] = physical;
    this.length[this.count] = length;
    this.count++;
  }
}

/**
 * Resolves records to disjoint extents: where two overlap, the later one in the file wins, as it
 * would have when written (makedumpfile writes its headers a second time at the end).
 * O(n log n), at most 2n - 1 extents.
 */
export function extentsOf(records: RecordList): Extents {
  const { count, logical, length } = records;
  const order = new Uint32Array(count);
  let ascending = true;
  for (let i = 0; i < count; i++) {
    order[i] = i;
    if (i > 0 && at(logical, i) < at(logical, i - 1) + at(length, i - 1)) ascending = false;
  }
  if (ascending) return { count, logical, physical: records.physical, length };
  order.sort((a, b) => at(logical, a) - at(logical, b) || a - b);

  const result = new RecordList();
  // Records that cover the sweep's position, as a heap with the latest of the file on top.
  const heap = new LatestHeap();
  let next = 0;
  let position = 0;
  while (next < count || heap.size > 0) {
    while (heap.size > 0 && endOf(records, heap.top) <= position) heap.pop();
    if (heap.size === 0) {
      if (next >= count) break;
      position = Math.max(position, at(logical, order[next] as number));
    }
    while (next < count && at(logical, order[next] as number) <= position) {
      heap.push(order[next] as number);
      next++;
    }
    while (heap.size > 0 && endOf(records, heap.top) <= position) heap.pop();
    if (heap.size === 0) continue;
    const record = heap.top;
    let end = endOf(records, record);
    // A later record that starts inside takes over there.
    if (next < count) end = Math.min(end, at(logical, order[next] as number));
    append(result, records, record, position, end);
    position = end;
  }
  return result;
}

/** Extends the last extent when `record` simply goes on (it was only interrupted by a start). */
function append(
  result: RecordList,
  records: RecordList,
  record: number,
  start: number,
  end: number,
): void {
  const physical = at(records.physical, record) + (start - at(records.logical, record));
  const last = result.count - 1;
  if (last >= 0) {
    const lastEnd = at(result.logical, last) + at(result.length, last);
    const lastPhysicalEnd = at(result.physical, last) + at(result.length, last);
    if (lastEnd === start && lastPhysicalEnd === physical) {
      result.length[last] = at(result.length, last) + (end - start);
      return;
    }
  }
  result.add(start, physical, end - start);
}

/** Index of the extent that holds `offset`, or of the first after it (may be `count`). */
export function findExtent(extents: Extents, offset: number): number {
  let low = 0;
  let high = extents.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(extents.logical, middle) + at(extents.length, middle) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

class LatestHeap {
  #items: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  get top(): number {
    return this.#items[0] as number;
  }

  push(item: number): void {
    const items = this.#items;
    let i = items.length;
    items.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = items[parent] as number;
      if (above >= item) break;
      items[i] = above;
      i = parent;
    }
    items[i] = item;
  }

  pop(): void {
    const items = this.#items;
    const item = items.pop() as number;
    if (items.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && (items[child + 1] as number) > (items[child] as number)) {
        child++;
      }
      if ((items[child] as number) <= item) break;
      items[i] = items[child] as number;
      i = child;
    }
    items[i] = item;
  }
}

function endOf(records: RecordList, record: number): number {
  return at(records.logical, record) + at(records.length, record);
}

function at(column: Float64Array, index: number): number {
  return column[index] as number;
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}
