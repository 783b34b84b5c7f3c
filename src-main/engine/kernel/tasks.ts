import { hex, type VirtAddr } from '../base/address.ts';
import { describeFault, FaultError } from '../base/fault.ts';
import { containerOf, type KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { walkList } from './list.ts';
import { memoized } from '../base/memo.ts';
import { walkPidTasks } from './pid.ts';
import { cpuRunqueues } from './sched.ts';
import { MAX_WALK } from './walk.ts';
import { readTask, type Task } from './task.ts';

/** Every task of the machine: all threads of all namespaces and the idle tasks. */
export interface TaskSet {
  /** By PID, idle tasks first by CPU. */
  readonly tasks: readonly Task[];
  readonly byAddress: ReadonlyMap<VirtAddr, Task>;
  /** Whatever may make the set incomplete, or the two walks differ; full sentences. */
  readonly warnings: readonly string[];
}

/**
 * Finds all tasks by two independent ways and joins them: the PID table (init_pid_ns.idr) and
 * `init_task.tasks` with each leader's `signal->thread_head`. Then the idle tasks and whoever was
 * running, from the run queues. What only one way knows is kept, with a warning.
 * @throws never a FaultError: a machine whose tasks cannot be found has an empty set and a reason
 */
export const findTasks = memoized((program: Program): TaskSet => {
  const warnings: string[] = [];
  const found = new Map<VirtAddr, KernelObject>();

  const byPid = attempt(warnings, 'The PID table', () => walkPidTasks(program));
  if (byPid?.problem !== undefined) warnings.push(`${sentence(byPid.problem)}.`);
  for (const object of byPid?.items ?? []) found.set(object.address, object);

  const listed = attempt(warnings, 'The task list', () => walkTaskList(program, warnings)) ?? [];
  const onlyListed: KernelObject[] = [];
  for (const object of listed) {
    if (found.has(object.address)) continue;
    onlyListed.push(object);
    found.set(object.address, object);
  }
  if (byPid !== undefined && listed.length > 0) {
    warnAboutDifferences(byPid.items, listed, onlyListed, warnings);
  }

  const runqueues = attempt(warnings, 'The CPU masks', () => cpuRunqueues(program)) ?? [];
  const idle = new Set<VirtAddr>();
  const active = new Map<VirtAddr, number>();
  const unknown = runqueues.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  if (unknown.length > 0) {
    const more = unknown.length > 1 ? ` So are those of ${unknown.length - 1} more CPUs.` : '';
    warnings.push(`${unknown[0]}${more}`);
  }
  for (const queue of runqueues) {
    if (queue.idle !== undefined) {
      idle.add(queue.idle);
      addRunning(program, found, queue.idle);
    }
    if (queue.current !== undefined && queue.online) {
      active.set(queue.current, queue.cpu);
      if (addRunning(program, found, queue.current)) {
        warnings.push(
          `The task ${hex(queue.current)} running on CPU ${queue.cpu} is on no task list; it was added.`,
        );
      }
    }
  }
  return readAll(found, idle, active, warnings);
});

/** Threads of every process on `init_task.tasks`; the idle task init_task itself is left out. */
function walkTaskList(program: Program, warnings: string[]): KernelObject[] {
  const initTask = program.global('init_task', 'struct task_struct');
  const leaders = walkList(program.kernel, initTask.member('tasks').address, 'init_task.tasks');
  if (leaders.problem !== undefined) warnings.push(`The task list ${leaders.problem}.`);
  const threads: KernelObject[] = [];
  const problems: string[] = [];
  const seen = new Set<VirtAddr>();
  /** Entries of the thread lists so far: damaged leaders may name one list, or parts of it. */
  const taken = new Set<VirtAddr>();
  const add = (task: KernelObject): void => {
    if (seen.has(task.address)) return;
    seen.add(task.address);
    threads.push(task);
  };
  for (const node of leaders.items) {
    const leader = containerOf(program, node, 'struct task_struct', 'tasks');
    add(leader);
    try {
      // A leader that has been reaped of its signal_struct has no threads left.
      if (leader.member('signal').isNull()) continue;
      const head = leader.member('signal').follow('thread_head').address;
      const what = `The thread list of the process at ${hex(leader.address)}`;
      const nodes = walkList(program.kernel, head, what, MAX_WALK, taken);
      if (nodes.problem !== undefined) problems.push(nodes.problem);
      for (const thread of nodes.items) {
        taken.add(thread);
        add(containerOf(program, thread, 'struct task_struct', 'thread_node'));
      }
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      problems.push(
        `The threads of the process at ${hex(leader.address)} are missing: ${error.message}`,
      );
    }
  }
  if (problems.length > 0) {
    const more =
      problems.length > 1 ? ` So are the threads of ${problems.length - 1} more processes.` : '';
    warnings.push(`${problems[0]}.${more}`);
  }
  return threads;
}

function warnAboutDifferences(
  byPid: readonly KernelObject[],
  listed: readonly KernelObject[],
  onlyListed: readonly KernelObject[],
  warnings: string[],
): void {
  const inList = new Set(listed.map((task) => task.address));
  const onlyPid = byPid.filter((task) => !inList.has(task.address));
  if (onlyListed.length > 0) {
    warnings.push(
      `${onlyListed.length} tasks are on the task list but not in the PID table: ${addresses(onlyListed)}.`,
    );
  }
  if (onlyPid.length > 0) {
    warnings.push(
      `${onlyPid.length} tasks are in the PID table but not on the task list: ${addresses(onlyPid)}.`,
    );
  }
}

function addresses(tasks: readonly KernelObject[]): string {
  const shown = tasks.slice(0, 8).map((task) => hex(task.address));
  return tasks.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}

/** @returns true when the task was not known yet */
function addRunning(
  program: Program,
  found: Map<VirtAddr, KernelObject>,
  address: VirtAddr,
): boolean {
  if (found.has(address)) return false;
  found.set(address, program.object('struct task_struct', address));
  return true;
}

function readAll(
  found: ReadonlyMap<VirtAddr, KernelObject>,
  idle: ReadonlySet<VirtAddr>,
  active: ReadonlyMap<VirtAddr, number>,
  warnings: string[],
): TaskSet {
  const tasks: Task[] = [];
  const unreadable: string[] = [];
  for (const [address, object] of found) {
    try {
      tasks.push(readTask(object, { idle: idle.has(address), runsOn: active.get(address) }));
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      unreadable.push(`${hex(address)} (${error.message})`);
    }
  }
  if (unreadable.length > 0) {
    warnings.push(`${unreadable.length} task_structs cannot be read, the first: ${unreadable[0]}.`);
  }
  const partial = tasks.filter(({ fault }) => fault !== undefined);
  const [first] = partial;
  if (first?.fault !== undefined) {
    warnings.push(
      `${partial.length} tasks can be read in part only, the first: ${hex(first.address)} (${describeFault(first.fault)}).`,
    );
  }
  tasks.sort(compareTasks);
  return { tasks, byAddress: new Map(tasks.map((task) => [task.address, task])), warnings };
}

function compareTasks(a: Task, b: Task): number {
  if (a.pid !== b.pid) return a.pid - b.pid;
  if (a.cpu !== b.cpu) return (a.cpu ?? -1) - (b.cpu ?? -1);
  return a.address < b.address ? -1 : 1;
}

function attempt<T>(warnings: string[], what: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    warnings.push(`${what} cannot be read: ${error.message}.`);
    return undefined;
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Threads of one process, leader first, then by PID. */
export function threadGroupOf(set: TaskSet, tgid: number): readonly Task[] {
  return set.tasks
    .filter((task) => task.tgid === tgid && (tgid !== 0 || task.idle))
    .sort((a, b) => Number(b.pid === tgid) - Number(a.pid === tgid) || a.pid - b.pid);
}

/** `task_struct.parent`'s PID as crash shows it; undefined when the parent is not known. */
export function parentPid(set: TaskSet, task: Task): number | undefined {
  return task.parent === undefined ? undefined : set.byAddress.get(task.parent)?.pid;
}
