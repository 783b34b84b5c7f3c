import type { CellValue, TableBlock } from '../../../src-shared/contract/index.ts';
import type { Task } from '../kernel/task.ts';
import { physicalPages, taskMemory, type TaskMemory } from '../kernel/task-memory.ts';
import { parentPid, type TaskSet } from '../kernel/tasks.ts';
import type { Program } from '../program/program.ts';
import { absentOf, notApplicable, partOf } from './facts.ts';
import { tableBlock, type ColumnOf } from './table.ts';
import { FaultError, type Fault } from '../base/fault.ts';

const PAGE = 4096;

interface PsRow {
  readonly task: Task;
  /** Undefined: the task has no memory of its own. */
  readonly memory: TaskMemory | Fault | undefined;
}

/** crash's ps table. VSZ and RSS are bytes; %MEM is of the RAM in the direct map. */
export function psTable(
  program: Program,
  set: TaskSet,
  tasks: readonly Task[],
  middle: 'task' | 'stack',
): TableBlock {
  const total = physicalPages(program);
  const rows = tasks.map((task): PsRow => ({ task, memory: memoryOrFault(program, set, task) }));
  const columns: ColumnOf<PsRow>[] = [
    {
      id: 'active',
      title: '',
      kind: 'text',
      help: '> marks a task that was running on a CPU when the machine died.',
      cell: ({ task }) => (task.active ? '>' : ''),
    },
    { id: 'pid', title: 'PID', kind: 'id', cell: ({ task }) => task.pid },
    {
      id: 'ppid',
      title: 'PPID',
      kind: 'id',
      help: 'PID of task->parent.',
      cell: ({ task }) =>
        parentPid(set, task) ??
        (task.parent === undefined
          ? partOf<number>(task, undefined)
          : { absent: 'corrupt', why: 'task->parent is no known task' }),
    },
    { id: 'cpu', title: 'CPU', kind: 'id', cell: ({ task }) => partOf(task, task.cpu) },
    middle === 'task'
      ? { id: 'task', title: 'TASK', kind: 'address', cell: ({ task }) => task.address }
      : { id: 'stack', title: 'KSTACKP', kind: 'address', cell: ({ task }) => stackPointer(task) },
    {
      id: 'state',
      title: 'ST',
      kind: 'text',
      help: 'RU running, IN sleeping, UN uninterruptible, ID idle, ZO zombie, ST stopped, TR traced, DE dead, PA parked, WA waking, NE new',
      cell: ({ task }) =>
        task.state === undefined ? partOf<string>(task, undefined) : task.letters,
    },
    {
      id: 'mem',
      title: '%MEM',
      kind: 'percent',
      cell: (row) => ofMemory(row, (memory) => percent(memory.residentPages, total)),
    },
    {
      id: 'vsz',
      title: 'VSZ',
      kind: 'bytes',
      help: 'Virtual size: mm->total_vm.',
      cell: (row) => ofMemory(row, (memory) => memory.virtualPages * PAGE),
    },
    {
      id: 'rss',
      title: 'RSS',
      kind: 'bytes',
      help: 'Resident: file, anonymous and shared-memory pages.',
      cell: (row) => ofMemory(row, (memory) => memory.residentPages * PAGE),
    },
    { id: 'comm', title: 'COMM', kind: 'text', cell: ({ task }) => shownName(task) },
    { id: 'tgid', title: 'TGID', kind: 'id', cell: ({ task }) => task.tgid },
  ];
  return tableBlock('ps', columns, rows);
}

/** Kernel threads in brackets, as ps(1). */
export function shownName(task: Task): string {
  return task.kernelThread === true ? `[${task.command}]` : task.command;
}

/** Where the task was switched out: `thread.sp`, which is stale while the task runs. */
function stackPointer(task: Task): CellValue {
  if (task.active) return notApplicable('the task was running: see bt');
  return valueOf(() => task.object.member('thread.sp').pointer());
}

function memoryOrFault(program: Program, set: TaskSet, task: Task): PsRow['memory'] {
  try {
    return taskMemory(program, set, task);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return error.fault;
  }
}

function ofMemory(row: PsRow, read: (memory: TaskMemory) => CellValue): CellValue {
  const { memory } = row;
  if (memory === undefined) return 0;
  return 'kind' in memory ? absentOf(memory) : read(memory);
}

function percent(pages: number, total: number | undefined): CellValue {
  if (total === undefined || total === 0) return notApplicable('the size of RAM is not known');
  return (pages * 100) / total;
}

function valueOf(read: () => CellValue): CellValue {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return absentOf(error.fault);
  }
}
