import { hex, virtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { OrcEntry } from '../debuginfo/orc.ts';
import { isAfterCall } from './call-site.ts';
import type { UnwindEnvironment } from './environment.ts';
import { stepByOrc } from './orc-step.ts';
import { UnwindStop, type StackAccess } from './stack-access.ts';
import type { UnwindState, UnwindStep } from './state.ts';

/**
 * A frame made by `push rbp; mov rsp, rbp`: what the kernel assumes of code without ORC, such as
 * BPF programs. @source arch/x86/kernel/unwind_orc.c `orc_fp_entry`
 */
const FRAME_POINTER: OrcEntry = {
  spReg: 'bp',
  spOffset: 16,
  bpReg: 'prev-sp',
  bpOffset: -16,
  type: 'call',
  signal: false,
};

/** A call to an address that is no code: only the return address was pushed. @source `null_orc_entry` */
const BAD_CALL: OrcEntry = {
  spReg: 'sp',
  spOffset: 8,
  bpReg: 'undefined',
  bpOffset: 0,
  type: 'call',
  signal: false,
};

/** The caller, assuming a frame pointer: a guess from here on. @throws UnwindStop, FaultError */
export function stepByFramePointer(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
): UnwindStep {
  const how = { method: 'frame-pointer', exact: false } as const;
  const step = stepByOrc(env, access, state, FRAME_POINTER, how);
  if (step.kind === 'next' && !isAfterCall(env, virtAddr(step.state.pc))) {
    throw new UnwindStop(
      `${hex(state.pc)} has no unwind information, and no return address lies where a frame pointer would say`,
    );
  }
  return step;
}

/**
 * The caller of code that is none: a call through a NULL or wild pointer. The kernel knows that
 * rule for NULL; for other addresses it holds when the word at sp follows a call instruction.
 * @throws UnwindStop, FaultError
 */
export function stepByBadCall(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
): UnwindStep {
  const step = stepByOrc(env, access, state, BAD_CALL, { method: 'orc', exact: true });
  if (step.kind === 'next' && !isAfterCall(env, virtAddr(step.state.pc))) {
    throw new UnwindStop(
      `${hex(state.pc)} is no code, and the word at the stack pointer is no return address`,
    );
  }
  return step;
}

/** Words looked at for the next candidate: 64 KiB, more than any kernel stack. */
const MAX_SCAN = 8192;

/**
 * The next word up the stack that could be a return address: a guess, which finds stale frames
 * too. @throws UnwindStop when there is none
 */
export function stepByScan(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
): UnwindStep {
  const end = access.rangeOf(state.sp)?.end ?? state.sp + BigInt(MAX_SCAN * 8);
  let slot = (state.sp + 7n) & ~7n;
  for (let i = 0; i < MAX_SCAN && slot + 8n <= end; i++, slot += 8n) {
    const word = tryRead(() => env.readU64(virtAddr(slot)));
    if (word === undefined) break;
    if (!env.isText(virtAddr(word)) || !isAfterCall(env, virtAddr(word))) continue;
    const sp = slot + 8n;
    const next: UnwindState = {
      pc: word,
      sp,
      bp: state.bp,
      slot,
      interrupted: false,
      registers: undefined,
      earlierRegisters: undefined,
      method: 'scan',
      exact: false,
      stack: access.rangeOf(sp) ?? access.rangeOf(slot),
    };
    return { kind: 'next', state: next };
  }
  throw new UnwindStop(`no more words from ${hex(state.sp)} on look like a return address`);
}
