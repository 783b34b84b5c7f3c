import type { Table } from '../../src-shared/contract/index.ts';
import { cellText, isRightAligned } from './cell-text.ts';

/** A table for a report or an issue: GitHub's Markdown, with nothing in a cell taken for markup. */
export function tableMarkdown(table: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  let text = line(table.columns.map(({ title }) => literal(title)));
  text += line(table.columns.map(({ kind }) => (isRightAligned(kind) ? '---:' : '---')));
  for (let row = 0; row < table.rowCount; row++) {
    text += line(
      table.columns.map(({ kind }, c) => literal(cellText(table.data[c]?.[row] ?? '', kind))),
    );
  }
  return text;
}

function literal(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_{}[\]()#+!|~@]/g, '\\$&');
}
