import type { TableBlock } from '../../../src-shared/contract/index.ts';
import { tryRead } from '../base/fault.ts';
import type { Task } from '../kernel/task.ts';
import { parentPid, type TaskSet } from '../kernel/tasks.ts';
import { UsageError } from './command.ts';
import { shownName } from './ps-table.ts';
import { partOf } from './facts.ts';
import { tableBlock } from './table.ts';

/** By number. @source include/uapi/linux/sched.h SCHED_* */
const POLICIES = ['NORMAL', 'FIFO', 'RR', 'BATCH', 'ISO', 'IDLE', 'DEADLINE', 'EXT'] as const;

/**
 * Says whether a task has one of these scheduling policies, e.g. `RR`, `FIFO,RR`, `2`.
 * @throws UsageError for a policy that does not exist
 */
export function policyFilter(wanted: string): (task: Task) => boolean {
  const policies = new Set(wanted.split(',').map(policyNumber));
  return (task) => {
    const policy = policyOf(task);
    return policy !== undefined && policies.has(policy);
  };
}

function policyOf(task: Task): number | undefined {
  return tryRead(() => task.object.member('policy').number());
}

/** Scheduling policy and priority of tasks. */
export function policyTable(set: TaskSet, tasks: readonly Task[]): TableBlock {
  const rows = tasks.map((task) => ({ task, policy: policyOf(task) }));
  return tableBlock(
    'ps-Y',
    [
      { id: 'active', title: '', kind: 'text', cell: ({ task }) => (task.active ? '>' : '') },
      { id: 'pid', title: 'PID', kind: 'id', cell: ({ task }) => task.pid },
      { id: 'ppid', title: 'PPID', kind: 'id', cell: ({ task }) => parentPid(set, task) ?? 0 },
      { id: 'cpu', title: 'CPU', kind: 'id', cell: ({ task }) => partOf(task, task.cpu) },
      { id: 'task', title: 'TASK', kind: 'address', cell: ({ task }) => task.address },
      {
        id: 'policy',
        title: 'POLICY',
        kind: 'text',
        cell: ({ task, policy }) =>
          policy === undefined
            ? partOf<string>(task, undefined)
            : (POLICIES[policy] ?? `${policy}`),
      },
      {
        id: 'prio',
        title: 'PRIO',
        kind: 'count',
        help: 'task->prio: 0 to 99 real-time, 100 to 139 by nice value.',
        cell: ({ task }) => tryRead(() => task.object.member('prio').number()) ?? '?',
      },
      { id: 'comm', title: 'COMM', kind: 'text', cell: ({ task }) => shownName(task) },
    ],
    rows,
  );
}

function policyNumber(text: string): number {
  if (/^[0-9]$/.test(text)) return Number(text);
  const number = POLICIES.findIndex((name) => name === text.toUpperCase());
  if (number < 0) throw new UsageError(`no scheduling policy: ${text}`);
  return number;
}
