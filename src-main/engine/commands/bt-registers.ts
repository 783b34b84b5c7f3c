import type {
  Block,
  RegisterSet,
  StackBlock,
  StackFrame,
} from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import { readMemoryRange } from '../kernel/memory-range.ts';
import { taskStackRange, type Task } from '../kernel/task.ts';
import { findTasks } from '../kernel/tasks.ts';
import type { Program } from '../program/program.ts';
import type { StackRange } from '../unwind/environment.ts';
import { environmentOf } from '../unwind/program-environment.ts';
import { findSavedRegisters, type SavedRegisters } from '../unwind/saved-registers.ts';
import { cpuStacksOf } from '../unwind/stacks.ts';
import type { TaskTrace } from '../unwind/task.ts';
import { warning } from './context.ts';
import { taskRefOf } from './task-selection.ts';

/** Saved registers on a task's stack (`bt -e`). */
export function taskRegisters(program: Program, task: Task, trace: TaskTrace): StackBlock {
  const range = taskStackRange(program, task);
  const stacks: StackRange[] = range === undefined ? [] : [{ kind: 'task', ...range }];
  return registersBlock(program, task, trace, stacks);
}

const CPU_STACKS: readonly (readonly [StackFrame['stack'], string])[] = [
  ['irq', 'IRQ STACK'],
  ['df', 'DOUBLEFAULT EXCEPTION STACK'],
  ['nmi', 'NMI EXCEPTION STACK'],
  ['db', 'DEBUG EXCEPTION STACK'],
  ['mce', 'MCE EXCEPTION STACK'],
];

/**
 * Saved registers on the interrupt and exception stacks of all CPUs (`bt -E`).
 * @param traceOf the backtrace of what the CPU ran
 */
export function* cpuRegisters(
  program: Program,
  traceOf: (task: Task) => TaskTrace,
): Generator<Block> {
  const { tasks } = findTasks(program);
  for (const cpu of program.cpus.present) {
    const task =
      tasks.find((each) => each.active && each.cpu === cpu) ??
      tasks.find((each) => each.idle && each.cpu === cpu);
    if (task === undefined) {
      yield warning(`No task of CPU ${cpu} is known; its stacks were not searched.`);
      continue;
    }
    const { ranges, complete } = cpuStacksOf(program, cpu);
    if (!complete) yield warning(`Not all stacks of CPU ${cpu} were found.`);
    const trace = traceOf(task);
    for (const [kind, name] of CPU_STACKS) {
      const stacks = ranges.filter((range) => range.kind === kind);
      if (stacks.length === 0) continue;
      const block = registersBlock(program, task, trace, stacks);
      yield { ...block, savedRegisters: { title: `CPU ${cpu} ${name}` } };
    }
  }
}

function registersBlock(
  program: Program,
  task: Task,
  trace: TaskTrace,
  stacks: readonly StackRange[],
): StackBlock {
  const env = environmentOf(program, task.object, [], undefined);
  const frames: StackFrame[] = [];
  const warnings: string[] = [];
  for (const stack of stacks) {
    const { wordAt, missing } = wordsOf(program, stack);
    if (missing !== undefined) warnings.push(`Part of the stack could not be searched: ${missing}`);
    for (const saved of findSavedRegisters(stack, wordAt, (pc) => env.isText(pc))) {
      const rip = saved.values['rip']!;
      const symbol = saved.userMode ? undefined : env.symbolAt(virtAddr(rip));
      const exact = isOfTrace(trace, saved);
      frames.push({
        index: frames.length,
        pc: rip,
        sp: saved.address,
        symbol,
        method: exact ? 'start' : 'scan',
        exact,
        stack: stack.kind,
        interrupted: true,
        registers: registerSet(saved, symbol),
      });
    }
  }
  const end = { complete: true, why: 'the whole stack was searched' };
  return {
    type: 'stack',
    stack: { task: taskRefOf(task), start: 'given', frames, end, warnings },
    savedRegisters: {},
  };
}

/** By their address, or as the registers that the trace began with, which the kernel wrote elsewhere too. */
function isOfTrace({ frames, startRegisters }: TaskTrace, saved: SavedRegisters): boolean {
  if (frames.some(({ registers }) => registers?.address === saved.address)) return true;
  if (startRegisters?.address === saved.address) return true;
  const [first] = frames;
  return first?.interrupted === true && !saved.userMode
    ? first.pc === saved.values['rip'] && first.sp === saved.values['rsp']
    : false;
}

function registerSet(saved: SavedRegisters, symbol: StackFrame['symbol']): RegisterSet {
  return {
    origin: 'unknown',
    address: saved.address,
    userMode: saved.userMode,
    values: saved.values,
    full: true,
    ...(symbol && { symbol }),
  };
}

function wordsOf(
  program: Program,
  { start, end }: StackRange,
): { wordAt: (address: bigint) => bigint | undefined; missing: string | undefined } {
  const length = Number(end - start);
  const { bytes, spans } = readMemoryRange(program, { kind: 'kernel' }, virtAddr(start), length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lost = spans.filter(({ state }) => state !== 'present' && state !== 'zero');
  const wordAt = (address: bigint): bigint | undefined => {
    const at = Number(address - start);
    const gone = lost.some(({ offset, length: size }) => at + 8 > offset && at < offset + size);
    return gone || at < 0 || at + 8 > length ? undefined : view.getBigUint64(at, true);
  };
  const [first] = lost;
  return { wordAt, missing: first && (first.why ?? first.state) };
}
