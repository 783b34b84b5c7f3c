import type { TableBlock } from '../../src-shared/contract/index.ts';
import { rowsOf, titleOf } from './table-rows.ts';

const NAME_WIDTH = 26;

/** crash's `sys -c`; without debuginfo there are no lines of source. */
export function systemCallLines(block: TableBlock): string[] {
  const line = (number: string, name: string, source: string) =>
    `${number.padStart(3)}  ${name.padEnd(NAME_WIDTH)} ${source}`.trimEnd();
  return [
    line(titleOf(block, 'number'), titleOf(block, 'name'), titleOf(block, 'source')),
    ...rowsOf(block).map((row) => line(row.text('number'), row.text('name'), row.text('source'))),
  ];
}
