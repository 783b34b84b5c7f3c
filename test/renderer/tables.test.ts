import { describe, expect, test } from 'vitest';
import type { CellValue, ColumnKind, Table } from '../../src-shared/contract/index.ts';
import { gridTemplate } from '../../src-renderer/model/grid-columns.ts';
import { cellText, filterRows, findColumn, sortRows } from '../../src-renderer/model/table.ts';
import { filterTasks, rowOfTask, taskTable } from '../../src-renderer/model/tasks.ts';
import { tableText } from '../../src-renderer/model/text.ts';

const gone = { absent: 'excluded', why: 'page 0x1000 is excluded' } as const;
function table(columns: readonly (readonly [string, ColumnKind, readonly CellValue[]])[]): Table {
  return {
    columns: columns.map(([id, kind]) => ({ id, title: id.toUpperCase(), kind })),
    rowCount: columns[0]?.[2].length ?? 0,
    data: columns.map(([, , cells]) => cells),
  };
}
const all = (rows: Table) => filterRows(rows.rowCount, () => true);

describe('sorting', () => {
  const rows = table([
    ['n', 'count', [10, 9n, gone, 100, 9]],
    ['name', 'text', ['b', 'B', 'a', 'c', 'a']],
  ]);
  test('numbers by value whether bigint or not, ties as they were, the absent last either way', () => {
    expect([...sortRows(rows, all(rows), { column: 0, descending: false })]).toEqual([
      1, 4, 0, 3, 2,
    ]);
    expect([...sortRows(rows, all(rows), { column: 0, descending: true })]).toEqual([
      3, 0, 1, 4, 2,
    ]);
  });
  test('text without regard to case first', () => {
    expect([...sortRows(rows, all(rows), { column: 1, descending: false })]).toEqual([
      2, 4, 1, 0, 3,
    ]);
  });
  test('the table stays as it is', () => {
    const before = all(rows);
    sortRows(rows, before, { column: 0, descending: true });
    expect([...before]).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('cells as text', () => {
  test.each<[CellValue, ColumnKind, string]>([
    [0xffff8d7981df4800n, 'address', 'ffff8d7981df4800'],
    [0x1000n, 'physical', '0x1000'],
    [1536, 'bytes', '1.5 KiB'],
    [334999552, 'bytes', '319 MiB'],
    [1234567, 'count', '1\u202f234\u202f567'],
    [7, 'seconds', '00:00:07'],
    [90061, 'seconds', '1 day, 01:01:01'],
    [0, 'date', '1970-01-01 00:00:00 UTC'],
    [gone, 'count', 'excluded by filter'],
    [{ absent: 'not-in-dump', why: '' }, 'count', 'not in dump'],
    [{ absent: 'not-mapped', why: '' }, 'count', 'not mapped'],
    [{ absent: 'corrupt', why: '' }, 'count', 'corrupt'],
  ])('%o as %s is %s', (value, kind, expected) => {
    expect(cellText(value, { id: 'x', title: 'X', kind })).toBe(expected);
  });
  test.each([
    [2.528, '00:00:02.528'],
    [0, '00:00:00.000'],
    [90061.0019, '1 day, 01:01:01.001'],
  ])('%f s that are known to the millisecond: %s', (value, expected) => {
    const column = { id: 'x', title: 'X', kind: 'seconds', milliseconds: true } as const;
    expect(cellText(value, column)).toBe(expected);
  });
  test('aligned for the clipboard', () => {
    expect(
      tableText(
        table([
          ['pid', 'id', [1, 115]],
          ['comm', 'text', ['init', 'x']],
        ]),
      ),
    ).toBe(['PID  COMM', '  1  init', '115  x'].join('\n'));
  });
});

describe('the table of tasks', () => {
  const ps = table([
    ['active', 'text', ['', '>', '', '']],
    ['pid', 'id', [0, 115, 2, 300]],
    ['ppid', 'id', [0, 1, 0, 115]],
    [
      'task',
      'address',
      [0xffffffff96000000n, 0xffff000000000001n, 0xffff000000000002n, 0xffff000000000003n],
    ],
    ['state', 'text', ['RU', 'RU', 'IN', 'UN']],
    ['comm', 'text', ['[swapper/0]', 'reporter', '[kthreadd]', '<img src=x>']],
  ]);
  const tasks = taskTable(ps);
  const pids = (filter: Partial<Parameters<typeof filterTasks>[1]>) =>
    [...filterTasks(tasks, { text: '', state: '', kind: 'all', activeOnly: false, ...filter })].map(
      (row) => ps.data[1]?.[row],
    );
  test('filters', () => {
    expect(pids({ kind: 'kernel' })).toEqual([0, 2]);
    expect(pids({ kind: 'user' })).toEqual([115, 300]);
    expect(pids({ activeOnly: true })).toEqual([115]);
    expect(pids({ state: 'UN' })).toEqual([300]);
    expect(pids({ text: 'REP' })).toEqual([115]);
    expect(pids({ text: 'ffff000000000002' })).toEqual([2]);
    expect(pids({ text: 'in kthreadd' })).toEqual([2]);
    expect(pids({ text: 'nothing' })).toEqual([]);
  });
  test('counts states, finds a task by address, keeps unknown columns', () => {
    expect(tasks.states).toEqual([
      ['RU', 2],
      ['IN', 1],
      ['UN', 1],
    ]);
    expect(rowOfTask(tasks.table, 0xffff000000000002n)).toBe(2);
    expect(rowOfTask(tasks.table, 5n)).toBeUndefined();
    expect(
      taskTable(
        table([
          ['pid', 'id', [1]],
          ['new', 'text', ['x']],
        ]),
      ).table.columns.map(({ id }) => id),
    ).toEqual(['pid', 'new']);
  });
  test('columns are found by id or title, and have room for their cells', () => {
    expect(findColumn(ps, 'st', 'state')).toBe(4);
    expect(gridTemplate(ps).split('px').length).toBe(ps.columns.length + 1);
  });
});
