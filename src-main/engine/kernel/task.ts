import { addVirt, type VirtAddr } from '../base/address.ts';
import { FaultError, tryRead, valueOrFault, type Fault } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { sizeOf } from '../types/layout.ts';
import { memoized } from '../base/memo.ts';
import { taskStateLetters, type TaskStateLetters } from './task-state.ts';

/** @source include/linux/sched.h */
const PF_KTHREAD = 0x0020_0000;

/**
 * One thread, as its `task_struct` says. A task_struct spans pages: where one of them is missing, the
 * parts on it are undefined and `fault` says why. PID, thread group and name are always there.
 * @source include/linux/sched.h `struct task_struct`
 */
export interface Task {
  readonly object: KernelObject;
  readonly address: VirtAddr;
  /** In the initial PID namespace. */
  readonly pid: number;
  readonly tgid: number;
  readonly command: string;
  /** CPU it runs on, or last ran on. */
  readonly cpu: number | undefined;
  /** `__state | exit_state`. */
  readonly state: number | undefined;
  /** `??` when the state cannot be read. */
  readonly letters: TaskStateLetters;
  /** `->parent`: who gets SIGCHLD and wait4 reports; crash's PPID. */
  readonly parent: VirtAddr | undefined;
  /** NULL for kernel threads. */
  readonly mm: VirtAddr | undefined;
  readonly stack: VirtAddr | undefined;
  readonly kernelThread: boolean | undefined;
  /** The idle task of a CPU (pid 0). */
  readonly idle: boolean;
  /** Was `curr` of a CPU's run queue when the machine died. */
  readonly active: boolean;
  /** Why parts are undefined. */
  readonly fault: Fault | undefined;
}

/** What the run queues say of a task. */
export interface TaskRole {
  readonly idle: boolean;
  /** The CPU whose `curr` it is. */
  readonly runsOn: number | undefined;
}

/**
 * Reads one task. CPU: `task_struct.cpu` until 5.15, `thread_info.cpu` since (commit bcf9033e5449).
 * State: `__state` since 5.14 (commit 2f064a59a11f), `state` before.
 * @throws FaultError when PID, thread group or name cannot be read
 */
export function readTask(object: KernelObject, role: TaskRole): Task {
  try {
    return readParts(object, role, (read) => read());
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    // A page is missing: part by part.
    let fault: Fault | undefined;
    const task = readParts(object, role, (read) => {
      const found = valueOrFault(read);
      if ('value' in found) return found.value;
      fault ??= found.fault;
      return undefined;
    });
    return { ...task, fault };
  }
}

/** @param part reads what may be missing */
function readParts(
  object: KernelObject,
  role: TaskRole,
  part: <T>(read: () => T) => T | undefined,
): Task {
  const state = part(() => readTaskState(object));
  const flags = part(() => object.member('flags').number());
  return {
    object,
    address: object.address,
    pid: object.member('pid').number(),
    tgid: object.member('tgid').number(),
    command: object.member('comm').text(),
    cpu: part(() => taskCpu(object)) ?? role.runsOn,
    state,
    letters: state === undefined ? '??' : taskStateLetters(state),
    parent: part(() => object.member('parent').pointer()),
    mm: part(() => object.member('mm').pointer()),
    stack: part(() => object.member('stack').pointer()),
    kernelThread: flags === undefined ? undefined : (flags & PF_KTHREAD) !== 0,
    idle: role.idle,
    active: role.runsOn !== undefined,
    fault: undefined,
  };
}

export function taskCpu(task: KernelObject): number {
  return task.member(task.has('cpu') ? 'cpu' : 'thread_info.cpu').number();
}

function readTaskState(task: KernelObject): number {
  const state = task.member(task.has('__state') ? '__state' : 'state').number();
  return state | task.member('exit_state').number();
}

/**
 * `struct thread_info` of a task: inside the task_struct (CONFIG_THREAD_INFO_IN_TASK, all of
 * x86-64), else at the lowest address of its stack.
 */
export function threadInfoOf(task: Task): KernelObject | undefined {
  if (task.object.has('thread_info')) return task.object.member('thread_info');
  const { stack } = task;
  return stack && tryRead(() => task.object.at('struct thread_info', stack));
}

/** `[start, end)` of a task's kernel stack. @source arch/x86/include/asm/page_64_types.h THREAD_SIZE */
export function taskStackRange(
  program: Program,
  task: Task,
): { start: VirtAddr; end: VirtAddr } | undefined {
  if (task.stack === undefined || task.stack === 0n) return undefined;
  return { start: task.stack, end: addVirt(task.stack, threadSize(program)) };
}

const DEFAULT_THREAD_SIZE = 16384;

/** The first task's stack lies between these. @source include/asm-generic/vmlinux.lds.h INIT_TASK_DATA */
const INIT_STACK_BOUNDS = [
  ['__start_init_stack', '__end_init_stack'], // since 6.10
  ['__start_init_task', '__end_init_task'],
] as const;

/**
 * Bytes of a kernel stack: `union thread_union` is exactly one, and so is the first task's between
 * its symbols; else THREAD_SIZE of a kernel without KASAN.
 * @source include/linux/sched.h `union thread_union`
 */
export const threadSize = memoized((program: Program): number => {
  const union = program.findType('union thread_union');
  if (union !== undefined) return sizeOf(union);
  for (const [from, to] of INIT_STACK_BOUNDS) {
    const start = program.symbols.findInKernel(from)?.address;
    const end = program.symbols.findInKernel(to)?.address;
    if (start === undefined || end === undefined) continue;
    const size = Number(end - start);
    if (size >= 4096 && size <= 65536) return size;
  }
  return DEFAULT_THREAD_SIZE;
});

/**
 * A part of a task that others cannot do without.
 * @throws FaultError, the task's own, when it could not be read
 */
export function requirePart<T>(task: Task, part: T | undefined): T {
  if (part !== undefined) return part;
  throw new FaultError(
    task.fault ?? {
      kind: 'corrupt',
      what: 'task_struct',
      expected: 'a part that can be read',
      found: 'none',
      virt: task.address,
    },
  );
}
