import { isAbsent, type Table } from '../../src-shared/contract/index.ts';
import { cellAt, filterRows, findColumn, searchTexts } from './table.ts';

/** The `ps` table as the Tasks view wants it: its columns in another order, and what rows are. */
export interface TaskTable {
  readonly table: Table;
  readonly task: number | undefined;
  readonly pid: number | undefined;
  readonly state: number | undefined;
  readonly comm: number | undefined;
  readonly active: Uint8Array;
  /** 0 user task, 1 kernel thread, 2 not known. */
  readonly kernel: Uint8Array;
  readonly texts: readonly string[];
  /** States that occur, with how many tasks are in each. */
  readonly states: readonly (readonly [string, number])[];
}

const ORDER = ['pid', 'comm', 'state', 'cpu', 'ppid', 'rss', 'vsz', 'mem', 'task', 'tgid'];

export function taskTable(ps: Table): TaskTable {
  const activeColumn = findColumn(ps, 'active');
  const kernelColumn = findColumn(ps, 'kernel');
  const commColumn = findColumn(ps, 'comm', 'command');
  const stateColumn = findColumn(ps, 'state', 'st');
  const active = new Uint8Array(ps.rowCount);
  const kernel = new Uint8Array(ps.rowCount);
  for (let row = 0; row < ps.rowCount; row++) {
    const mark = cellAt(ps, activeColumn, row);
    active[row] = mark === true || mark === '>' ? 1 : 0;
    const known = cellAt(ps, kernelColumn, row);
    if (!isAbsent(known)) kernel[row] = known === true ? 1 : 0;
    // Names of kernel threads stand in brackets, as in ps(1). Where the task could be read in part
    // only, the lack of brackets says nothing.
    else if (String(cellAt(ps, commColumn, row)).startsWith('[')) kernel[row] = 1;
    else kernel[row] = isAbsent(cellAt(ps, stateColumn, row)) ? 2 : 0;
  }
  const indices = ps.columns
    .map((_, index) => index)
    .filter((index) => index !== activeColumn && index !== kernelColumn)
    .toSorted((a, b) => rank(ps, a) - rank(ps, b));
  const table: Table = {
    rowCount: ps.rowCount,
    columns: indices.map((index) => ps.columns[index]!),
    data: indices.map((index) => ps.data[index] ?? []),
  };
  const state = findColumn(table, 'state', 'st');
  const counts = new Map<string, number>();
  for (let row = 0; row < table.rowCount; row++) {
    const value = cellAt(table, state, row);
    if (!isAbsent(value)) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  return {
    table,
    task: findColumn(table, 'task'),
    pid: findColumn(table, 'pid'),
    state,
    comm: findColumn(table, 'comm', 'command'),
    active,
    kernel,
    texts: searchTexts(table),
    states: [...counts].toSorted((a, b) => b[1] - a[1]),
  };
}

function rank(ps: Table, index: number): number {
  const id = ps.columns[index]?.id ?? '';
  const place = ORDER.indexOf(id === 'st' ? 'state' : id === 'command' ? 'comm' : id);
  return place < 0 ? ORDER.length + index : place;
}

export interface TaskFilter {
  /** Words that must all occur somewhere in the row. */
  readonly text: string;
  /** Empty for every state. */
  readonly state: string;
  readonly kind: 'all' | 'user' | 'kernel';
  readonly activeOnly: boolean;
}

export function filterTasks(tasks: TaskTable, filter: TaskFilter): Uint32Array {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return filterRows(tasks.table.rowCount, (row) => {
    if (filter.activeOnly && !tasks.active[row]) return false;
    if (filter.kind !== 'all' && tasks.kernel[row] !== (filter.kind === 'kernel' ? 1 : 0))
      return false;
    if (filter.state && String(cellAt(tasks.table, tasks.state, row)) !== filter.state)
      return false;
    const text = tasks.texts[row] ?? '';
    return words.every((word) => text.includes(word));
  });
}

/** Row of a task by its task_struct address. */
export function rowOfTask(table: Table, task: bigint | undefined): number | undefined {
  if (task === undefined) return undefined;
  const column = findColumn(table, 'task');
  const row = column === undefined ? -1 : (table.data[column]?.indexOf(task) ?? -1);
  return row < 0 ? undefined : row;
}
