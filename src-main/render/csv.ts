import {
  isAbsent,
  type CellValue,
  type ColumnKind,
  type Table,
} from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';

/**
 * A table as CSV (RFC 4180): a line of column ids, then rows; 64-bit numbers as `0x…`. A missing
 * value is `!reason`. Text that a spreadsheet would take for a formula gets a leading `'`.
 */
export function tableCsv(table: Table): string {
  const lines = [table.columns.map(({ id }) => quoted(id)).join(',')];
  for (let row = 0; row < table.rowCount; row++) {
    lines.push(
      table.columns.map(({ kind }, c) => quoted(cell(table.data[c]?.[row] ?? '', kind))).join(','),
    );
  }
  return lines.map((line) => `${line}\r\n`).join('');
}

function cell(value: CellValue, kind: ColumnKind): string {
  if (isAbsent(value)) return `!${value.absent}`;
  if (typeof value === 'bigint') {
    const isNumber = kind === 'count' || kind === 'id' || kind === 'bytes';
    return isNumber ? value.toString() : `0x${value.toString(16)}`;
  }
  if (typeof value !== 'string') return String(value);
  const text = printable(value);
  return /^[=+\-@\t]/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
