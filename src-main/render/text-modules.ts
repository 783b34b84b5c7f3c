import type { TableBlock } from '../../src-shared/contract/index.ts';
import { rowsOf, titleOf } from './table-rows.ts';
import { centered } from './units.ts';

const ADDRESS = 16;

/** crash's `mod`: its five columns; what more is known is in the other formats. */
export function moduleLines(block: TableBlock): string[] {
  const rows = rowsOf(block);
  const widest = (id: string) => Math.max(0, ...rows.map((row) => row.text(id).length));
  const [name, size] = [widest('name'), widest('size')];
  return [
    `${centered('MODULE', ADDRESS)}  ${'NAME'.padEnd(name)}  ${centered(titleOf(block, 'base'), ADDRESS)}  ${'SIZE'.padStart(size)}  OBJECT FILE`,
    ...rows.map(
      (row) =>
        `${row.text('module').padStart(ADDRESS)}  ${row.text('name').padEnd(name)}  ${row.text('base').padStart(ADDRESS)}  ${row.text('size').padStart(size)}  ${row.text('symbols')}`,
    ),
  ];
}

/** `mod -t`. */
export function moduleTaintLines(block: TableBlock): string[] {
  const rows = rowsOf(block);
  const width = Math.max(4, ...rows.map((row) => row.text('name').length));
  return [
    `${'NAME'.padEnd(width)}  TAINTS`,
    ...rows.map((row) => `${row.text('name').padEnd(width)}  ${row.text('taints')}`),
  ];
}
