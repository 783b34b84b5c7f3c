import {
  decodeIretFrame,
  decodeRegisters,
  IRET_FRAME_OFFSET,
  IRET_FRAME_SIZE,
  isUserModeCs,
  PT_REGS_SIZE,
} from '../arch/x86-64/pt-regs.ts';
import type { OrcEntry } from '../debuginfo/orc.ts';
import type { UnwindEnvironment } from './environment.ts';
import { returnAddressAt } from './return-address.ts';
import { UnwindStop, type StackAccess } from './stack-access.ts';
import { registerOf, type SavedRegisters, type UnwindState, type UnwindStep } from './state.ts';

/** ORC's base registers that must have been saved -> their names in pt_regs. */
const SAVED_BASES: Readonly<Record<string, string>> = {
  r10: 'r10',
  r13: 'r13',
  di: 'rdi',
  dx: 'rdx',
  ax: 'rax',
};

/**
 * The caller of a frame by its ORC entry.
 * @throws UnwindStop, FaultError
 * @source arch/x86/kernel/unwind_orc.c `unwind_next_frame()`
 */
export function stepByOrc(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
  orc: OrcEntry,
  how: Pick<UnwindState, 'method' | 'exact'>,
): UnwindStep {
  if (orc.type === 'end') {
    return { kind: 'end', complete: state.exact && how.exact, why: 'end of the stack' };
  }
  if (orc.type === 'undefined') throw new UnwindStop('the kernel has no unwind information there');

  const sp = callerStack(env, access, state, orc);
  switch (orc.type) {
    case 'call':
      return stepByCall(env, access, state, orc, sp, how);
    case 'regs': {
      const bytes = access.read(sp, PT_REGS_SIZE, 'struct pt_regs');
      return stepByRegisters(
        access,
        state,
        orc,
        sp,
        { values: decodeRegisters(bytes, false), full: true },
        how,
      );
    }
    case 'regs-partial': {
      const bytes = access.read(sp, IRET_FRAME_SIZE, 'interrupt frame');
      return stepByRegisters(
        access,
        state,
        orc,
        sp,
        { values: decodeIretFrame(bytes), full: false },
        how,
      );
    }
  }
}

/** Top of the caller's frame, or where its registers lie. */
function callerStack(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
  orc: OrcEntry,
): bigint {
  const offset = BigInt(orc.spOffset);
  switch (orc.spReg) {
    case 'sp':
      return wrap(state.sp + offset);
    case 'bp':
      return wrap(state.bp + offset);
    case 'sp-indirect':
      if (env.spIndirect === 'add-then-load') {
        return access.readU64(wrap(state.sp + offset), 'saved stack pointer');
      }
      return wrap(access.readU64(state.sp, 'saved stack pointer') + offset);
    case 'bp-indirect':
      return access.readU64(wrap(state.bp + offset), 'saved stack pointer');
    default: {
      const name = SAVED_BASES[orc.spReg];
      if (name === undefined) {
        throw new UnwindStop(`ORC names ${orc.spReg} as the base of the stack, which cannot be`);
      }
      const value = registerOf(state, name);
      if (value === undefined) {
        throw new UnwindStop(`ORC needs register ${name}, which was not saved`);
      }
      return value;
    }
  }
}

function stepByCall(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
  orc: OrcEntry,
  sp: bigint,
  how: Pick<UnwindState, 'method' | 'exact'>,
): UnwindStep {
  const slot = wrap(sp - 8n);
  const pc = returnAddressAt(env, access, slot);
  const bp = callerFramePointer(access, orc, sp, state.bp, state.bp);
  return {
    kind: 'next',
    state: {
      pc,
      sp,
      bp,
      slot,
      interrupted: false,
      registers: undefined,
      earlierRegisters: undefined,
      stack: access.advance(state, sp, slot),
      method: how.method,
      exact: state.exact && how.exact,
    },
  };
}

function stepByRegisters(
  access: StackAccess,
  state: UnwindState,
  orc: OrcEntry,
  at: bigint,
  registers: SavedRegisters,
  how: Pick<UnwindState, 'method' | 'exact'>,
): UnwindStep {
  const { values } = registers;
  const saved = { registers, address: registers.full ? at : wrap(at - BigInt(IRET_FRAME_OFFSET)) };
  const exact = state.exact && how.exact;
  if (isUserModeCs(values['cs'] ?? 0n)) {
    return { kind: 'end', complete: exact, why: 'entered from user mode', saved };
  }
  const sp = values['rsp'] ?? 0n;
  const earlier = state.registers?.full === true ? state.registers : state.earlierRegisters;
  const earlierRegisters = registers.full ? undefined : earlier;
  const own = registerOf({ registers, earlierRegisters }, 'rbp') ?? state.bp;
  const next: UnwindState = {
    pc: values['rip'] ?? 0n,
    sp,
    bp: callerFramePointer(access, orc, at, state.bp, own),
    slot: sp,
    interrupted: orc.signal,
    registers,
    earlierRegisters,
    stack: access.advance(state, sp, sp),
    method: how.method,
    exact,
  };
  return { kind: 'next', state: next, saved };
}

/**
 * @param bp of the frame itself
 * @param unchanged the caller's where the function did not save it
 */
function callerFramePointer(
  access: StackAccess,
  orc: OrcEntry,
  sp: bigint,
  bp: bigint,
  unchanged: bigint,
): bigint {
  switch (orc.bpReg) {
    case 'undefined':
      return unchanged;
    case 'prev-sp':
      return access.readU64(wrap(sp + BigInt(orc.bpOffset)), 'saved frame pointer');
    case 'bp':
      return access.readU64(wrap(bp + BigInt(orc.bpOffset)), 'saved frame pointer');
    default:
      throw new UnwindStop(`ORC names ${orc.bpReg} as the place of rbp, which cannot be`);
  }
}

function wrap(address: bigint): bigint {
  return BigInt.asUintN(64, address);
}
