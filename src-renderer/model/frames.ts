import type {
  CodeInstruction,
  FrameVariable,
  SourceLine,
  StackFrame,
  StackTrace,
} from '../../src-shared/contract/index.ts';

/** A line of the list of frames: a frame's own function, or one that was inlined into it. */
export interface FrameEntry {
  readonly frame: StackFrame;
  /** Index in `frame.inlined`; undefined for the frame's own function. */
  readonly inline: number | undefined;
  readonly name: string | undefined;
  readonly source: SourceLine | undefined;
  readonly variables: readonly FrameVariable[] | undefined;
}

/** Innermost first; the functions inlined into a frame come before its own. */
export function entriesOf(stack: StackTrace): readonly FrameEntry[] {
  return stack.frames.flatMap(entriesOfFrame);
}

export function entriesOfFrame(frame: StackFrame): readonly FrameEntry[] {
  return [
    ...(frame.inlined ?? []).map((inlined, inline) => ({
      frame,
      inline,
      name: inlined.function,
      source: inlined.source,
      variables: inlined.variables,
    })),
    {
      frame,
      inline: undefined,
      name: frame.symbol?.name,
      source: frame.source,
      variables: frame.variables,
    },
  ];
}

/** Where the location points; a level that the frame does not have is the frame itself. */
export function entryIndex(
  entries: readonly FrameEntry[],
  frame: number | undefined,
  inline: number | undefined,
): number {
  if (frame === undefined) return entries.length > 0 ? 0 : -1;
  const exact = entries.findIndex((each) => each.frame.index === frame && each.inline === inline);
  return exact >= 0
    ? exact
    : entries.findIndex((each) => each.frame.index === frame && each.inline === undefined);
}

export type InstructionRole = 'executing' | 'call' | 'return';

/**
 * What an instruction is to a frame: the interrupted one; or, of a frame that called, the call and
 * where it returns to. After a call that never returns there may be no instruction of the function.
 */
export function instructionRole(
  { address, bytes }: Pick<CodeInstruction, 'address' | 'bytes'>,
  pc: bigint | undefined,
  interrupted: boolean,
): InstructionRole | undefined {
  if (pc === undefined) return undefined;
  if (address === pc) return interrupted ? 'executing' : 'return';
  return !interrupted && address + BigInt(bytes.length) === pc ? 'call' : undefined;
}
