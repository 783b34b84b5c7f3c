import { DWARF_ABI, DWARF_REGISTERS } from '../arch/x86-64/dwarf-registers.ts';
import { hex } from '../base/address.ts';
import type { CfiRow } from '../debuginfo/dwarf/cfi-row.ts';
import { stepByCfi, type CfiCaller } from '../debuginfo/dwarf/cfi-step.ts';
import { EvaluationStop } from '../debuginfo/dwarf/stack-value.ts';
import { evaluateCfi } from './caller-registers.ts';
import type { UnwindEnvironment } from './environment.ts';
import { returnAddressAt } from './return-address.ts';
import { UnwindStop, type StackAccess } from './stack-access.ts';
import { registerOf, type UnwindState, type UnwindStep } from './state.ts';

const RBP = 6;
const RSP = 7;

/**
 * The caller of a frame by the call frame information of debuginfo, where the kernel has no ORC.
 * @throws UnwindStop, FaultError
 */
export function stepByCallFrame(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
  row: CfiRow,
): UnwindStep {
  const register = (number: number): bigint | undefined => {
    if (number === RSP) return state.sp;
    if (number === RBP) return state.bp;
    return state.known?.().get(number) ?? registerOf(state, DWARF_REGISTERS[number] ?? '');
  };
  const read = (address: bigint, length: number): Uint8Array =>
    access.read(address, length, 'saved register');
  let step: CfiCaller;
  try {
    const evaluate = (expression: Uint8Array, initial: readonly bigint[]): bigint =>
      evaluateCfi(expression, initial, { register, read });
    step = stepByCfi(row, { register, read, evaluate }, DWARF_ABI);
  } catch (error) {
    if (error instanceof EvaluationStop) throw new UnwindStop(error.message);
    throw error;
  }
  const { cfa, returnSlot, registers } = step;
  if (row.registers.get(row.returnRegister)?.kind === 'undefined') {
    return { kind: 'end', complete: state.exact, why: 'end of the stack' };
  }
  if (returnSlot === undefined) {
    throw new UnwindStop(`the call frame information of ${hex(state.pc)} tells no return address`);
  }
  const bp = registers.get(RBP);
  if (bp === undefined) {
    throw new UnwindStop(`the frame pointer of the caller of ${hex(state.pc)} cannot be read`);
  }
  const next: UnwindState = {
    pc: returnAddressAt(env, access, returnSlot),
    sp: cfa,
    bp,
    slot: returnSlot,
    interrupted: row.signal,
    registers: undefined,
    earlierRegisters: undefined,
    known: () => registers,
    method: 'cfi',
    foundBy: 'call-frame-information',
    exact: state.exact,
    stack: access.advance(state, cfa, returnSlot),
  };
  return { kind: 'next', state: next };
}
