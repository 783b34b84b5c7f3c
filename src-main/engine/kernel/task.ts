import { addVirt, type VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { taskStateLetters, type TaskStateLetters } from './task-state.ts';

/** @source include/linux/sched.h */
const PF_KTHREAD = 0x0020_0000;

/**
 * One thread, as its `task_struct` says. Everything here lies in the task_struct itself, so a Task
 * exists only where that could be read.
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
  readonly cpu: number;
  /** `__state | exit_state`. */
  readonly state: number;
  readonly letters: TaskStateLetters;
  /** `->parent`: who gets SIGCHLD and wait4 reports; crash's PPID. */
  readonly parent: VirtAddr;
  /** NULL for kernel threads. */
  readonly mm: VirtAddr;
  readonly stack: VirtAddr;
  readonly kernelThread: boolean;
  /** The idle task of a CPU (pid 0). */
  readonly idle: boolean;
  /** Was `curr` of a CPU's run queue when the machine died. */
  readonly active: boolean;
}

/**
 * Reads one task. CPU: `task_struct.cpu` until 5.15, `thread_info.cpu` since (commit bcf9033e5449).
 * State: `__state` since 5.14 (commit 2f064a59a11f), `state` before.
 * @throws FaultError when the task_struct cannot be read
 */
export function readTask(
  object: KernelObject,
  role: { readonly idle: boolean; readonly active: boolean },
): Task {
  const state = readTaskState(object);
  const flags = object.member('flags').number();
  return {
    object,
    address: object.address,
    pid: object.member('pid').number(),
    tgid: object.member('tgid').number(),
    command: object.member('comm').text(),
    cpu: taskCpu(object),
    state,
    letters: taskStateLetters(state),
    parent: object.member('parent').pointer(),
    mm: object.member('mm').pointer(),
    stack: object.member('stack').pointer(),
    kernelThread: (flags & PF_KTHREAD) !== 0,
    idle: role.idle,
    active: role.active,
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
  return tryRead(() => task.object.at('struct thread_info', task.stack));
}

/** `[start, end)` of a task's kernel stack. @source arch/x86/include/asm/page_64_types.h THREAD_SIZE */
export function taskStackRange(
  program: Program,
  task: Task,
): { start: VirtAddr; end: VirtAddr } | undefined {
  if (task.stack === 0n) return undefined;
  return { start: task.stack, end: addVirt(task.stack, threadSize(program)) };
}

const DEFAULT_THREAD_SIZE = 16384;

/**
 * Bytes of a kernel stack. `union thread_union` is exactly one stack; without it THREAD_SIZE of a
 * kernel without KASAN.
 * @source include/linux/sched.h `union thread_union`
 */
export function threadSize(program: Program): number {
  return tryRead(() => program.object('union thread_union', 0n as VirtAddr).size) ?? DEFAULT_THREAD_SIZE;
}
