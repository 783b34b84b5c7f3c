import { cfaAt, isUnchanged, savedAt, type CodeCfa } from './code-frame.ts';
import { codePointAt, type FunctionCode } from './code-flow.ts';

/** Where a function keeps its caller's registers at one of its instructions. Numbers are DWARF's. */
export interface RegistersByCode {
  readonly cfa: CodeCfa;
  /** Register -> where the caller's value lies, from the CFA (negative). */
  readonly saved: ReadonlyMap<number, number>;
  /** Registers that still hold the caller's value. A register may be in both. */
  readonly unchanged: ReadonlySet<number>;
}

/** rbx, rbp, r12 to r15: the processor's number and DWARF's. */
const CALLEE_SAVED = [
  [3, 3],
  [5, 6],
  [12, 12],
  [13, 13],
  [14, 14],
  [15, 15],
] as const;

/**
 * What a function did with its caller's rbx, rbp and r12 to r15, from its instructions. Answers only
 * where every path to the place agrees; registers in neither set are not known.
 * @param code the whole function, or with its other parts
 * @param at offset of the instruction that runs next, or, with `after`, of the one behind the call
 */
export function savedRegistersByCode(
  code: Uint8Array | FunctionCode,
  at: number,
  after: boolean,
): RegistersByCode | undefined {
  const whole = code instanceof Uint8Array ? { parts: [{ offset: 0, bytes: code }] } : code;
  const point = codePointAt(whole, at, after);
  const cfa = point && cfaAt(point);
  if (point === undefined || cfa === undefined) return undefined;
  const saved = new Map<number, number>();
  const unchanged = new Set<number>();
  for (const [register, number] of CALLEE_SAVED) {
    const slot = savedAt(point.state, register);
    if (slot !== undefined) saved.set(number, slot);
    if (isUnchanged(point.state, register)) unchanged.add(number);
  }
  return { cfa, saved, unchanged };
}
