import type { Table } from '../../src-shared/contract/index.ts';
import { findColumn } from './table.ts';

/** Names of all types of a `whatis --list`, row by row. */
export interface ListedTypes {
  /** As in the location: `task_struct`, `union:name`. */
  readonly names: readonly string[];
  readonly kinds: readonly string[];
  /** In lower case, to be searched. */
  readonly folded: readonly string[];
}

/** The list as the window shows it beside a type: name and size; the rest is said there. */
export function typeListTable(table: Table): Table {
  let known = shown.get(table);
  if (known === undefined) {
    const order = ['name', 'size'].map((id) => findColumn(table, id) ?? 0);
    const columns = order.flatMap((at) => table.columns.slice(at, at + 1));
    known = { columns, rowCount: table.rowCount, data: order.map((at) => table.data[at] ?? []) };
    shown.set(table, known);
  }
  return known;
}
const shown = new WeakMap<Table, Table>();

const listed = new WeakMap<Table, ListedTypes>();

/** Made once a table of the engine: the list is searched at each key that is pressed. */
export function listedTypes(table: Table): ListedTypes {
  let known = listed.get(table);
  if (known === undefined) {
    const column = (id: string) => table.data[findColumn(table, id) ?? -1] ?? [];
    const kinds = column('kind').map(String);
    const plain = column('name').map(String);
    known = {
      kinds,
      names: plain.map((name, row) =>
        kinds[row] === 'struct' ? name : `${kinds[row] ?? ''}:${name}`,
      ),
      folded: plain.map((name) => name.toLowerCase()),
    };
    listed.set(table, known);
  }
  return known;
}

/** The row of a type named as in the location; of a bare name that is no struct the one it means. */
export function rowOfType({ names }: ListedTypes, name: string): number | undefined {
  const also = name.includes(':')
    ? []
    : ['union', 'typedef', 'enum'].map((tag) => `${tag}:${name}`);
  for (const each of [name, ...also]) {
    const row = names.indexOf(each);
    if (row >= 0) return row;
  }
  return undefined;
}

/**
 * Rows whose name contains a text, the name itself first, then what begins with it, then the others;
 * `struct name`, `union name` mean one kind.
 */
export function matchingTypes(types: ListedTypes, text: string, kind: string): Uint32Array {
  const [, tag, rest] = /^(?:(struct|union|enum|typedef)\s+)?(.*)$/.exec(text.trim()) ?? [];
  const wanted = (rest ?? '').toLowerCase();
  const only = tag ?? (kind === 'all' ? undefined : kind);
  const exact: number[] = [];
  const begins: number[] = [];
  const others: number[] = [];
  for (const [row, name] of types.folded.entries()) {
    const at = name.indexOf(wanted);
    if (at < 0 || (only !== undefined && types.kinds[row] !== only)) continue;
    if (name.length === wanted.length) exact.push(row);
    else if (at === 0) begins.push(row);
    else others.push(row);
  }
  return Uint32Array.from([...exact, ...begins, ...others]);
}
