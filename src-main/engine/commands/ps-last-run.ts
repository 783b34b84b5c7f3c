import type { CellValue, TableBlock } from '../../../src-shared/contract/index.ts';
import { tryRead } from '../base/fault.ts';
import { runqueueClock, taskLastRun } from '../kernel/sched.ts';
import type { Task } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import { notApplicable, partOf } from './facts.ts';
import { tableBlock, type ColumnOf } from './table.ts';

interface Row {
  readonly task: Task;
  /** Nanoseconds of rq->clock; undefined when the kernel does not keep it. */
  readonly lastRun: bigint | undefined;
}

/** Tasks by when they last got a CPU, the latest first. @param cpu of this CPU only */
export function lastRunTable(
  _program: Program,
  tasks: readonly Task[],
  cpu: number | undefined,
): TableBlock {
  const time: ColumnOf<Row> = {
    id: 'lastRun',
    title: 'LAST RUN',
    kind: 'count',
    help: 'sched_info.last_arrival: nanoseconds of the run queue clock.',
    cell: ({ lastRun }) => lastRun ?? NOT_KEPT,
  };
  return tableBlock(nameOf('ps-l', cpu), [time, ...COLUMNS], byLastRun(tasks));
}

/** As {@link lastRunTable}, with how long ago that was, in seconds. */
export function sinceRunTable(
  program: Program,
  tasks: readonly Task[],
  cpu: number | undefined,
): TableBlock {
  const clocks = new Map<number, bigint | undefined>();
  const clockOf = (of: number): bigint | undefined => {
    if (!clocks.has(of))
      clocks.set(
        of,
        tryRead(() => runqueueClock(program, of)),
      );
    return clocks.get(of);
  };
  const time: ColumnOf<Row> = {
    id: 'since',
    title: 'SINCE LAST RUN',
    kind: 'seconds',
    milliseconds: true,
    help: 'rq->clock of the task’s CPU less sched_info.last_arrival.',
    cell: ({ task, lastRun }): CellValue => {
      const clock = task.cpu === undefined ? undefined : clockOf(task.cpu);
      if (clock === undefined || lastRun === undefined) return NOT_KEPT;
      return clock < lastRun ? 0 : Number(clock - lastRun) / 1e9;
    },
  };
  return tableBlock(nameOf('ps-m', cpu), [time, ...COLUMNS], byLastRun(tasks));
}

const NOT_KEPT = notApplicable('the kernel does not keep when tasks ran (CONFIG_SCHED_INFO)');

const COLUMNS: readonly ColumnOf<Row>[] = [
  { id: 'state', title: 'ST', kind: 'text', cell: ({ task }) => task.letters },
  { id: 'pid', title: 'PID', kind: 'id', cell: ({ task }) => task.pid },
  { id: 'task', title: 'TASK', kind: 'address', cell: ({ task }) => task.address },
  { id: 'cpu', title: 'CPU', kind: 'id', cell: ({ task }) => partOf(task, task.cpu) },
  { id: 'comm', title: 'COMMAND', kind: 'text', cell: ({ task }) => task.command },
];

function byLastRun(tasks: readonly Task[]): Row[] {
  const rows = tasks.map((task) => ({ task, lastRun: tryRead(() => taskLastRun(task.object)) }));
  return rows.sort((a, b) => {
    const [x, y] = [a.lastRun ?? 0n, b.lastRun ?? 0n];
    return x === y ? 0 : x > y ? -1 : 1;
  });
}

function nameOf(table: string, cpu: number | undefined): string {
  return cpu === undefined ? table : `${table} CPU: ${cpu}`;
}
