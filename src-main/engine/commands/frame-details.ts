import type { FrameRegister, StackFrame } from '../../../src-shared/contract/index.ts';
import { FaultError } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import type { FrameState } from '../unwind/frame-state.ts';
import { frameStatesOf } from '../unwind/frame-states.ts';
import type { TaskTrace } from '../unwind/task.ts';
import { argumentCodeOf, DerivedArguments } from '../unwind/derived-arguments.ts';
import { derivedVariables } from './derived-variables.ts';
import { variablesOfFrame, withVariables } from './frame-variables.ts';

/** The frames of a trace with their states: one walk for everything that is shown of them. */
export class FrameDetails {
  readonly states: readonly FrameState[];
  /** What could not be read, full sentences. */
  readonly warnings = new Set<string>();
  readonly #program: Program;
  readonly #derived: DerivedArguments;

  constructor(program: Program, task: KernelObject | undefined, trace: TaskTrace) {
    this.#program = program;
    this.states = frameStatesOf(program, task, trace);
    this.#derived = new DerivedArguments(() => argumentCodeOf(program), this.states);
  }

  /** @param frame of the same trace, perhaps with sources */
  withVariables(frame: StackFrame): StackFrame {
    const state = this.states[frame.index];
    if (state === undefined) return frame;
    try {
      const told = variablesOfFrame(this.#program, state);
      if (told !== undefined) return withVariables(frame, told);
      const variables = derivedVariables(this.#program, this.#derived, state);
      return variables === undefined ? frame : { ...frame, variables };
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.warnings.add(`Variables of frame #${frame.index}: ${error.message}.`);
      return frame;
    }
  }

  withRegisters(frame: StackFrame): StackFrame {
    const state = this.states[frame.index];
    return state === undefined ? frame : { ...frame, known: inOrder(state) };
  }
}

/** By DWARF's number, rip first as everywhere. */
function inOrder({ registers }: FrameState): FrameRegister[] {
  const place = (number: number): number => (number === 16 ? -1 : number);
  return [...registers].sort(([a], [b]) => place(a) - place(b)).map(([, register]) => register);
}
