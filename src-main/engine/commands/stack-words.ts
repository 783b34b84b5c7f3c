import type { StackFrame, StackTrace, StackWord } from '../../../src-shared/contract/index.ts';
import { hex, virtAddr } from '../base/address.ts';
import { tryRead, valueOrFault } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import type { FrameState } from '../unwind/frame-state.ts';
import { absentOf } from './facts.ts';
import { extentsOfFrame, type StackExtent } from './stack-extent.ts';
import { placeLabels, type PlaceLabels } from './stack-places.ts';
import { valueLabels } from './stack-values.ts';
import { findWordName } from './word-name.ts';

type Trace = Pick<StackTrace, 'start' | 'frames'>;

/**
 * The words of a frame's stack, ascending, as they lie there; a word whose page is missing says why.
 * @param names also name those that are addresses, as crash's `bt -F` does
 */
function rawStackWords(
  program: Program,
  trace: Trace,
  index: number,
  names?: 'slab' | 'slab-address',
): StackWord[] {
  return wordsOf(program, trace, index).map((word) => {
    if (names === undefined || typeof word.value !== 'bigint') return word;
    const name = findWordName(program, word.value, names);
    return name === undefined ? word : { ...word, name };
  });
}

/**
 * The words of a frame's stack, each with what is known of it, most certain first: what the
 * unwinder and the debug information say of the place, then what the value alone looks like.
 * @param states of all frames of the trace
 */
export function stackWords(
  program: Program,
  task: KernelObject | undefined,
  trace: Trace,
  states: readonly FrameState[],
  index: number,
): StackWord[] {
  const words = wordsOf(program, trace, index);
  if (words.length === 0) return words;
  const places: PlaceLabels = placeLabels(program, states, index);
  const canary = task && findCanary(task);
  return words.map((word) => {
    const labels = [...(places.get(word.address) ?? [])];
    const { value } = word;
    if (typeof value !== 'bigint') return { ...word, labels };
    if (canary !== undefined && value === canary) {
      labels.push({ kind: 'other', text: 'stack canary of the task', certain: true });
    } else if (!labels.some(({ kind }) => kind === 'return-address')) {
      labels.push(...valueLabels(program, value, trace.frames));
    }
    return { ...word, labels };
  });
}

/** Sentences about frames whose words are not all shown. @param indexes of the trace's frames */
export function cutWordWarnings(
  program: Program,
  trace: Trace,
  indexes: readonly number[],
): string[] {
  return indexes.flatMap((index) =>
    extentsIn(program, trace, index).flatMap(({ start, end, wholeEnd }) =>
      wholeEnd === undefined
        ? []
        : [
            `Frame ${index} seems to take ${wholeEnd - start} bytes of stack; its words from ${hex(end)} on are not shown.`,
          ],
    ),
  );
}

function extentsIn(program: Program, trace: Trace, index: number): readonly StackExtent[] {
  const find = (at: bigint): bigint | undefined =>
    tryRead(() => program.kernel.readU64(virtAddr(at)));
  return extentsOfFrame(trace, index, find);
}

function wordsOf(program: Program, trace: Trace, index: number): StackWord[] {
  const read = (address: bigint): bigint => program.kernel.readU64(virtAddr(address));
  const words: StackWord[] = [];
  for (const { start, end } of extentsIn(program, trace, index)) {
    for (let address = start; address < end; address += 8n) {
      const found = valueOrFault(() => read(address));
      const value = 'value' in found ? found.value : absentOf(found.fault);
      words.push({ address, value, labels: [] });
    }
  }
  return words;
}

/**
 * The random number the compiler puts above a function's arrays. 0: the kernel has none.
 * @source include/linux/stackprotector.h; task_struct.stack_canary (CONFIG_STACKPROTECTOR)
 */
function findCanary(task: KernelObject): bigint | undefined {
  if (!task.has('stack_canary')) return undefined;
  const canary = tryRead(() => task.member('stack_canary').pointer());
  return canary === 0n ? undefined : canary;
}

/** Frames with their raw words (`bt -f`). */
export function withRawWords(
  program: Program,
  trace: Trace,
  names?: 'slab' | 'slab-address',
): StackFrame[] {
  return trace.frames.map((frame, i) => {
    // The registers that end a stack are shown as registers.
    if (i === trace.frames.length - 1) return frame;
    const words = rawStackWords(program, trace, i, names);
    return words.length === 0 ? frame : { ...frame, words };
  });
}
