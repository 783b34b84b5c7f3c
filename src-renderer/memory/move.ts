import { ROW_BYTES, ROW_COUNT } from '../model/memory-rows.ts';
import type { RegionScale } from '../model/region-scale.ts';

const LAST = (1n << 64n) - 1n;

/** Where a key takes the cursor; undefined when the key is none of the hexdump's. */
export function cursorAfter(
  key: string,
  control: boolean,
  cursor: bigint,
  pageRows: number,
  words: boolean,
  scale: RegionScale,
): bigint | undefined {
  const row = BigInt(ROW_BYTES);
  const unit = words ? 8n : 1n;
  const page = row * BigInt(Math.max(1, pageRows - 1));
  switch (key) {
    case 'ArrowLeft':
      return clamp((words ? cursor - (cursor % unit) : cursor) - unit);
    case 'ArrowRight':
      return clamp((words ? cursor - (cursor % unit) : cursor) + unit);
    case 'ArrowUp':
      return clamp(cursor - row);
    case 'ArrowDown':
      return clamp(cursor + row);
    case 'PageUp':
      return clamp(cursor - page);
    case 'PageDown':
      return clamp(cursor + page);
    case 'Home':
      return control
        ? (scale.regionAt(cursor)?.start ?? scale.neighbour(cursor, -1)?.start ?? 0n)
        : cursor - (cursor % row);
    case 'End':
      return control
        ? (scale.regionAt(cursor)?.end ?? scale.neighbour(cursor, 1)?.start ?? LAST)
        : cursor - (cursor % row) + row - 1n;
    case '[':
      return scale.neighbour(cursor, -1)?.start;
    case ']':
      return scale.neighbour(cursor, 1)?.start;
    default:
      return undefined;
  }
}

function clamp(address: bigint): bigint {
  return address < 0n ? 0n : address > LAST ? LAST : address;
}

/** The top row that shows the cursor, changed as little as can be. */
export function topToShow(cursor: bigint, top: bigint, rows: number): bigint {
  const row = cursor / BigInt(ROW_BYTES);
  const visible = BigInt(Math.max(1, rows));
  if (row < top) return row;
  if (row >= top + visible) return row - visible + 1n;
  return top;
}

/** The top row that puts an address a third down the window: what lies before it is seen too. */
export function topAround(address: bigint, rows: number): bigint {
  return clampTop(address / BigInt(ROW_BYTES) - BigInt(Math.floor(rows / 3)), rows);
}

export function clampTop(top: bigint, rows: number): bigint {
  const last = ROW_COUNT - BigInt(Math.max(1, rows));
  return top < 0n ? 0n : top > last ? last : top;
}
