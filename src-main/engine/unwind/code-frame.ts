import { codePointAt, type CodePoint } from './code-flow.ts';
import type { CodeState } from './code-state.ts';

/** CFA = register + offset. The CFA is the stack pointer the caller had before the call. */
export interface CodeCfa {
  readonly register: 'rsp' | 'rbp';
  readonly offset: number;
}

/**
 * Where a function's frame stands at one of its instructions. The return address lies at CFA - 8.
 */
export interface CodeFrame {
  readonly cfa: CodeCfa;
  /** The caller's rbp lies at CFA - this; undefined: rbp still is the caller's. */
  readonly savedFramePointer: number | undefined;
}

const RBP = 5;

/**
 * The frame of a function from its instructions. Answers only when every path agrees.
 * @param code the whole function
 * @param at offset of the instruction that runs next, or, with `after`, of the one behind the call
 */
export function codeFrameAt(code: Uint8Array, at: number, after: boolean): CodeFrame | undefined {
  const point = codePointAt({ parts: [{ offset: 0, bytes: code }] }, at, after);
  const cfa = point && cfaAt(point);
  if (point === undefined || cfa === undefined) return undefined;
  const saved = savedAt(point.state, RBP);
  if (saved === undefined && !isUnchanged(point.state, RBP)) return undefined;
  return { cfa, savedFramePointer: saved === undefined ? undefined : -saved };
}

/** Undefined where neither register has a known distance from the CFA. */
export function cfaAt({ state }: CodePoint): CodeCfa | undefined {
  const { height } = state;
  const depth = state.values.depth(state.register(RBP));
  // rbp is the frame pointer when it points to the saved one; else it may be any copy of rsp.
  const framePointer = depth !== undefined && -depth === savedAt(state, RBP);
  if (height !== undefined && !framePointer) return { register: 'rsp', offset: height };
  return depth === undefined ? undefined : { register: 'rbp', offset: depth };
}

/** Offset from the CFA of the slot nearest to it that holds the caller's value of a register. */
export function savedAt({ slots, values }: CodeState, register: number): number | undefined {
  const entry = values.entry(register);
  let nearest: number | undefined;
  for (const [offset, { value, width }] of slots) {
    if (value !== entry || width !== 8 || offset > -16) continue;
    if (nearest === undefined || offset > nearest) nearest = offset;
  }
  return nearest;
}

/** The register holds what the caller had in it. */
export function isUnchanged(state: CodeState, register: number): boolean {
  return state.register(register) === state.values.entry(register);
}
