/** Geometry of a scrolled list of rows that are all alike high, in CSS pixels. */
export interface RowSize {
  readonly row: number;
  /** Height of what stays at the top while rows pass under it. */
  readonly head: number;
}

/** Rows made beside those in sight, so that scrolling does not show gaps. */
const EXTRA = 8;

/** Which rows to make, `[first, last)`. */
export function rowsInSight(
  { row }: RowSize,
  top: number,
  height: number,
  count: number,
): { readonly first: number; readonly last: number } {
  return {
    first: Math.max(0, Math.floor(top / row) - EXTRA),
    last: Math.min(count, Math.ceil((top + height) / row) + EXTRA),
  };
}

/** Scrolls as far as a row needs to be seen whole. */
export function bringRow(frame: HTMLElement, { row, head }: RowSize, at: number): void {
  const from = at * row;
  if (from < frame.scrollTop) frame.scrollTop = from;
  else if (from + row > frame.scrollTop + frame.clientHeight - head)
    frame.scrollTop = from + row - frame.clientHeight + head;
}
