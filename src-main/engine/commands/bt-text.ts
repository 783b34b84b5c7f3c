import type { Block, StackBlock, StackFrame } from '../../../src-shared/contract/index.ts';
import { virtAddr, type VirtAddr } from '../base/address.ts';
import { FaultError, tryRead } from '../base/fault.ts';
import { readMemoryRange } from '../kernel/memory-range.ts';
import { taskStackRange, type Task } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import type { UnwindEnvironment } from '../unwind/environment.ts';
import { environmentOf } from '../unwind/program-environment.ts';
import type { TaskTrace } from '../unwind/task.ts';
import { UsageError } from './command.ts';
import { warning } from './context.ts';
import { taskRefOf } from './task-selection.ts';
import { findWordName } from './word-name.ts';

/**
 * Every word of a task's stack that is an address of code, the live return addresses and the stale
 * ones alike (`bt -t`, `bt -T`).
 * @param whole from the stack's lowest word on, not from the innermost frame
 */
export function textSymbolsOf(
  program: Program,
  task: Task,
  trace: TaskTrace,
  whole: boolean,
): StackBlock {
  const range = taskStackRange(program, task);
  const first = trace.frames.find(({ stack }) => stack === 'task');
  const warnings: string[] = [];
  const frames: StackFrame[] = [];
  if (range === undefined) warnings.push('the task has no kernel stack');
  else if (!whole && first === undefined)
    warnings.push('no place on the stack is known to begin at');
  else {
    const env = environmentOf(program, task.object, [], undefined);
    let missing: string | undefined;
    const from = whole ? range.start : first!.sp & ~7n;
    for (let address = from; address < range.end; address += 8n) {
      try {
        const pc = virtAddr(env.readU64(virtAddr(address)));
        const symbol = isCode(program, env, pc) ? env.symbolAt(pc) : undefined;
        if (symbol === undefined) continue;
        const index = frames.length;
        const frame = { index, pc, sp: address, symbol, method: 'scan', exact: false } as const;
        frames.push({ ...frame, stack: 'task', interrupted: false });
      } catch (error) {
        if (!(error instanceof FaultError)) throw error;
        missing ??= error.message;
      }
    }
    if (missing !== undefined) warnings.push(`Words are missing: ${missing}.`);
  }
  const registers = trace.frames.at(-1)?.registers;
  const last = frames.at(-1);
  if (last !== undefined && registers?.userMode === true) {
    frames[frames.length - 1] = { ...last, registers };
  }
  const end = { complete: true, why: 'the end of the stack' };
  const { symbol, pc } = first ?? {};
  const start = !whole && symbol !== undefined && pc !== undefined ? { symbol, pc } : undefined;
  return {
    type: 'stack',
    stack: { task: taskRefOf(task), start: 'given', frames, end, warnings },
    textSymbols: { ...(start && { start }) },
  };
}

/** Before 6.4 one region of a module holds its code and its data: there the symbol's letter tells. */
function isCode(program: Program, env: UnwindEnvironment, pc: VirtAddr): boolean {
  if (tryRead(() => env.isText(pc)) !== true) return false;
  const symbol = program.symbols.at(pc)?.symbol;
  return symbol?.module === undefined || !/[bdr]/i.test(symbol.letter);
}

/** All words of a task's stack, by symbol where they are one's address (`bt -r`); what is not in the dump says why. */
export function* wholeStack(program: Program, task: Task): Generator<Block> {
  const range = taskStackRange(program, task);
  if (range === undefined) throw new UsageError(`PID ${task.pid} has no kernel stack`);
  yield { type: 'task', task: taskRefOf(task) };
  const length = Number(range.end - range.start);
  const bytes = readMemoryRange(program, { kind: 'kernel' }, range.start, length);
  const view = new DataView(bytes.bytes.buffer, bytes.bytes.byteOffset, bytes.bytes.byteLength);
  const words: { index: number; label: string }[] = [];
  for (const span of bytes.spans) {
    if (span.state !== 'present') continue;
    const last = Math.floor((span.offset + span.length) / 8);
    for (let index = Math.ceil(span.offset / 8); index < last; index++) {
      const label = findWordName(program, view.getBigUint64(index * 8, true), 'none');
      if (label !== undefined) words.push({ index, label });
    }
  }
  yield { type: 'memory', range: { ...bytes, words }, unit: 8, format: 'symbol' };
  const missing = bytes.spans.find(({ state }) => state !== 'present' && state !== 'zero');
  if (missing !== undefined) yield warning(missing.why ?? missing.state);
}
