import type { FrameRegister, StackFrame } from '../../../src-shared/contract/index.ts';
import { DWARF_ABI } from '../arch/x86-64/dwarf-registers.ts';
import { hex, virtAddr } from '../base/address.ts';
import { FaultError, tryRead } from '../base/fault.ts';
import type { CfiRow } from '../debuginfo/dwarf/cfi-row.ts';
import type { CodeFunction, FrameContext } from '../debuginfo/dwarf/frame-context.ts';
import type { OrcEntry } from '../debuginfo/orc.ts';
import type { DebugInfoPart } from '../program/debug-info.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import {
  callerByCfi,
  callerByCode,
  carriedOn,
  lostBecause,
  nameOf,
  nameOfFrame,
  wordAt,
  type Callee,
  type CallerRegisters,
  type CodeRegisters,
} from './caller-registers.ts';
import type { UnwindEnvironment } from './environment.ts';
import type { FrameState } from './frame-state.ts';
import { environmentOf } from './program-environment.ts';
import { savedRegistersByCode } from './saved-by-code.ts';
import { registersOfSet, startRegistersOf, type FrameRegisters } from './start-registers.ts';
import type { TaskTrace } from './task.ts';

const RBP = 6;
const RSP = 7;
const RIP = 16;
const MAX_FUNCTION = 64 * 1024;
/** The kernel's link-time addresses begin here; smaller ones are offsets into per-CPU memory. */
const KERNEL_LINK_BASE = 0xffff_ffff_8000_0000n;

/**
 * Registers of every frame of a trace, from the innermost outwards. The trace (by ORC) is the
 * truth: where call frame information or instructions put a frame elsewhere, no register but rip, rsp and
 * what ORC says of rbp is carried on. Costs call frame information and is asked for by those
 * who show variables or registers only. Never throws for what the dump or the files lack.
 */
export function frameStatesOf(
  program: Program,
  task: KernelObject | undefined,
  trace: Pick<TaskTrace, 'start' | 'frames' | 'startRegisters'>,
): FrameState[] {
  const env = environmentOf(program, task, [], undefined);
  const states: FrameState[] = [];
  const walk = new Walk(program, env, trace.frames, states);
  let registers = startRegistersOf(program, task, trace);
  /** Why registers of the frame are missing that its callee should have kept. */
  let lost: string | undefined;
  for (const i of trace.frames.keys()) {
    const caller = walk.step(i, registers, lost);
    registers = caller.registers;
    lost = caller.lost;
  }
  return states;
}

type CodeAnswers = Map<string, CodeRegisters | undefined>;

/** By program: most tasks of a machine sleep in the same places. */
const codeAnswers = new WeakMap<Program, CodeAnswers>();

class Walk {
  readonly #code: CodeAnswers;
  readonly #program: Program;
  readonly #env: UnwindEnvironment;
  readonly #frames: readonly StackFrame[];
  readonly #states: FrameState[];
  readonly #contexts: FrameContext[] = [];

  constructor(
    program: Program,
    env: UnwindEnvironment,
    frames: readonly StackFrame[],
    states: FrameState[],
  ) {
    this.#program = program;
    this.#env = env;
    this.#frames = frames;
    this.#states = states;
    this.#code = codeAnswers.get(program) ?? new Map<string, CodeRegisters | undefined>();
    codeAnswers.set(program, this.#code);
  }

  /** Adds the state of a frame. @returns the registers of the next one */
  step(i: number, given: FrameRegisters, missing: string | undefined): CallerRegisters {
    const frame = this.#frames[i]!;
    const { debugInfo } = this.#program;
    const registers = frame.exact ? withStackPointer(frame, given) : new Map<never, never>();
    const part = frame.exact ? debugInfo?.partAt(virtAddr(frame.pc)) : undefined;
    const caller = this.#callerOf(i, registers, part);
    const location =
      part && debugInfo?.findLocation(virtAddr(frame.pc), frame.interrupted !== true);
    const context = this.#contextOf(i, registers, part, caller.cfa, missing);
    this.#contexts.push(context);
    this.#states.push({
      frame,
      cfa: caller.cfa,
      registers,
      saved: caller.saved,
      method: caller.method,
      lost: caller.lost,
      location,
      part,
      context: location && context,
    });
    return caller;
  }

  #callerOf(i: number, registers: FrameRegisters, part: DebugInfoPart | undefined) {
    const frame = this.#frames[i]!;
    const next = this.#frames[i + 1];
    if (frame.registers !== undefined) return registersOfBoundary(frame);
    const called = next?.exact === true && !next.interrupted;
    const callee: Callee = {
      frame,
      registers,
      cfa: called ? BigInt.asUintN(64, next.sp + 8n) : undefined,
      read: (address, length) => this.#program.kernel.read(virtAddr(address), length),
    };
    if (!frame.exact) return lostBecause(callee, 'the frame is a guess');
    const orc = tryRead(() => this.#env.orcAt(lookupOf(frame)));
    const found = this.#byCallFrame(callee, part, orc);
    return withFramePointer(callee, found, orc);
  }

  #byCallFrame(
    callee: Callee,
    part: DebugInfoPart | undefined,
    orc: OrcEntry | undefined,
  ): CallerRegisters {
    const { frame, cfa } = callee;
    if (!this.#env.isText(lookupOf(frame))) return byBadCall(callee);
    let row: CfiRow | undefined;
    try {
      row = part && this.#program.debugInfo?.cfiOf(part).find(lookupOf(frame) - part.slide);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      return lostBecause(callee, error.message);
    }
    if (row === undefined) return this.#byInstructions(callee);
    const found = callerByCfi(callee, row);
    // Inline assembly switches to the stack of interrupts behind the compiler's back; ORC knows.
    if (found.method === undefined && cfa !== undefined && orc?.spReg === 'sp-indirect') {
      const believed = this.#believedStackPointer(callee, orc);
      const again = believed === undefined ? found : callerByCfi(callee, row, believed);
      if (again.method !== undefined) return again;
    }
    return found;
  }

  /** Without debug information: from what the function's own instructions do. */
  #byInstructions(callee: Callee): CallerRegisters {
    const { frame } = callee;
    const key = `${frame.pc} ${frame.interrupted}`;
    let found = this.#code.get(key);
    if (found === undefined && !this.#code.has(key)) {
      found = this.#readCode(frame);
      this.#code.set(key, found);
    }
    if (found !== undefined) return callerByCode(callee, found);
    const why = `no call frame information covers ${nameOfFrame(frame)}, and its instructions do not tell`;
    return lostBecause(callee, why);
  }

  #readCode({ pc, interrupted }: StackFrame): CodeRegisters | undefined {
    const at = virtAddr(interrupted ? pc : pc - 1n);
    const symbol = this.#env.symbolAt(at);
    if (symbol === undefined || symbol.size === 0 || symbol.size > MAX_FUNCTION) return undefined;
    // A split-off part is entered by a jump, with a frame that is not its own.
    if (/\.cold(\.|$)/.test(symbol.name)) return undefined;
    const start = at - BigInt(symbol.offset);
    const code = tryRead(() => this.#env.read(virtAddr(start), symbol.size));
    return code && savedRegistersByCode(code, Number(pc - start), !interrupted);
  }

  /** The stack pointer before the stack was switched: it lies at the top of the new one. */
  #believedStackPointer(callee: Callee, orc: OrcEntry): bigint | undefined {
    const sp = callee.registers.get(RSP)?.value;
    if (sp === undefined) return undefined;
    const at = this.#env.spIndirect === 'add-then-load' ? sp + BigInt(orc.spOffset) : sp;
    return tryRead(() => wordAt(callee, at));
  }

  #contextOf(
    i: number,
    registers: FrameRegisters,
    part: DebugInfoPart | undefined,
    cfa: bigint | undefined,
    missing: string | undefined,
  ): FrameContext {
    const frame = this.#frames[i]!;
    const next = this.#frames[i + 1];
    const slide = part?.slide ?? 0n;
    const called = frame.registers === undefined && next?.exact === true && !next.interrupted;
    return {
      lookupAddress: lookupOf(frame) - slide,
      relocate: (address) => relocated(address, slide),
      register: (number) => registers.get(number)?.value,
      whyUnknown: (number) => whyUnknown(frame, number, missing),
      cfa,
      read: (address, length) => this.#program.kernel.read(virtAddr(address), length),
      readCode: (address, length) => tryRead(() => this.#env.read(virtAddr(address), length)),
      functionAt: (address) => this.#functionAt(address),
      // The caller's state is made after this one, and asked for when all of them are.
      caller: () => {
        const outer = called ? this.#contexts[i + 1] : undefined;
        const file = this.#states[i + 1]?.part;
        const callSites = file && this.#program.debugInfo?.infoOf(file);
        return outer && { frame: outer, callSites };
      },
    };
  }

  #functionAt(address: bigint): CodeFunction | undefined {
    const { debugInfo } = this.#program;
    const part = debugInfo?.partAt(virtAddr(address));
    const die = part && debugInfo?.infoOf(part).findSubprogram(address - part.slide);
    return die && { die, relocate: (linked) => relocated(linked, part.slide) };
  }
}

/** Smaller addresses are offsets into per-CPU memory, which does not move with the kernel. */
function relocated(address: bigint, slide: bigint): bigint {
  return address >= KERNEL_LINK_BASE ? address + slide : address;
}

function lookupOf(frame: StackFrame) {
  return virtAddr(frame.interrupted ? frame.pc : frame.pc - 1n);
}

/** Every frame of a trace says where it stands. */
function withStackPointer(frame: StackFrame, given: FrameRegisters): FrameRegisters {
  const registers = new Map(given);
  if (!registers.has(RIP)) {
    const place = frame.interrupted ? {} : { address: frame.sp };
    registers.set(RIP, { name: 'rip', value: frame.pc, how: 'unwinder', ...place });
  }
  if (!registers.has(RSP)) {
    const value = frame.interrupted ? frame.sp : BigInt.asUintN(64, frame.sp + 8n);
    registers.set(RSP, { name: 'rsp', value, how: 'unwinder' });
  }
  return registers;
}

/** What an exception, an interrupt or a system call saved of the frame outside. */
function registersOfBoundary(frame: StackFrame): CallerRegisters {
  const set = frame.registers!;
  const how = `saved by ${nameOfFrame(frame)}${set.address === undefined ? '' : ` in struct pt_regs at ${hex(set.address)}`}`;
  const lost = set.full
    ? undefined
    : `${nameOfFrame(frame)} had saved only the five words of an interrupt frame`;
  return {
    cfa: undefined,
    saved: new Map(),
    registers: registersOfSet(set, how),
    method: undefined,
    lost,
  };
}

/** A call to what is no code: nothing ran, so nothing changed. */
function byBadCall(callee: Callee): CallerRegisters {
  const { registers, cfa, frame } = callee;
  if (cfa === undefined || registers.get(RSP)?.value !== cfa - 8n) {
    return lostBecause(callee, `${hex(frame.pc)} is no code of the kernel or a module`);
  }
  const kept = DWARF_ABI.calleeSaved.flatMap((number): [number, FrameRegister][] => {
    const register = registers.get(number);
    return register === undefined ? [] : [[number, register]];
  });
  const none = new Map<never, never>();
  return { cfa, saved: none, registers: new Map(kept), method: undefined, lost: undefined };
}

/** ORC follows rbp whatever else is known. */
function withFramePointer(
  callee: Callee,
  found: CallerRegisters,
  orc: OrcEntry | undefined,
): CallerRegisters {
  if (found.registers.has(RBP) || callee.cfa === undefined || orc?.type !== 'call') return found;
  const own = callee.registers.get(RBP);
  const registers = new Map(found.registers);
  if (orc.bpReg === 'undefined') {
    return own === undefined ? found : { ...found, registers: registers.set(RBP, own) };
  }
  const base = orc.bpReg === 'prev-sp' ? callee.cfa : orc.bpReg === 'bp' ? own?.value : undefined;
  if (base === undefined) return found;
  const slot = BigInt.asUintN(64, base + BigInt(orc.bpOffset));
  const value = tryRead(() => wordAt(callee, slot));
  if (value === undefined) return found;
  registers.set(RBP, carriedOn(callee, RBP, value, slot));
  return { ...found, registers, saved: new Map(found.saved).set(RBP, slot) };
}

function whyUnknown(frame: StackFrame, number: number, missing: string | undefined): string {
  const name = nameOf(number);
  if (!frame.exact) return `${name} is not known in a frame that is a guess`;
  const kept = (DWARF_ABI.calleeSaved as readonly number[]).includes(number);
  if (!kept && !frame.interrupted) return `${name} is not kept across the call`;
  return missing === undefined ? `${name} is not known` : `${name} is not known: ${missing}`;
}
