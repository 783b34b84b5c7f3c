import { FaultError } from '../../base/fault.ts';
import type { CfiRow, RegisterRule } from './cfi-row.ts';
import { EvaluationStop, unsignedOf } from './stack-value.ts';

/** The registers and memory of the frame whose caller is looked for. */
export interface CfiFrame {
  register(register: number): bigint | undefined;
  /** Exactly `length` bytes. @throws FaultError */
  read(address: bigint, length: number): Uint8Array;
  /** Value of an expression with `initial` on its stack. @throws EvaluationStop */
  evaluate(expression: Uint8Array, initial: readonly bigint[]): bigint;
}

/** Facts of the machine that a row leaves to its ABI. */
export interface CfiAbi {
  readonly stackPointer: number;
  /** Kept by every function: without a rule they still hold the caller's values. */
  readonly calleeSaved: readonly number[];
}

export interface CfiCaller {
  readonly cfa: bigint;
  /** Undefined: the outermost frame. */
  readonly returnAddress: bigint | undefined;
  /** Where the return address was read, when in memory. */
  readonly returnSlot: bigint | undefined;
  /** Of the caller; those not in it are not known. */
  readonly registers: ReadonlyMap<number, bigint>;
  /** Where in memory those of `registers` were read that were saved. */
  readonly saved: ReadonlyMap<number, bigint>;
  /** Registers whose saved value could not be read or computed, and why. */
  readonly unreadable: ReadonlyMap<number, FaultError | EvaluationStop>;
}

/**
 * The caller's registers by a row of call frame information.
 * @throws EvaluationStop when the CFA cannot be computed; FaultError when that needs memory that
 *   cannot be read
 */
export function stepByCfi(row: CfiRow, frame: CfiFrame, abi: CfiAbi): CfiCaller {
  const cfa = cfaOf(row, frame);
  const registers = new Map<number, bigint>([[abi.stackPointer, cfa]]);
  const saved = new Map<number, bigint>();
  const unreadable = new Map<number, FaultError | EvaluationStop>();
  for (const register of abi.calleeSaved) {
    const value = row.registers.has(register) ? undefined : frame.register(register);
    if (value !== undefined) registers.set(register, value);
  }
  for (const [register, rule] of row.registers) {
    try {
      const slot = slotOf(rule, cfa, frame);
      if (slot !== undefined) saved.set(register, slot);
      const value =
        slot === undefined
          ? valueByRule(rule, register, cfa, frame)
          : unsignedOf(frame.read(slot, row.addressSize));
      if (value === undefined) registers.delete(register);
      else registers.set(register, value);
    } catch (error) {
      if (!(error instanceof FaultError) && !(error instanceof EvaluationStop)) throw error;
      registers.delete(register);
      unreadable.set(register, error);
    }
  }
  const { returnRegister } = row;
  return {
    cfa,
    returnAddress: registers.get(returnRegister),
    returnSlot: saved.get(returnRegister),
    registers,
    saved,
    unreadable,
  };
}

function cfaOf({ cfa }: CfiRow, frame: CfiFrame): bigint {
  if (cfa.kind === 'expression') return frame.evaluate(cfa.bytes, []);
  const base = frame.register(cfa.register);
  if (base !== undefined) return wrap(base + BigInt(cfa.offset));
  const why = `the frame begins relative to register ${cfa.register}, which is not known`;
  throw new EvaluationStop('unavailable', why);
}

/** Where a register was saved in memory. @throws EvaluationStop, FaultError */
function slotOf(rule: RegisterRule, cfa: bigint, frame: CfiFrame): bigint | undefined {
  if (rule.kind === 'offset') return wrap(cfa + BigInt(rule.offset));
  return rule.kind === 'expression' ? wrap(frame.evaluate(rule.bytes, [cfa])) : undefined;
}

/** The value of a register that was not saved in memory. @throws EvaluationStop, FaultError */
function valueByRule(
  rule: RegisterRule,
  register: number,
  cfa: bigint,
  frame: CfiFrame,
): bigint | undefined {
  switch (rule.kind) {
    case 'same':
      return frame.register(register);
    case 'value-offset':
      return wrap(cfa + BigInt(rule.offset));
    case 'register':
      return frame.register(rule.register);
    case 'value-expression':
      return frame.evaluate(rule.bytes, [cfa]);
    default:
      return undefined;
  }
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
