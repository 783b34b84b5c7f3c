import type { StackFrame, StackTrace } from '../../../src-shared/contract/index.ts';
import { PT_REGS_SIZE } from '../arch/x86-64/pt-regs.ts';

/** Bytes of a stack, [start, end). */
export interface StackExtent {
  readonly start: bigint;
  readonly end: bigint;
  /** Where the frame really ends, when it is larger than what is shown. */
  readonly wholeEnd?: bigint;
}

/** A frame that seems larger is shown up to here: no kernel stack is larger. */
const MAX_FRAME_BYTES = 16384n;
const PAGE_MASK = 4095n;
const LINKED = new Set<StackFrame['stack']>(['irq', 'softirq']);

/**
 * The stack of one frame of a trace: from its stack pointer up to and including the return address
 * into the next frame, or the registers that its entry into the kernel saved. Two extents where the
 * frame changed from the interrupts' stack to another. Empty where the trace does not say where it ends.
 * @param findWord reads a word of the dump
 */
export function extentsOfFrame(
  { start, frames }: Pick<StackTrace, 'start' | 'frames'>,
  index: number,
  findWord: (address: bigint) => bigint | undefined,
): readonly StackExtent[] {
  const frame = frames[index];
  if (frame === undefined) return [];
  // An interrupted frame has no return address below it; one that left its CPU has, though a task
  // that never ran is given as if it had been interrupted at its first instruction.
  const atPointer = frame.interrupted && !(index === 0 && start === 'inactive-task-frame');
  const from = atPointer ? frame.sp : frame.sp + 8n;
  const { registers } = frame;
  if (registers?.address !== undefined) {
    if (!registers.full || registers.address < from) return [];
    return bounded(from, registers.address + BigInt(PT_REGS_SIZE));
  }
  const next = frames[index + 1];
  if (next === undefined || next.interrupted) return [];
  const end = next.sp + 8n;
  if (next.stack === frame.stack) return bounded(from, end);
  if (!LINKED.has(frame.stack)) return [{ start: next.sp, end }];
  const top = (from + PAGE_MASK) & ~PAGE_MASK;
  const link = findWord(top - 8n);
  const linked = link !== undefined && link <= next.sp && next.sp - link <= MAX_FRAME_BYTES;
  return [...bounded(from, top), { start: linked ? link : next.sp, end }];
}

function bounded(start: bigint, end: bigint): readonly StackExtent[] {
  if (end <= start) return [];
  if (end - start <= MAX_FRAME_BYTES) return [{ start, end }];
  return [{ start, end: start + MAX_FRAME_BYTES, wholeEnd: end }];
}
