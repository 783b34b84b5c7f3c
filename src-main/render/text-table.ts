import type { Table, TableBlock } from '../../src-shared/contract/index.ts';
import { cellText, isRightAligned } from './cell-text.ts';
import { EXPLORE_LAYOUTS } from './text-explore.ts';
import { systemCallLines } from './text-system-calls.ts';
import { moduleLines, moduleTaintLines } from './text-modules.ts';
import {
  lastRunLines,
  limitLines,
  policyLines,
  psLines,
  sinceRunLines,
  stateLines,
  treeLines,
} from './text-ps.ts';

/** Tables that crash lays out in a way of its own, by name. */
const LAYOUTS: Readonly<Record<string, (block: TableBlock) => string[]>> = {
  ps: psLines,
  'ps-Y': policyLines,
  'ps-p': (block) => treeLines(block, ' ', undefined),
  'ps-c': (block) => treeLines(block, '  ', '(no children)'),
  'ps-g': (block) => treeLines(block, '  ', '(no threads)'),
  'ps-l': lastRunLines,
  'ps-m': sinceRunLines,
  'ps-S': stateLines,
  'ps-r': limitLines,
  mod: moduleLines,
  'mod-t': moduleTaintLines,
  'sys-c': systemCallLines,
  ...EXPLORE_LAYOUTS,
};

/** Those that begin with a line of titles, as far as `titles` may take it away. */
const TITLED: ReadonlySet<string> = new Set(['ps', 'ps-Y']);

export function tableLines(block: TableBlock): string[] {
  const name = block.name.split(' ', 1)[0] ?? '';
  const layout = Object.hasOwn(LAYOUTS, name) ? LAYOUTS[name] : undefined;
  const lines = layout === undefined ? columnLines(block.table) : layout(block);
  return block.titles === false && TITLED.has(name) ? lines.slice(1) : lines;
}

/** Every column as wide as it needs, two blanks apart. */
export function columnLines(table: Table): string[] {
  const columns = table.columns.map((column, c) => {
    const cells = (table.data[c] ?? []).map((value) => cellText(value, column.kind));
    const width = cells.reduce((most, cell) => Math.max(most, cell.length), column.title.length);
    const pad = (text: string) =>
      isRightAligned(column.kind) ? text.padStart(width) : text.padEnd(width);
    return { title: pad(column.title), cells: cells.map(pad) };
  });
  const lines = [columns.map(({ title }) => title).join('  ')];
  for (let row = 0; row < table.rowCount; row++) {
    lines.push(columns.map(({ cells }) => cells[row] ?? '').join('  '));
  }
  return lines.map((line) => line.trimEnd());
}
