import { hex, virtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { Program } from '../program/program.ts';
import { DWARF_REGISTERS } from '../arch/x86-64/dwarf-registers.ts';
import { isCalleeSaved } from './code-execute.ts';
import { argumentPointAt, type ArgumentPoint } from './derived-arguments-code.ts';
import { hiddenJumpsOf, type HiddenJumps } from './derived-arguments-jumps.ts';
import { keptOf, type Kept } from './derived-arguments-kept.ts';
import type { UnwindEnvironment } from './environment.ts';
import type { FrameState } from './frame-state.ts';
import { environmentOf } from './program-environment.ts';

/** rdi, rsi, rdx, rcx, r8, r9. @source System V ABI, AMD64 supplement, 3.2.3 */
export const ARGUMENT_REGISTERS: readonly number[] = [7, 6, 2, 1, 8, 9];
/** The processor's number of a register -> DWARF's. */
const DWARF_NUMBER = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15] as const;
const RSP = 4;
const RCX_RSI_RDI = [1, 6, 7];
const MAX_DEPTH = 8;

/** What an argument's register held when a frame's function was entered. */
export interface DerivedArgument {
  readonly value: bigint;
  /** How many low bits of `value` are known. */
  readonly bits: number;
  /** What it rests on. */
  readonly how: string;
}

/** A machine's code, and what was found in it: most tasks sleep in the same places. */
export interface ArgumentCode {
  readonly env: UnwindEnvironment;
  /** Undefined: not to be had, then nothing is certain. */
  readonly hidden: HiddenJumps | undefined;
  readonly points: Map<string, ArgumentPoint | string>;
}

const codes = new WeakMap<Program, ArgumentCode>();

export function argumentCodeOf(program: Program): ArgumentCode {
  let code = codes.get(program);
  if (code === undefined) {
    const env = environmentOf(program, undefined, [], undefined);
    code = { env, hidden: hiddenJumpsOf(program), points: new Map() };
    codes.set(program, code);
  }
  return code;
}

/** Arguments of the frames of one trace, from machine code alone. Says nothing that is not certain. */
export class DerivedArguments {
  readonly #code: () => ArgumentCode;
  readonly #states: readonly FrameState[];

  /** @param code asked for when first needed */
  constructor(code: () => ArgumentCode, states: readonly FrameState[]) {
    this.#code = code;
    this.#states = states;
  }

  /**
   * The argument that a frame's function found in a register at its entry.
   * @param register the processor's number
   * @param bits how many low bits are wanted
   * @param callers also ask the caller what it passed
   * @returns why it is not known, a clause
   */
  find(index: number, register: number, bits: number, callers: boolean): DerivedArgument | string {
    return this.#find(index, register, bits, callers, 0);
  }

  #find(
    index: number,
    register: number,
    bits: number,
    callers: boolean,
    depth: number,
  ): DerivedArgument | string {
    const kept = this.#keptInFrame(index, register, bits);
    if (!callers || depth >= MAX_DEPTH) return kept;
    const passed = this.#passedByCaller(index, register, bits, depth);
    if (typeof kept === 'string') return typeof passed === 'string' ? kept : passed;
    if (typeof passed === 'string') return kept;
    const same = BigInt.asUintN(bits, kept.value) === BigInt.asUintN(bits, passed.value);
    return same ? kept : 'its caller and its own instructions tell different values';
  }

  /** Where the function itself still has it. */
  #keptInFrame(index: number, register: number, bits: number): DerivedArgument | string {
    const state = this.#states[index];
    const found = state && this.#pointOf(state);
    if (state === undefined || found === undefined) return 'the frame is not exact';
    if (typeof found === 'string') return found;
    const { point } = found;
    const { values, registers, slots } = point.state;
    const entry = values.entry(register);
    for (let i = 0; i < 16; i++) {
      if (i === RSP || (state.frame.interrupted ? isHalfDone(point, i) : !isCalleeSaved(i)))
        continue;
      const holder = state.registers.get(DWARF_NUMBER[i]!);
      const kept = holder && keptOf(values, registers[i]!, entry);
      if (holder === undefined || kept === undefined || kept.bits < bits) continue;
      const how = `value at the entry, kept in ${holder.name}`;
      return { value: entryValue(holder.value, kept), bits: kept.bits, how };
    }
    if (point.stackEscapes || state.cfa === undefined) return NOT_KEPT;
    for (const [offset, slot] of slots) {
      const kept = keptOf(values, slot.value, entry);
      const known = kept && Math.min(kept.bits, slot.width * 8);
      if (kept === undefined || known === undefined || known < bits) continue;
      const address = state.cfa + BigInt(offset);
      const word = this.#wordAt(address, slot.width);
      if (word === undefined) continue;
      const how = `value at the entry, kept at ${hex(address)}`;
      return { value: entryValue(word, kept), bits: known, how };
    }
    return NOT_KEPT;
  }

  /** What the caller had put into the register, where it calls the function directly. */
  #passedByCaller(
    index: number,
    register: number,
    bits: number,
    depth: number,
  ): DerivedArgument | string {
    const called = this.#states[index];
    const caller = this.#states[index + 1];
    if (called === undefined || caller === undefined) return 'it has no caller';
    if (!isCall(called, caller)) return 'it was not called';
    const own = this.#pointOf(called);
    const found = this.#pointOf(caller);
    if (found === undefined || own === undefined) return 'its caller is not exact';
    if (typeof found === 'string') return `of its caller: ${found}`;
    const start = startOf(called, this.#code().env);
    const { instruction, offset, state } = found.point;
    const target = BigInt.asUintN(
      64,
      found.start + BigInt(offset + instruction.length + instruction.immediate),
    );
    if (instruction.opcode !== 0xe8 || target !== start)
      return 'its caller does not call it directly';
    const value = this.#valueIn(index + 1, found, state.register(register), depth + 1);
    if (value === undefined || value.bits < bits) return NOT_KEPT;
    const name = caller.frame.symbol?.name ?? hex(caller.frame.pc);
    return {
      ...value,
      how: `value at the entry, passed by ${name}: ${value.how.replace('value at the entry, ', '')}`,
    };
  }

  /** A value that a caller has before its call. */
  #valueIn(
    index: number,
    found: ArgumentPoint,
    id: number,
    depth: number,
  ): DerivedArgument | undefined {
    const state = this.#states[index];
    if (state === undefined || depth > MAX_DEPTH) return undefined;
    const { point } = found;
    const { values } = point.state;
    const value = values.get(id);
    if (value === undefined) return undefined;
    for (let i = 0; i < 16; i++) {
      if (!isCalleeSaved(i) || point.state.register(i) !== id) continue;
      const holder = state.registers.get(DWARF_NUMBER[i]!);
      if (holder !== undefined) {
        return { value: holder.value, bits: 64, how: `from ${holder.name}` };
      }
    }
    switch (value.kind) {
      case 'constant':
        return { value: value.value, bits: 64, how: 'a constant' };
      case 'stack': {
        const { cfa } = state;
        if (cfa === undefined) return undefined;
        const address = BigInt.asUintN(64, cfa + BigInt(value.offset));
        return { value: address, bits: 64, how: 'an address in its frame' };
      }
      case 'sum': {
        const of = this.#valueIn(index, found, value.of, depth + 1);
        return of && { ...of, value: BigInt.asUintN(64, of.value + value.add) };
      }
      case 'extended': {
        const of = this.#valueIn(index, found, value.of, depth + 1);
        if (of === undefined || of.bits < value.bits) return undefined;
        const low = BigInt.asUintN(value.bits, of.value);
        const wide = value.sign ? BigInt.asUintN(64, BigInt.asIntN(value.bits, low)) : low;
        return { ...of, value: wide, bits: 64 };
      }
      case 'entry': {
        const outer = this.#states[index + 1];
        if (!isCalleeSaved(value.register)) {
          const argument = this.#find(index, value.register, 32, true, depth + 1);
          return typeof argument === 'string' ? undefined : argument;
        }
        if (outer === undefined || !isCall(state, outer)) return undefined;
        const holder = outer.registers.get(DWARF_NUMBER[value.register]!);
        const how = `from its caller's ${DWARF_REGISTERS[DWARF_NUMBER[value.register]!]!}`;
        return holder && { value: holder.value, bits: 64, how };
      }
      case 'copied':
        return this.#copyOnStack(state, found, id);
    }
  }

  #copyOnStack(
    { cfa }: FrameState,
    { point }: ArgumentPoint,
    id: number,
  ): DerivedArgument | undefined {
    if (point.stackEscapes || cfa === undefined) return undefined;
    for (const [offset, slot] of point.state.slots) {
      if (slot.value !== id || slot.width !== 8) continue;
      const word = this.#wordAt(cfa + BigInt(offset), 8);
      if (word !== undefined) {
        return { value: word, bits: 64, how: `from ${hex(cfa + BigInt(offset))}` };
      }
    }
    return undefined;
  }

  /** Undefined where the frame is a guess; a text says why its instructions tell nothing. */
  #pointOf(state: FrameState): ArgumentPoint | string | undefined {
    const { frame, cfa } = state;
    if (!frame.exact) return undefined;
    const found = pointAt(this.#code(), frame.pc, !frame.interrupted);
    if (typeof found === 'string') return `its code does not tell: ${found}`;
    const { height } = found.point.state;
    const sp = state.registers.get(DWARF_NUMBER[RSP])?.value;
    if (height === undefined || cfa === undefined || sp === undefined) return found;
    const same = BigInt.asUintN(64, sp + BigInt(height)) === cfa;
    return same ? found : 'its instructions put its frame elsewhere than the unwinder';
  }

  #wordAt(address: bigint, width: number): bigint | undefined {
    const bytes = tryRead(() => this.#code().env.read(virtAddr(address), width));
    if (bytes === undefined) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, width);
    return width === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
  }
}

const NOT_KEPT = 'it is kept nowhere that is certain';

function pointAt(code: ArgumentCode, pc: bigint, after: boolean): ArgumentPoint | string {
  const key = `${pc} ${after}`;
  let found = code.points.get(key);
  if (found === undefined) {
    found = argumentPointAt(code.env, code.hidden, pc, after);
    code.points.set(key, found);
  }
  return found;
}

/** The frame's function was called by the next one's, with nothing in between. */
function isCall({ frame }: FrameState, { frame: outer }: FrameState): boolean {
  return frame.exact && frame.registers === undefined && outer.exact && !outer.interrupted;
}

function startOf({ frame }: FrameState, env: UnwindEnvironment): bigint | undefined {
  const at = frame.interrupted ? frame.pc : frame.pc - 1n;
  const symbol = env.symbolAt(virtAddr(at));
  return symbol && at - BigInt(symbol.offset);
}

/** A repeated string instruction changes its registers as it goes. */
function isHalfDone({ instruction }: ArgumentPoint['point'], register: number): boolean {
  const { opcode, prefixes } = instruction;
  const string = (opcode >= 0xa4 && opcode <= 0xaf) || (opcode >= 0x6c && opcode <= 0x6f);
  return string && prefixes.repeat && RCX_RSI_RDI.includes(register);
}

function entryValue(value: bigint, { add, bits }: Kept): bigint {
  return BigInt.asUintN(bits, value - add);
}
