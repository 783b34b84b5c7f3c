import {
  isAbsent,
  type Absent,
  type CellValue,
  type Column,
  type Table,
} from '../../src-shared/contract/index.ts';
import { ABSENT_LABEL } from './absent.ts';
import { byteSize, dateUtc, grouped, hex, hex16, timeSpan } from './format.ts';

/** Index of the first column whose id or title is one of `names` (case does not matter). */
export function findColumn(table: Table, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const wanted = name.toLowerCase();
    const index = table.columns.findIndex(
      (column) => column.id.toLowerCase() === wanted || column.title.toLowerCase() === wanted,
    );
    if (index >= 0) return index;
  }
  return undefined;
}

export function cellAt(table: Table, column: number | undefined, row: number): CellValue {
  const value = column === undefined ? undefined : table.data[column]?.[row];
  return value ?? NO_CELL;
}
const NO_CELL: Absent = { absent: 'not-applicable', why: 'The engine gave no such column.' };

/** As it is shown and copied. */
export function cellText(value: CellValue, column: Column): string {
  if (isAbsent(value)) return ABSENT_LABEL[value.absent];
  switch (column.kind) {
    case 'address':
      return typeof value === 'bigint' ? hex16(value) : String(value);
    case 'physical':
    case 'flags':
      return typeof value === 'bigint' || typeof value === 'number' ? hex(value) : String(value);
    case 'bytes':
      return typeof value === 'bigint' || typeof value === 'number'
        ? byteSize(value)
        : String(value);
    case 'count':
      return typeof value === 'bigint' || typeof value === 'number'
        ? grouped(value)
        : String(value);
    case 'percent':
      return typeof value === 'number' ? value.toFixed(1) : String(value);
    case 'seconds':
      return typeof value === 'number' ? timeSpan(value, column.milliseconds) : String(value);
    case 'date':
      return typeof value === 'number' ? dateUtc(value) : String(value);
    default:
      return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
  }
}

/** Kinds whose columns are set flush right. */
export function isNumeric(column: Column): boolean {
  return ['bytes', 'count', 'id', 'percent', 'seconds'].includes(column.kind);
}

/** Numbers by value, text by code unit with case apart; what is absent comes last either way. */
export function compareCells(a: CellValue, b: CellValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (isNumberLike(a) && isNumberLike(b)) return Number(a) - Number(b);
  const left = String(a);
  const right = String(b);
  const folded = left.toLowerCase() < right.toLowerCase() ? -1 : 1;
  return left.toLowerCase() === right.toLowerCase()
    ? left < right
      ? -1
      : left > right
        ? 1
        : 0
    : folded;
}

function isNumberLike(value: CellValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export interface SortKey {
  readonly column: number;
  readonly descending: boolean;
}

/** The rows of `rows`, sorted: an index array, the table itself stays as it is. Stable. */
export function sortRows(table: Table, rows: Uint32Array, key: SortKey | undefined): Uint32Array {
  const cells = key && table.data[key.column];
  if (!cells) return rows;
  const sign = key.descending ? -1 : 1;
  return rows.slice().sort((a, b) => {
    const left = cells[a];
    const right = cells[b];
    const noLeft = left === undefined || isAbsent(left);
    const noRight = right === undefined || isAbsent(right);
    if (noLeft || noRight) return noLeft && noRight ? a - b : noLeft ? 1 : -1;
    return sign * compareCells(left, right) || a - b;
  });
}

/** Indices of the rows `keep` accepts, in the table's order. */
export function filterRows(rowCount: number, keep: (row: number) => boolean): Uint32Array {
  const rows = new Uint32Array(rowCount);
  let count = 0;
  for (let row = 0; row < rowCount; row++) if (keep(row)) rows[count++] = row;
  return rows.subarray(0, count);
}

/** Lower-case text of each row, for filtering by text; made once a table. */
export function searchTexts(table: Table): readonly string[] {
  const texts: string[] = [];
  for (let row = 0; row < table.rowCount; row++) {
    texts.push(
      table.columns
        .map((column, index) => {
          const value = table.data[index]?.[row];
          return value === undefined || isAbsent(value) ? '' : cellText(value, column);
        })
        .join('\u0000')
        .toLowerCase(),
    );
  }
  return texts;
}
