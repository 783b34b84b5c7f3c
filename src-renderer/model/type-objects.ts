import type { Block } from '../../src-shared/contract/index.ts';
import { findTable } from './facts.ts';
import { cellAt, findColumn } from './table.ts';

/**
 * What to type for the object that a variable is or points to, out of a `whatis --variables`: the name,
 * `*name` for a pointer, `:0` for a per-CPU variable (of the first CPU). Variables themselves first.
 */
export function objectExpressions(blocks: readonly Block[]): readonly string[] {
  const table = findTable(blocks, 'whatis-variables');
  if (table === undefined) return [];
  const own: string[] = [];
  const pointed: string[] = [];
  for (let row = 0; row < table.rowCount; row++) {
    const cell = (id: string) => cellAt(table, findColumn(table, id), row);
    const name = `${String(cell('name'))}${cell('percpu') === true ? ':0' : ''}`;
    if (cell('relation') === 'embeds') own.push(name);
    // `struct x *a[2]` is an array of pointers: `*a` is none of the objects.
    else if (/^(?!.*[[(])[^*]*\*[^*]*$/.test(String(cell('declaration')))) pointed.push(`*${name}`);
  }
  return [...own, ...pointed];
}
