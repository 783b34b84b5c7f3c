import type { CellValue, Column, TableBlock } from '../../../src-shared/contract/index.ts';

/** A column and how a row of `T` fills it. */
export interface ColumnOf<T> extends Column {
  readonly cell: (row: T) => CellValue;
}

/** A table, column by column. */
export function tableBlock<T>(
  name: string,
  columns: readonly ColumnOf<T>[],
  rows: readonly T[],
): TableBlock {
  return {
    type: 'table',
    name,
    table: {
      columns: columns.map(({ cell: _cell, ...column }) => column),
      rowCount: rows.length,
      data: columns.map((column) => rows.map((row) => column.cell(row))),
    },
  };
}
