import type { FrameRegister, StackFrame } from '../../../src-shared/contract/index.ts';
import { DWARF_ABI, DWARF_REGISTERS } from '../arch/x86-64/dwarf-registers.ts';
import { hex } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { stepByCfi, type CfiCaller } from '../debuginfo/dwarf/cfi-step.ts';
import type { CfiRow } from '../debuginfo/dwarf/cfi-row.ts';
import { evaluateValue } from '../debuginfo/dwarf/expression.ts';
import type { FrameContext } from '../debuginfo/dwarf/frame-context.ts';
import { EvaluationStop } from '../debuginfo/dwarf/stack-value.ts';
import type { FrameRegisters } from './start-registers.ts';

const RSP = 7;
const RIP = 16;

/** The frame called, as the caller's registers are looked for. */
export interface Callee {
  readonly frame: StackFrame;
  readonly registers: FrameRegisters;
  /** By the unwinder; undefined where it found no caller. */
  readonly cfa: bigint | undefined;
  /** @throws FaultError */
  read(address: bigint, length: number): Uint8Array;
}

/** What one frame tells of its caller. */
export interface CallerRegisters {
  readonly cfa: bigint | undefined;
  readonly saved: ReadonlyMap<number, bigint>;
  /** Without rip and rsp, which the trace tells. */
  readonly registers: FrameRegisters;
  readonly method: 'cfi' | 'instructions' | undefined;
  readonly lost: string | undefined;
}

export function nameOfFrame({ symbol, pc }: StackFrame): string {
  return symbol?.name ?? hex(pc);
}

/**
 * By a row of call frame information. Its CFA must be the unwinder's, else nothing is carried on.
 * @param stackPointer the stack pointer as the compiler believes it to be, where inline assembly
 *   has changed it
 */
export function callerByCfi(callee: Callee, row: CfiRow, stackPointer?: bigint): CallerRegisters {
  const { registers, read } = callee;
  const register = (number: number): bigint | undefined =>
    number === RSP && stackPointer !== undefined ? stackPointer : registers.get(number)?.value;
  let step: CfiCaller;
  try {
    const evaluate = (expression: Uint8Array, initial: readonly bigint[]): bigint =>
      evaluateCfi(expression, initial, { register, read });
    step = stepByCfi(row, { register, read, evaluate }, DWARF_ABI);
  } catch (error) {
    if (!(error instanceof FaultError) && !(error instanceof EvaluationStop)) throw error;
    return lostBecause(callee, error.message);
  }
  const { cfa } = callee;
  if (cfa !== undefined && step.cfa !== cfa) {
    const why = `the debug information puts the frame of ${nameOfFrame(callee.frame)} at ${hex(step.cfa)}, the unwinder at ${hex(cfa)}`;
    return lostBecause(callee, why);
  }
  const caller = new Map<number, FrameRegister>();
  for (const [number, value] of step.registers) {
    if (number === RIP || number === RSP) continue;
    const found = carriedOn(callee, number, value, step.saved.get(number));
    caller.set(number, found);
  }
  const saved = new Map([...step.saved].filter(([number]) => number !== RIP));
  const [unread] = [...step.unreadable].filter(([number]) => number !== RIP);
  const lost = unread && `${nameOf(unread[0])} of the caller: ${unread[1].message}`;
  return { cfa: step.cfa, saved, registers: caller, method: 'cfi', lost };
}

/** What the function's own instructions say of its frame. */
export interface CodeRegisters {
  readonly cfa: { readonly register: 'rsp' | 'rbp'; readonly offset: number };
  /** DWARF's number -> offset from the CFA. */
  readonly saved: ReadonlyMap<number, number>;
  /** Certainly still the caller's. */
  readonly unchanged: Iterable<number>;
}

/** By the function's instructions, under the same condition. */
export function callerByCode(callee: Callee, code: CodeRegisters): CallerRegisters {
  const { registers, frame } = callee;
  const base = registers.get(code.cfa.register === 'rsp' ? RSP : 6)?.value;
  if (base === undefined) return lostBecause(callee, `${code.cfa.register} is not known there`);
  const cfa = BigInt.asUintN(64, base + BigInt(code.cfa.offset));
  if (callee.cfa !== undefined && cfa !== callee.cfa) {
    const why = `the instructions of ${nameOfFrame(frame)} put its frame at ${hex(cfa)}, the unwinder at ${hex(callee.cfa)}`;
    return lostBecause(callee, why);
  }
  const caller = new Map<number, FrameRegister>();
  const saved = new Map<number, bigint>();
  let lost: string | undefined;
  for (const number of code.unchanged) {
    const kept = registers.get(number);
    if (kept !== undefined) caller.set(number, kept);
  }
  for (const [number, offset] of code.saved) {
    const slot = BigInt.asUintN(64, cfa + BigInt(offset));
    saved.set(number, slot);
    try {
      caller.set(number, carriedOn(callee, number, wordAt(callee, slot), slot));
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      caller.delete(number);
      lost ??= `${nameOf(number)} of the caller: ${error.message}`;
    }
  }
  return { cfa, saved, registers: caller, method: 'instructions', lost };
}

/** Nothing but what the unwinder knows. */
export function lostBecause(callee: Callee, why: string): CallerRegisters {
  const none = new Map<never, never>();
  return { cfa: callee.cfa, saved: none, registers: none, method: undefined, lost: why };
}

export function carriedOn(
  { frame, registers }: Callee,
  number: number,
  value: bigint,
  slot: bigint | undefined,
): FrameRegister {
  const name = nameOf(number);
  if (slot !== undefined) {
    const how = `saved by ${nameOfFrame(frame)} at ${hex(slot)}`;
    return { name, value, how, address: slot };
  }
  const kept = registers.get(number);
  if (kept?.value === value) return kept;
  return { name, value, how: `computed from the frame of ${nameOfFrame(frame)}` };
}

/** @throws FaultError */
export function wordAt(callee: Callee, address: bigint): bigint {
  const bytes = callee.read(address, 8);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

export function nameOf(register: number): string {
  return DWARF_REGISTERS[register] ?? `register ${register}`;
}

/** Expressions of call frame information know registers and memory, nothing else. */
export function evaluateCfi(
  expression: Uint8Array,
  initial: readonly bigint[],
  { register, read }: Pick<FrameContext, 'register' | 'read'>,
): bigint {
  const none = (): never => {
    throw new EvaluationStop('damaged', 'call frame information that needs a function');
  };
  const frame: FrameContext = {
    lookupAddress: 0n,
    relocate: (address) => address,
    register,
    whyUnknown: (number) => `${nameOf(number)} is not known there`,
    cfa: undefined,
    read,
    caller: () => undefined,
  };
  const scope = { unit: undefined, frame, frameBase: none, entryValue: none, locationOf: none };
  return evaluateValue(expression, scope, initial);
}
