import {
  isAbsent,
  type Absent,
  type CellValue,
  type ColumnKind,
} from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { address16, dateText, durationText, hexDigits, sizeText } from './units.ts';

/**
 * What stands in a cell whose value is missing: one word a reason, so that "left out by the filter",
 * "not in the dump" and "not mapped" are told apart at a glance. `-`: has no meaning here.
 */
export const ABSENT_TEXT: Readonly<Record<Absent['absent'], string>> = {
  excluded: '(excluded)',
  'not-in-dump': '(not in dump)',
  'not-mapped': '(not mapped)',
  'unknown-type': '(unknown type)',
  'unknown-symbol': '(unknown symbol)',
  corrupt: '(corrupt)',
  'optimized-out': '(optimized out)',
  unknown: '(unknown)',
  'not-applicable': '-',
};

/** A cell as text, without padding. Bytes are counted; `sizes` makes them readable instead. */
export function cellText(value: CellValue, kind: ColumnKind, sizes = false): string {
  if (isAbsent(value)) return ABSENT_TEXT[value.absent];
  switch (kind) {
    case 'address':
      return typeof value === 'bigint' ? address16(value) : printable(String(value));
    case 'physical':
    case 'flags':
      return typeof value === 'bigint' || typeof value === 'number'
        ? hexDigits(value)
        : printable(String(value));
    case 'percent':
      return typeof value === 'number' ? value.toFixed(1) : printable(String(value));
    case 'seconds':
      return typeof value === 'number' ? durationText(value) : printable(String(value));
    case 'date':
      return typeof value === 'number' ? dateText(value) : printable(String(value));
    case 'bytes':
      return sizes && typeof value === 'number' ? sizeText(value) : printable(String(value));
    default:
      return printable(String(value));
  }
}

/** Whether a column's values are lined up at their right end. */
export function isRightAligned(kind: ColumnKind): boolean {
  return kind !== 'text' && kind !== 'symbol' && kind !== 'date';
}
