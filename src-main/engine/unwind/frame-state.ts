import type { FrameRegister, StackFrame } from '../../../src-shared/contract/index.ts';
import type { CodeLocation } from '../debuginfo/dwarf/debug-info.ts';
import type { FrameContext } from '../debuginfo/dwarf/frame-context.ts';
import type { DebugInfoPart } from '../program/debug-info.ts';

/** What is known of one frame of a trace beyond where it stands. */
export interface FrameState {
  readonly frame: StackFrame;
  /**
   * The stack pointer its caller had before the call (DWARF's canonical frame address). Undefined
   * where nobody called: at an entry into the kernel, and for guessed frames.
   */
  readonly cfa: bigint | undefined;
  /**
   * Registers as they stood in this frame, by DWARF's number; those not in it are not known. rip
   * and rsp are known of every exact frame; empty for guessed ones.
   */
  readonly registers: ReadonlyMap<number, FrameRegister>;
  /** Where this frame's function saved its caller's registers: DWARF's number -> address. */
  readonly saved: ReadonlyMap<number, bigint>;
  /**
   * What told `saved`: DWARF's call frame information, or the function's instructions. Undefined:
   * neither covers the frame, then at most rbp (by ORC) is in `saved`.
   */
  readonly method: 'cfi' | 'instructions' | undefined;
  /** Why the caller's registers are not known, a sentence without full stop; undefined when they are. */
  readonly lost: string | undefined;
  /** Functions (inlined ones first) and lines; undefined without debug information. */
  readonly location: CodeLocation | undefined;
  /** The file with debug information that covers the frame. */
  readonly part: DebugInfoPart | undefined;
  /** For values of variables; undefined without debug information. */
  readonly context: FrameContext | undefined;
}
