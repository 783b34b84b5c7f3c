import type { RegisterSet, StackTrace } from '../../../src-shared/contract/block.ts';
import { addVirt, virtAddr, type VirtAddr } from '../base/address.ts';
import { describeFault, FaultError, tryRead } from '../base/fault.ts';
import { memoized } from '../base/memo.ts';
import { decodeRegisters, isUserModeCs, PT_REGS_SIZE } from '../arch/x86-64/pt-regs.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { offsetOf, sizeOf } from '../types/layout.ts';
import { cpuRegistersOf } from './crash-notes.ts';
import type { StackRange } from './environment.ts';
import { searchSwitch } from './guess-start.ts';
import { environmentOf } from './program-environment.ts';
import { inactiveRegisters, type FrameRegisters } from './start-registers.ts';
import { taskStackOf } from './stacks.ts';
import type { UnwindStart } from './state.ts';
import { unwind, type UnwindOptions } from './trace.ts';

/** A stack trace but for whose it is. */
export type TaskTrace = Omit<StackTrace, 'task'>;

/**
 * Backtrace of a task (`struct task_struct`). A task that was running starts from the registers
 * its CPU saved, every other one from where it left the CPU. Never throws for what the dump lacks.
 * @source arch/x86/kernel/unwind_orc.c `__unwind_start()`
 */
export function unwindTask(
  program: Program,
  task: KernelObject,
  options: UnwindOptions = {},
): TaskTrace {
  try {
    if (isOnCpu(task)) return unwindActive(program, task, cpuOf(task), options);
    if (task.has('stack') && task.member('stack').isNull()) {
      // thread.sp is stale then, and what it points to belongs to somebody else.
      return nothing('the task is dead and its kernel stack was freed', true);
    }
    return unwindInactive(program, task, options);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return nothing(describeFault(error.fault));
  }
}

/** Backtrace from a `struct pt_regs` in memory. */
export function unwindRegisters(
  program: Program,
  registers: VirtAddr,
  task: KernelObject | undefined,
  options: UnwindOptions = {},
): TaskTrace {
  try {
    const values = decodeRegisters(program.kernel.read(registers, PT_REGS_SIZE), false);
    const cpu = task && tryRead(() => cpuOf(task));
    return fromRegisters(
      program,
      task,
      cpu,
      values,
      { start: 'pt_regs', address: registers },
      options,
    );
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return nothing(describeFault(error.fault));
  }
}

/** Backtrace from an instruction and stack pointer somebody gave (`bt -I -S`). */
export function unwindFrom(
  program: Program,
  start: { readonly pc: bigint; readonly sp: bigint; readonly bp?: bigint },
  task: KernelObject | undefined,
  options: UnwindOptions = {},
): TaskTrace {
  const cpu = task && tryRead(() => cpuOf(task));
  const env = environmentOf(program, task, stacksOf(program, task), cpu);
  const begin: UnwindStart = {
    ...start,
    bp: start.bp ?? 0n,
    slot: start.sp,
    interrupted: true,
  };
  return { start: 'given', ...unwind(env, begin, options) };
}

/** `task->on_cpu`: it was on a CPU, or its CPU had not finished switching away. @throws FaultError */
export function isOnCpu(task: KernelObject): boolean {
  return task.has('on_cpu') && task.member('on_cpu').number() !== 0;
}

/** The CPU a task is or was on last. @throws FaultError @source include/linux/sched.h `task_cpu()` */
export function cpuOf(task: KernelObject): number {
  // Moved into thread_info in 5.16, commit bcf9033e5449.
  return task.member(task.has('cpu') ? 'cpu' : 'thread_info.cpu').number();
}

function unwindActive(
  program: Program,
  task: KernelObject,
  cpu: number,
  options: UnwindOptions,
): TaskTrace {
  const saved = cpuRegistersOf(program, cpu);
  if (!saved.found) return nothing(`the task was running and ${saved.why}`);
  const { registers } = saved.prstatus;
  if (switchedAway(program, task, cpu, registers)) {
    const trace = unwindInactive(program, task, options);
    const warning = `CPU ${cpu} was switching tasks: its stack pointer is on the other task's stack, so the trace starts where this task left.`;
    return { ...trace, warnings: [warning, ...trace.warnings] };
  }
  return fromRegisters(
    program,
    task,
    cpu,
    registers,
    { start: 'crash-note', address: undefined },
    options,
  );
}

/**
 * In the middle of a context switch both tasks count as running, and the registers are those of the
 * one whose stack they point to. The other one has its state saved: the task left is saved before
 * the stack is switched, the task entered has not been touched yet.
 * @source arch/x86/entry/entry_64.S `__switch_to_asm`; kernel/sched/core.c `context_switch()`
 */
function switchedAway(
  program: Program,
  task: KernelObject,
  cpu: number,
  registers: Readonly<Record<string, bigint>>,
): boolean {
  if (isUserModeCs(registers['cs'] ?? 0n)) return false;
  const sp = registers['rsp'] ?? 0n;
  const holds = (owner: KernelObject | undefined): boolean => {
    const stack = owner && tryRead(() => taskStackOf(program, owner));
    return stack !== undefined && sp >= stack.start && sp < stack.end;
  };
  if (holds(task)) return false;
  const others = [currentTaskOf(program, cpu), runqueueTaskOf(program, cpu)];
  return others.some(
    (other) => other !== undefined && other.address !== task.address && holds(other),
  );
}

/** `current` of a CPU: its own variable, or pcpu_hot's member from 6.2 to 6.14. */
function currentTaskOf(program: Program, cpu: number): KernelObject | undefined {
  return tryRead(() =>
    program.symbols.has('current_task')
      ? program.object(
          'struct task_struct',
          virtAddr(program.kernel.readU64(program.perCpuAddress('current_task', cpu))),
        )
      : program.perCpu('pcpu_hot', 'struct pcpu_hot', cpu).member('current_task').deref(),
  );
}

function runqueueTaskOf(program: Program, cpu: number): KernelObject | undefined {
  return tryRead(() => program.perCpu('runqueues', 'struct rq', cpu).member('curr').deref());
}

function unwindInactive(program: Program, task: KernelObject, options: UnwindOptions): TaskTrace {
  const env = environmentOf(program, task, stacksOf(program, task), undefined);
  try {
    const start = inactiveStart(program, task);
    return { start: 'inactive-task-frame', ...unwind(env, start, options) };
  } catch (error) {
    if (!(error instanceof FaultError) || options.guess !== true) throw error;
    const found = searchSwitch(env, program.symbols.findInKernel('__switch_to_asm')?.address);
    if (found === undefined) throw error;
    const warning = `Where the task left its CPU is not known (${describeFault(error.fault)}); its stack was searched for a call of __switch_to_asm.`;
    return { start: 'given', ...found, warnings: [warning, ...found.warnings] };
  }
}

/**
 * What __switch_to_asm pushed when the task left its CPU.
 * @throws FaultError @source arch/x86/include/asm/switch_to.h `struct inactive_task_frame`
 */
function inactiveStart(program: Program, task: KernelObject): UnwindStart {
  const sp = task.member('thread.sp').pointer();
  const type = program.type('struct inactive_task_frame');
  const frame = program.object(type, sp);
  const pc = frame.member('ret_addr').pointer();
  const bp = frame.member('bp').pointer();
  return {
    pc,
    sp: addVirt(sp, sizeOf(type)),
    bp,
    slot: addVirt(sp, offsetOf(type, 'ret_addr')),
    known: () => valuesOf(inactiveRegisters(program, task)),
    interrupted: forkStarts(program).includes(pc),
  };
}

/** A new task begins exactly at ret_from_fork (ret_from_fork_asm since 6.6), it did not call. */
const forkStarts = memoized(({ symbols }: Program) =>
  ['ret_from_fork_asm', 'ret_from_fork'].flatMap((name): bigint[] => {
    const symbol = symbols.findInKernel(name);
    return symbol === undefined ? [] : [symbol.address];
  }),
);

/** Those that cannot be read are not known. */
function valuesOf(registers: FrameRegisters | undefined): ReadonlyMap<number, bigint> {
  return new Map([...(registers ?? [])].map(([number, { value }]) => [number, value]));
}

function fromRegisters(
  program: Program,
  task: KernelObject | undefined,
  cpu: number | undefined,
  values: Readonly<Record<string, bigint>>,
  from: { readonly start: 'crash-note' | 'pt_regs'; readonly address: VirtAddr | undefined },
  options: UnwindOptions,
): TaskTrace {
  const env = environmentOf(program, task, stacksOf(program, task), cpu);
  const userMode = isUserModeCs(values['cs'] ?? 0n);
  const pc = values['rip'] ?? 0n;
  const symbol = userMode ? undefined : env.symbolAt(virtAddr(pc));
  const startRegisters: RegisterSet = {
    origin: from.start === 'crash-note' ? 'crash-note' : 'unknown',
    address: from.address,
    userMode,
    values,
    full: true,
    ...(symbol && { symbol }),
  };
  if (userMode) {
    const why = 'was in user mode: no kernel frames';
    return {
      start: from.start,
      frames: [],
      end: { complete: true, why },
      warnings: [],
      startRegisters,
    };
  }
  const sp = values['rsp'] ?? 0n;
  const start: UnwindStart = {
    pc,
    sp,
    bp: values['rbp'] ?? 0n,
    slot: sp,
    interrupted: true,
    registers: { values, full: true },
  };
  return { start: from.start, ...unwind(env, start, options), startRegisters };
}

function stacksOf(program: Program, task: KernelObject | undefined): StackRange[] {
  const stack = task && tryRead(() => taskStackOf(program, task));
  return stack === undefined ? [] : [stack];
}

function nothing(why: string, complete = false): TaskTrace {
  return { start: 'none', frames: [], end: { complete, why }, warnings: [] };
}
