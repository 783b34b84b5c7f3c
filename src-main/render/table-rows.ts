import {
  isAbsent,
  type CellValue,
  type ColumnKind,
  type TableBlock,
} from '../../src-shared/contract/index.ts';
import { cellText } from './cell-text.ts';

/** Rows of a table with its cells by column id, for layouts of their own. */
export interface Row {
  value(id: string): CellValue | undefined;
  /** As text by the column's kind; empty when there is no such column. */
  text(id: string): string;
  /** Undefined when the cell is no number. */
  number(id: string): number | undefined;
}

export function rowsOf({ table }: TableBlock): Row[] {
  const columns = new Map<string, { kind: ColumnKind; data: readonly CellValue[] }>();
  table.columns.forEach(({ id, kind }, c) => columns.set(id, { kind, data: table.data[c] ?? [] }));
  return Array.from({ length: table.rowCount }, (_, r) => ({
    value: (id) => columns.get(id)?.data[r],
    text: (id) => {
      const column = columns.get(id);
      const value = column?.data[r];
      return column === undefined || value === undefined ? '' : cellText(value, column.kind);
    },
    number: (id) => {
      const value = columns.get(id)?.data[r];
      if (value === undefined || isAbsent(value)) return undefined;
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
    },
  }));
}

export function titleOf({ table }: TableBlock, id: string): string {
  return table.columns.find((column) => column.id === id)?.title ?? '';
}
