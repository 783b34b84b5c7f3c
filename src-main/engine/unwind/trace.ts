import type { RegisterSet, StackFrame, StackTrace } from '../../../src-shared/contract/block.ts';
import { hex, virtAddr, type VirtAddr } from '../base/address.ts';
import { describeFault, FaultError } from '../base/fault.ts';
import { isUserModeCs } from '../arch/x86-64/pt-regs.ts';
import type { OrcEntry } from '../debuginfo/orc.ts';
import { stepByCallFrame } from './cfi-frame-step.ts';
import { stepByCode } from './code-step.ts';
import type { UnwindEnvironment } from './environment.ts';
import { stepByBadCall, stepByFramePointer, stepByScan } from './guess-step.ts';
import { originOfRegisters } from './origin.ts';
import { stepByOrc } from './orc-step.ts';
import { StackAccess, UnwindStop } from './stack-access.ts';
import type { SavedAt, UnwindStart, UnwindState, UnwindStep } from './state.ts';

export interface UnwindOptions {
  /** Frames at most; the rest is reported as cut off. */
  readonly maxFrames?: number;
  /** Go on by frame pointers and by scanning where nothing exact is known. */
  readonly guess?: boolean;
}

/** What a walk gives; the caller adds whose it is and where it began. */
export type UnwoundFrames = Pick<StackTrace, 'frames' | 'end' | 'warnings'>;

const MAX_FRAMES = 1024;

/**
 * Walks a stack from its innermost frame outwards. Never throws for what memory lacks: the frames
 * found so far stand, and `end` says why there are no more.
 */
export function unwind(
  env: UnwindEnvironment,
  start: UnwindStart,
  options: UnwindOptions = {},
): UnwoundFrames {
  const limit = Math.min(options.maxFrames ?? MAX_FRAMES, MAX_FRAMES);
  const access = new StackAccess(env, start.sp);
  const frames: StackFrame[] = [];
  const byCallFrames = new Set<number>();
  const finish = (complete: boolean, why: string): UnwoundFrames => ({
    frames,
    end: { complete, why },
    warnings: warningsOf(env, frames, byCallFrames),
  });
  let state: UnwindState | undefined = {
    pc: start.pc,
    sp: start.sp,
    bp: start.bp,
    slot: start.slot,
    interrupted: start.interrupted,
    registers: start.registers,
    earlierRegisters: undefined,
    known: start.known,
    method: start.guessed === true ? 'scan' : 'start',
    exact: start.guessed !== true,
    stack: access.rangeOf(start.sp) ?? access.rangeOf(start.slot),
  };
  for (;;) {
    const lookup = virtAddr(state.interrupted ? state.pc : state.pc - 1n);
    let step: UnwindStep;
    let stop: string | undefined;
    try {
      step = nextStep(env, access, state, lookup, options.guess === true);
    } catch (error) {
      if (error instanceof UnwindStop) stop = error.message;
      else if (error instanceof FaultError) stop = describeFault(error.fault);
      else throw error;
      step = { kind: 'end', complete: false, why: stop };
    }
    if (state.foundBy === 'call-frame-information') byCallFrames.add(frames.length);
    frames.push(frameOf(env, state, lookup, frames.length, step.saved));
    if (step.kind === 'end') return finish(step.complete, step.why);
    if (frames.length >= limit) return finish(false, `more than ${limit} frames: cut off`);
    state = step.state;
  }
}

/** @param lookup the instruction that unwinding information is asked for: of a caller its call */
function nextStep(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
  lookup: VirtAddr,
  guess: boolean,
): UnwindStep {
  if (!guess && env.hasOrc) return exactStep(env, access, state, lookup);
  try {
    return exactStep(env, access, state, lookup);
  } catch (error) {
    if (!(error instanceof UnwindStop)) throw error;
    return stepByScan(env, access, state);
  }
}

/** By ORC, call frame information, or a frame pointer where the code may keep one. */
function exactStep(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
  lookup: VirtAddr,
): UnwindStep {
  const orc = orcOrFault(env, lookup);
  if (orc !== undefined && !(orc instanceof FaultError)) {
    return orc.type === 'undefined'
      ? withoutOrc(env, access, state, lookup)
      : stepByOrc(env, access, state, orc, BY_ORC);
  }
  const row = env.isText(lookup) ? env.cfiAt?.(lookup) : undefined;
  if (row !== undefined) return stepByCallFrame(env, access, state, row);
  if (orc !== undefined) throw orc;
  if (state.interrupted && !env.isText(lookup) && !env.isExecutable(lookup)) {
    return stepByBadCall(env, access, state);
  }
  if (env.isText(lookup) && env.hasOrc) {
    throw new UnwindStop(`no unwind information covers ${hex(state.pc)}`);
  }
  if (!env.isText(lookup) && !env.isExecutable(lookup)) {
    throw new UnwindStop(`${hex(state.pc)} is no code`);
  }
  return stepByFramePointer(env, access, state);
}

const BY_ORC = { method: 'orc', exact: true } as const;

/** A page of the table may be missing: call frame information can tell instead. */
function orcOrFault(env: UnwindEnvironment, lookup: VirtAddr): OrcEntry | FaultError | undefined {
  try {
    return env.orcAt(lookup);
  } catch (error) {
    if (error instanceof FaultError) return error;
    throw error;
  }
}

/** Code that ORC leaves out: its instructions cost less than indexing call frame information. */
function withoutOrc(
  env: UnwindEnvironment,
  access: StackAccess,
  state: UnwindState,
  lookup: VirtAddr,
): UnwindStep {
  try {
    return stepByCode(env, access, state);
  } catch (error) {
    if (!(error instanceof UnwindStop)) throw error;
    const row = env.cfiAt?.(lookup);
    if (row === undefined) throw error;
    return stepByCallFrame(env, access, state, row);
  }
}

function frameOf(
  env: UnwindEnvironment,
  state: UnwindState,
  lookup: VirtAddr,
  index: number,
  saved: SavedAt | undefined,
): StackFrame {
  const found = env.symbolAt(lookup);
  // The symbol is that of the call; the offset is that of pc, as everybody prints it.
  const symbol =
    found === undefined || state.interrupted ? found : { ...found, offset: found.offset + 1 };
  return {
    index,
    pc: state.pc,
    sp: state.slot,
    symbol,
    method: state.method,
    exact: state.exact,
    stack: state.stack?.kind ?? 'unknown',
    interrupted: state.interrupted,
    ...(saved && { registers: registerSetOf(env, saved, symbol?.name) }),
  };
}

/** Registers saved at a boundary, by the function that saved them. */
function registerSetOf(
  env: UnwindEnvironment,
  saved: SavedAt,
  savedBy: string | undefined,
): RegisterSet {
  const { values, full } = saved.registers;
  const userMode = isUserModeCs(values['cs'] ?? 0n);
  const symbol = userMode ? undefined : env.symbolAt(virtAddr(values['rip'] ?? 0n));
  return {
    origin: originOfRegisters(savedBy),
    address: saved.address,
    userMode,
    values,
    full,
    ...(symbol && { symbol }),
  };
}

function warningsOf(
  env: UnwindEnvironment,
  frames: readonly StackFrame[],
  byCallFrames: ReadonlySet<number>,
): string[] {
  const all: string[] = [];
  if (!env.hasOrc && byCallFrames.size > 0) {
    all.push(
      'The kernel has no ORC: frames were found by the call frame information of its debuginfo.',
    );
  }
  for (const { index, method } of frames) {
    const callee = frames[index - 1]?.symbol?.name ?? 'its callee';
    if (method !== 'cfi' || (!env.hasOrc && byCallFrames.has(index))) continue;
    all.push(
      byCallFrames.has(index)
        ? `Frame #${index} was found by the call frame information of debuginfo: no ORC can be had for ${callee}.`
        : `Frame #${index} was found from the instructions of ${callee}, for which the kernel has no ORC.`,
    );
  }
  return [...all, ...guessWarnings(frames)];
}

function guessWarnings(frames: readonly StackFrame[]): string[] {
  const first = frames.find((frame) => !frame.exact);
  if (first === undefined) return [];
  return [
    `Frames from #${first.index} on are a guess (${first.method === 'scan' ? 'words on the stack that look like return addresses' : 'code without unwind information, assumed to keep a frame pointer'}).`,
  ];
}
