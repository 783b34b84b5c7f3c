import type { TableBlock } from '../../../src-shared/contract/index.ts';
import type { Task } from '../kernel/task.ts';
import type { TaskSet } from '../kernel/tasks.ts';
import { partOf } from './facts.ts';
import { tableBlock, type ColumnOf } from './table.ts';

/** A task and how far it is indented. */
interface Row {
  readonly depth: number;
  readonly task: Task;
}

const COLUMNS: readonly ColumnOf<Row>[] = [
  {
    id: 'depth',
    title: '',
    kind: 'count',
    help: 'Steps of indentation.',
    cell: ({ depth }) => depth,
  },
  { id: 'pid', title: 'PID', kind: 'id', cell: ({ task }) => task.pid },
  { id: 'task', title: 'TASK', kind: 'address', cell: ({ task }) => task.address },
  { id: 'cpu', title: 'CPU', kind: 'id', cell: ({ task }) => partOf(task, task.cpu) },
  { id: 'comm', title: 'COMMAND', kind: 'text', cell: ({ task }) => task.command },
];

/** From init (or whoever is its own parent) down to the task. A cycle of parents ends the list. */
export function parentTable(set: TaskSet, task: Task): TableBlock {
  const line: Task[] = [];
  const seen = new Set<bigint>();
  for (let at: Task | undefined = task; at !== undefined && !seen.has(at.address);) {
    seen.add(at.address);
    line.unshift(at);
    at = at.parent === undefined ? undefined : set.byAddress.get(at.parent);
  }
  return tableBlock(
    'ps-p',
    COLUMNS,
    line.map((each, depth) => ({ depth, task: each })),
  );
}

/** A task and whom it is the parent of. */
export function childTable(set: TaskSet, task: Task): TableBlock {
  const children = set.tasks.filter((other) => other.parent === task.address);
  return tableBlock('ps-c', COLUMNS, rowsOf([task, ...children]));
}

/** A thread group, its leader first. */
export function threadTable(group: readonly Task[]): TableBlock {
  return tableBlock('ps-g', COLUMNS, rowsOf(group));
}

function rowsOf(tasks: readonly Task[]): Row[] {
  return tasks.map((task, i) => ({ depth: i === 0 ? 0 : 1, task }));
}

/** How many tasks are in each state, in the order in which the states are met. */
export function stateTable(tasks: readonly Task[]): TableBlock {
  const counts = new Map<string, number>();
  for (const { letters } of tasks) counts.set(letters, (counts.get(letters) ?? 0) + 1);
  return tableBlock(
    'ps-S',
    [
      { id: 'state', title: 'ST', kind: 'text', cell: ([state]) => state },
      { id: 'count', title: 'COUNT', kind: 'count', cell: ([, count]) => count },
    ],
    [...counts],
  );
}
