import type { StackFrame } from '../../../src-shared/contract/index.ts';
import type { Task } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import { frameStatesOf } from '../unwind/frame-states.ts';
import type { TaskTrace } from '../unwind/task.ts';
import { findHex } from './numbers.ts';
import type { Options } from './options.ts';
import { stackWords, withRawWords } from './stack-words.ts';

/** Frames with the words `bt -f`, `-ff`, `-F` or `-FF` asks for; the same ones without. */
export function withWords(
  program: Program,
  task: Task,
  trace: TaskTrace,
  frames: readonly StackFrame[],
  options: Options,
): StackFrame[] {
  const symbolic = options.count('F');
  if (options.count('f') > 1) {
    const states = frameStatesOf(program, task.object, trace);
    return frames.map((frame, i) => {
      const words = stackWords(program, task.object, trace, states, i);
      return words.length === 0 ? frame : { ...frame, words };
    });
  }
  if (symbolic > 0) {
    const names = symbolic > 1 ? 'slab-address' : 'slab';
    return withRawWords(program, { ...trace, frames }, names);
  }
  return options.has('f') ? withRawWords(program, { ...trace, frames }) : [...frames];
}

/** A function of the trace by name, or an address that one of its frames stands at (`bt -R`). */
export function refersTo(frames: readonly StackFrame[], reference: string): boolean {
  const address = findHex(reference);
  return frames.some(
    ({ symbol, pc }) => symbol?.name === reference || (address !== undefined && pc === address),
  );
}
