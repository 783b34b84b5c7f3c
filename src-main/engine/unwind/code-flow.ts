import { decodeInstruction, type Instruction } from '../arch/x86-64/instruction.ts';
import { execute } from './code-execute.ts';
import { CodeState } from './code-state.ts';
import { CodeValues, UNKNOWN } from './code-values.ts';

/** A function's instructions. Offsets are from its first one. */
export interface FunctionCode {
  /** The function itself, at offset 0, and parts of it that lie elsewhere (`.cold`). */
  readonly parts: readonly CodePart[];
  /** Dump's address of offset 0; without it no value is an address. */
  readonly address?: bigint;
  /** Jumps that the instructions do not tell: what patched branches and faults may lead to. */
  readonly jumps?: ReadonlyMap<number, readonly number[]>;
  /** Where an instruction continues when it faults, and the registers (bits) the kernel then changes. */
  readonly faults?: ReadonlyMap<number, readonly FaultJump[]>;
  /** What is known of a function called, by its offset and that of the call. */
  readonly called?: (target: number, call: number) => Called;
}
export interface FaultJump {
  readonly target: number;
  readonly changed: number;
}
export interface CodePart {
  readonly offset: number;
  readonly bytes: Uint8Array;
}
/** `clobbers`: written in assembler, does not keep what the calling convention says. */
export type Called = 'returns' | 'never-returns' | 'keeps-registers' | 'clobbers';

/** What a function's instructions tell of one place in it. */
export interface CodePoint {
  /** Before the instruction asked for. */
  readonly state: CodeState;
  /** The instruction itself. */
  readonly instruction: Instruction;
  readonly offset: number;
  /** Some address of the stack went where it is not followed: slots may be written by others. */
  readonly stackEscapes: boolean;
  /** Why not all ways through the function are known; undefined when they are. */
  readonly unfollowed: string | undefined;
}

const MAX_STEPS = 400_000;
const MAX_INSTRUCTIONS = 20_000;
const MAX_RESTARTS = 24;

/**
 * Follows the registers and stack slots from a function's entry along all its ways, as objtool
 * does when it makes ORC, and keeps what all the ways to a place agree on.
 * @param at offset of the instruction that runs next, or, with `after`, of the one behind the call
 */
export function codePointAt(code: FunctionCode, at: number, after: boolean): CodePoint | undefined {
  const neverReturn = new Set<number>();
  for (let i = 0; i < MAX_RESTARTS; i++) {
    const flow = new Flow(code, at, after, neverReturn);
    const wrong = flow.run();
    if (wrong === undefined) return flow.point();
    neverReturn.add(wrong);
  }
  return undefined;
}

class Flow {
  readonly #code: FunctionCode;
  readonly #at: number;
  readonly #after: boolean;
  /** Calls (their ends) after which nothing runs. */
  readonly #neverReturn: ReadonlySet<number>;
  readonly #effects = { stackEscapes: false };
  readonly #instructions = new Map<number, Instruction | undefined>();
  /** States at the beginning of every run of instructions. */
  readonly #states = new Map<number, CodeState>();
  /** Beginnings reached only by falling through from a call: the call's end. */
  readonly #behindCall = new Set<number>();
  readonly #jumpedTo = new Set<number>();
  #unfollowed: string | undefined;
  #found: { state: CodeState; instruction: Instruction; offset: number } | undefined;

  constructor(code: FunctionCode, at: number, after: boolean, neverReturn: ReadonlySet<number>) {
    this.#code = code;
    this.#at = at;
    this.#after = after;
    this.#neverReturn = neverReturn;
  }

  point(): CodePoint | undefined {
    if (this.#found === undefined) return undefined;
    return {
      ...this.#found,
      stackEscapes: this.#effects.stackEscapes,
      unfollowed: this.#unfollowed,
    };
  }

  /** @returns the end of a call that cannot return, as the stack does not fit with what follows */
  run(): number | undefined {
    this.#findJumps();
    const work = [0];
    this.#states.set(0, CodeState.atEntry(new CodeValues()));
    let steps = 0;
    for (let start = work.pop(); start !== undefined; start = work.pop()) {
      const state = this.#states.get(start)!.clone();
      let offset: number | undefined = start;
      while (offset !== undefined) {
        if (++steps > MAX_STEPS) {
          this.#found = undefined;
          return undefined;
        }
        const instruction = this.#decode(offset);
        if (instruction === undefined) break;
        const end: number = offset + instruction.length;
        if (this.#after ? end === this.#at : offset === this.#at) {
          this.#found = { state: state.clone(), instruction, offset };
        }
        this.#execute(state, instruction, offset, end);
        const falls = this.#fallsThrough(instruction, end);
        for (const target of this.#targetsOf(instruction, offset, end)) {
          const wrong = this.#enter(target, state, false, work);
          if (wrong !== undefined) return wrong;
        }
        for (const { target, changed } of this.#code.faults?.get(offset) ?? []) {
          const wrong = this.#enter(target, withUnknown(state, changed), false, work);
          if (wrong !== undefined) return wrong;
        }
        if (!falls) break;
        if (this.#jumpedTo.has(end)) {
          const wrong = this.#enter(end, state, isCallLike(instruction), work);
          if (wrong !== undefined) return wrong;
          break;
        }
        offset = end;
      }
    }
    return undefined;
  }

  /** All instructions, and where jumps lead, before any is followed. */
  #findJumps(): void {
    const work = [0];
    const seen = new Set<number>();
    for (let offset = work.pop(); offset !== undefined; offset = work.pop()) {
      while (!seen.has(offset)) {
        if (seen.size >= MAX_INSTRUCTIONS) {
          this.#unfollowed = 'it is too long';
          return;
        }
        const instruction = this.#decode(offset);
        if (instruction === undefined) {
          if (this.#partOf(offset) !== undefined) this.#stop('not all its bytes are instructions');
          break;
        }
        seen.add(offset);
        const end: number = offset + instruction.length;
        for (const target of this.#targetsOf(instruction, offset, end)) {
          this.#jumpedTo.add(target);
          work.push(target);
        }
        for (const { target } of this.#code.faults?.get(offset) ?? []) {
          this.#jumpedTo.add(target);
          work.push(target);
        }
        if (!this.#fallsThrough(instruction, end)) break;
        offset = end;
      }
    }
  }

  #stop(why: string): void {
    this.#unfollowed ??= why;
  }

  #partOf(offset: number): CodePart | undefined {
    return this.#code.parts.find(
      (part) => offset >= part.offset && offset < part.offset + part.bytes.length,
    );
  }

  #decode(offset: number): Instruction | undefined {
    if (this.#instructions.has(offset)) return this.#instructions.get(offset);
    const part = this.#partOf(offset);
    const instruction = part && decodeInstruction(part.bytes, offset - part.offset);
    this.#instructions.set(offset, instruction);
    return instruction;
  }

  /** Merges a state into the beginning of a run, and notes the run when that changed what is known. */
  #enter(
    target: number,
    state: CodeState,
    behindCall: boolean,
    work: number[],
  ): number | undefined {
    const known = this.#states.get(target);
    if (known === undefined) {
      if (this.#partOf(target) === undefined) return undefined;
      this.#states.set(target, state.clone());
      if (behindCall) this.#behindCall.add(target);
      work.push(target);
      return undefined;
    }
    if (known.height !== state.height && known.height !== undefined && state.height !== undefined) {
      // A compiler has one height at a place: one of the two ways is none.
      if (behindCall || this.#behindCall.has(target)) return target;
    }
    if (!behindCall) this.#behindCall.delete(target);
    if (known.meet(state)) work.push(target);
    return undefined;
  }

  #execute(state: CodeState, instruction: Instruction, offset: number, end: number): void {
    const { address } = this.#code;
    const next = address === undefined ? undefined : address + BigInt(end);
    const executed = {
      instruction,
      offset,
      wideImmediate: this.#wideImmediate(instruction, end),
      next,
      called:
        instruction.opcode === 0xe8
          ? this.#code.called?.(end + instruction.immediate, offset)
          : undefined,
    };
    execute(state, executed, this.#effects);
  }

  #wideImmediate({ opcode, rex, length }: Instruction, end: number): bigint | undefined {
    if (opcode < 0xb8 || opcode > 0xbf || (rex & 8) === 0) return undefined;
    const part = this.#partOf(end - length);
    if (part === undefined) return undefined;
    const { bytes } = part;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return view.getBigUint64(end - 8 - part.offset, true);
  }

  /** The next instruction may run after this one. */
  #fallsThrough({ opcode, modrm, immediate }: Instruction, end: number): boolean {
    switch (opcode) {
      case 0xc3:
      case 0xc2:
      case 0xcb:
      case 0xcf:
      case 0xf4:
      case 0xe9:
      case 0xeb:
        return false;
      case 0xcc:
        this.#stop('a probe was put into it');
        return false;
      case 0xff:
        if (((modrm >> 3) & 7) !== 4) break;
        this.#stop('it jumps to where a register or memory tells');
        return false;
      case 0xe8: {
        const target = end + immediate;
        if (this.#partOf(target) !== undefined && target !== 0) this.#stop('it calls into itself');
        if (this.#code.called?.(target, end - 5) === 'never-returns') return false;
        break;
      }
    }
    // Not every function has a symbol of its own: a call that never returns may be the last of this.
    return !this.#neverReturn.has(end) && !this.#isEntry(end);
  }

  /** `endbr64`, which only calls and jumps lead to. */
  #isEntry(offset: number): boolean {
    const next = this.#decode(offset);
    return next?.opcode === 0x0f1e && next.modrm === 0xfa && next.prefixes.repeat;
  }

  #targetsOf({ opcode, immediate }: Instruction, offset: number, end: number): readonly number[] {
    const known = this.#code.jumps?.get(offset) ?? [];
    const jump =
      opcode === 0xe9 ||
      opcode === 0xeb ||
      (opcode >= 0x70 && opcode <= 0x7f) ||
      (opcode >= 0x0f80 && opcode <= 0x0f8f) ||
      (opcode >= 0xe0 && opcode <= 0xe3);
    return jump ? [...known, end + immediate] : known;
  }
}

function withUnknown(state: CodeState, registers: number): CodeState {
  const changed = state.clone();
  for (let i = 0; i < 16; i++) if ((registers & (1 << i)) !== 0) changed.setRegister(i, UNKNOWN);
  return changed;
}

/** A call, or the trap of WARN and BUG: it may never come back. */
function isCallLike({ opcode, modrm }: Instruction): boolean {
  if (opcode === 0xe8 || opcode === 0x0f0b || opcode === 0x0fb9) return true;
  return opcode === 0xff && ((modrm >> 3) & 7) === 2;
}
