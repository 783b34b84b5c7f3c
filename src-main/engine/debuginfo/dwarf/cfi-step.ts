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
}

/**
 * The caller's registers by a row of call frame information.
 * @throws EvaluationStop when the CFA cannot be computed, FaultError when the stack cannot be read
 */
export function stepByCfi(row: CfiRow, frame: CfiFrame, abi: CfiAbi): CfiCaller {
  const cfa = cfaOf(row, frame);
  const registers = new Map<number, bigint>([[abi.stackPointer, cfa]]);
  for (const register of abi.calleeSaved) {
    const value = row.registers.has(register) ? undefined : frame.register(register);
    if (value !== undefined) registers.set(register, value);
  }
  for (const [register, rule] of row.registers) {
    const value = valueByRule(rule, register, cfa, row, frame);
    if (value === undefined) registers.delete(register);
    else registers.set(register, value);
  }
  const returnRule = row.registers.get(row.returnRegister);
  const returnSlot =
    returnRule?.kind === 'offset' ? wrap(cfa + BigInt(returnRule.offset)) : undefined;
  return { cfa, returnAddress: registers.get(row.returnRegister), returnSlot, registers };
}

function cfaOf({ cfa }: CfiRow, frame: CfiFrame): bigint {
  if (cfa.kind === 'expression') return frame.evaluate(cfa.bytes, []);
  const base = frame.register(cfa.register);
  if (base !== undefined) return wrap(base + BigInt(cfa.offset));
  const why = `the frame begins relative to register ${cfa.register}, which is not known`;
  throw new EvaluationStop('unavailable', why);
}

function valueByRule(
  rule: RegisterRule,
  register: number,
  cfa: bigint,
  row: CfiRow,
  frame: CfiFrame,
): bigint | undefined {
  const load = (address: bigint): bigint => unsignedOf(frame.read(wrap(address), row.addressSize));
  switch (rule.kind) {
    case 'undefined':
      return undefined;
    case 'same':
      return frame.register(register);
    case 'offset':
      return load(cfa + BigInt(rule.offset));
    case 'value-offset':
      return wrap(cfa + BigInt(rule.offset));
    case 'register':
      return frame.register(rule.register);
    case 'expression':
      return load(frame.evaluate(rule.bytes, [cfa]));
    case 'value-expression':
      return frame.evaluate(rule.bytes, [cfa]);
  }
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
