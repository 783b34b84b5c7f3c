import type { VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { containerOf, type KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import type { Walk } from './walk.ts';
import { walkXarray } from './xarray.ts';

/**
 * Every task with a PID in the initial namespace, which is every task of every namespace except the
 * idle tasks, ascending by PID.
 * @returns `struct task_struct`
 * @throws FaultError when `init_pid_ns` or its types are not known
 * @source kernel/pid.c `find_ge_pid`, `pid_task`; include/linux/pid.h `struct pid`. An IDR is an
 * xarray since 4.20 (commit f8d5d0cc145c); its `idr_base` is 0 here.
 */
export function walkPidTasks(program: Program): Walk<KernelObject> {
  const namespace = program.global('init_pid_ns', 'struct pid_namespace');
  const pids = walkXarray(namespace.member('idr.idr_rt'), 'the PID table (init_pid_ns.idr)');
  const items: KernelObject[] = [];
  const problems: string[] = pids.problem === undefined ? [] : [pids.problem];
  for (const { entry } of pids.items) {
    try {
      const task = findPidTask(program, entry);
      if (task !== undefined) items.push(task);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      problems.push(error.message);
    }
  }
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more problems)` : '';
  return { items, problem: problems.length === 0 ? undefined : `${problems[0]}${more}` };
}

/**
 * `pid_task(pid, PIDTYPE_PID)`: the thread that has this PID. Undefined when only a group or a
 * session still uses the number.
 */
function findPidTask(program: Program, address: VirtAddr): KernelObject | undefined {
  const pid = program.object('struct pid', address);
  const first = pid.member('tasks[0].first').pointer();
  if (first === 0n) return undefined;
  return containerOf(program, first, 'struct task_struct', 'pid_links[0]');
}
