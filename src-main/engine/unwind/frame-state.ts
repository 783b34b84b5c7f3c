import type { FrameRegister, StackFrame } from '../../../src-shared/contract/index.ts';
import type { CodeLocation } from '../debuginfo/dwarf/debug-info.ts';
import type { FrameContext } from '../debuginfo/dwarf/frame-context.ts';

/** What is known of one frame of a trace beyond where it stands. */
export interface FrameState {
  readonly frame: StackFrame;
  /** The stack pointer its caller had before the call (DWARF's canonical frame address). */
  readonly cfa: bigint | undefined;
  /** Registers as they stood in this frame, by DWARF's number; those not in it are not known. */
  readonly registers: ReadonlyMap<number, FrameRegister>;
  /** Where this frame's function saved its caller's registers: DWARF's number -> address. */
  readonly saved: ReadonlyMap<number, bigint>;
  /** What told `cfa` and `saved`: DWARF's call frame information, or the function's instructions. */
  readonly method: 'cfi' | 'instructions' | undefined;
  /** Functions (inlined ones first) and lines; undefined without debug information. */
  readonly location: CodeLocation | undefined;
  /** For values of variables; undefined without debug information. */
  readonly context: FrameContext | undefined;
}
