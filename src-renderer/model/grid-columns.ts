import { isAbsent, type Table } from '../../src-shared/contract/index.ts';
import { cellText } from './table.ts';

const LOOKED_AT = 400;

/**
 * CSS grid tracks wide enough for the content, measured in characters over the first rows (and
 * some of the last ones). The last text column takes what is left.
 */
export function gridTemplate(table: Table): string {
  const widths = table.columns.map((column, index) => {
    let widest = column.title.length + 2;
    const cells = table.data[index] ?? [];
    const step = Math.max(1, Math.floor(cells.length / LOOKED_AT));
    for (let row = 0; row < cells.length; row += step) {
      const value = cells[row];
      if (value !== undefined && !isAbsent(value))
        widest = Math.max(widest, cellText(value, column).length);
    }
    const mono = column.kind === 'address' || column.kind === 'physical' || column.kind === 'flags';
    return Math.min(32, widest) * (mono ? 7.4 : 7.6) + 14;
  });
  return widths
    .map((width, index) =>
      index === widths.length - 1
        ? `minmax(${Math.round(width)}px, 1fr)`
        : `${Math.round(width)}px`,
    )
    .join(' ');
}
