import type { RunResult, StackFrame } from '../../src-shared/contract/index.ts';

/** What `frame` answered of the chosen frame. */
export interface LoadedFrame {
  readonly answer: RunResult;
  /** Undefined when the answer has no such frame. */
  readonly frame: StackFrame | undefined;
}
