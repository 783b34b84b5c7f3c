import { decodeInstruction } from '../arch/x86-64/instruction.ts';
import { virtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import { codePointAt, type CodePart, type CodePoint, type FaultJump } from './code-flow.ts';
import { hiddenJumpsIn, type HiddenJumps } from './derived-arguments-jumps.ts';
import type { UnwindEnvironment } from './environment.ts';

/** A function's frame at one instruction, with all ways to it known. */
export interface ArgumentPoint {
  /** The function's first instruction. */
  readonly start: bigint;
  readonly point: CodePoint;
}

const MAX_FUNCTION = 64 * 1024;
const MAX_PARTS = 64;
/** What follows a fault outside of the function (`.fixup`, until 5.16): a few moves and a jump. */
const FIXUP = 256;
const FTRACE = new Set(['__fentry__', 'ftrace_caller', 'ftrace_regs_caller']);

/**
 * What is certain of registers and stack at a place of a function.
 * @param after `pc` is the return address of a call
 * @returns why nothing is, a sentence's end, where not all ways to the place are known
 */
export function argumentPointAt(
  env: UnwindEnvironment,
  hidden: HiddenJumps | undefined,
  pc: bigint,
  after: boolean,
): ArgumentPoint | string {
  const at = after ? pc - 1n : pc;
  const symbol = env.symbolAt(virtAddr(at));
  if (symbol === undefined || symbol.size === 0 || symbol.size > MAX_FUNCTION) {
    return 'its extent is not known';
  }
  if (/\.(cold|part)(\.|$)/.test(symbol.name)) return 'it is a part of a function';
  if (hidden === undefined) return 'the tables of patched branches and faults cannot be read';
  const start = at - BigInt(symbol.offset);
  const gathered = new Gatherer(env, hidden, start, symbol.name);
  gathered.add(start, symbol.size);
  const why = gathered.follow();
  if (why !== undefined) return why;
  const point = codePointAt(
    {
      parts: gathered.parts,
      address: start,
      jumps: gathered.jumps,
      faults: gathered.faults,
      called: (target, call) => gathered.calledAt(target, call),
    },
    Number(pc - start),
    after,
  );
  if (point === undefined) return 'no way through its instructions leads there';
  if (point.unfollowed !== undefined) return point.unfollowed;
  const { instruction, offset } = point;
  const target = offset + instruction.length + instruction.immediate;
  if (after && instruction.opcode === 0xe8 && gathered.calledAt(target, offset) !== 'returns') {
    return 'what it called does not keep registers';
  }
  return { start, point };
}

/** Finds the parts of a function that lie elsewhere, and the jumps that its instructions do not tell. */
class Gatherer {
  readonly parts: CodePart[] = [];
  readonly jumps = new Map<number, number[]>();
  readonly faults = new Map<number, FaultJump[]>();
  readonly #env: UnwindEnvironment;
  readonly #hidden: HiddenJumps;
  readonly #start: bigint;
  readonly #name: string;
  #unread = false;

  constructor(env: UnwindEnvironment, hidden: HiddenJumps, start: bigint, name: string) {
    this.#env = env;
    this.#hidden = hidden;
    this.#start = start;
    this.#name = name;
  }

  add(address: bigint, size: number): void {
    const fits = size > 0 && size <= MAX_FUNCTION && this.parts.length < MAX_PARTS;
    const bytes = fits ? tryRead(() => this.#env.read(virtAddr(address), size)) : undefined;
    if (bytes === undefined) {
      this.#unread = true;
      return;
    }
    const offset = Number(address - this.#start);
    this.parts.push({ offset, bytes });
    const end = address + BigInt(size);
    for (const { code, target } of hiddenJumpsIn(this.#hidden.branches, address, end)) {
      const from = Number(code - this.#start);
      // A jump now, it has been none, or will be.
      const length = decodeInstruction(bytes, from - offset)?.length ?? 5;
      this.jumps.set(from, [Number(target - this.#start), from + length]);
    }
    for (const { code, target, changed } of hiddenJumpsIn(this.#hidden.faults, address, end)) {
      const from = Number(code - this.#start);
      const known = this.faults.get(from) ?? [];
      this.faults.set(from, [...known, { target: Number(target - this.#start), changed }]);
    }
  }

  /** @returns why not all ways are known */
  follow(): string | undefined {
    const seen = new Set<number>();
    const work = [0];
    for (let offset = work.pop(); offset !== undefined; offset = work.pop()) {
      while (!seen.has(offset)) {
        const at: number = offset;
        const part = this.#partOf(at);
        const instruction = part && decodeInstruction(part.bytes, at - part.offset);
        if (instruction === undefined) break;
        seen.add(at);
        const { opcode, immediate, length } = instruction;
        const end = at + length;
        const leaps = opcode === 0xe9 || opcode === 0xeb;
        const branches =
          leaps ||
          (opcode >= 0x70 && opcode <= 0x7f) ||
          (opcode >= 0x0f80 && opcode <= 0x0f8f) ||
          (opcode >= 0xe0 && opcode <= 0xe3);
        const targets = [...(this.jumps.get(at) ?? []), ...(branches ? [end + immediate] : [])];
        for (const target of targets) {
          const why = this.#reach(target);
          if (why !== undefined) return why;
          work.push(target);
        }
        for (const { target } of this.faults.get(at) ?? []) {
          if (this.#partOf(target) === undefined) this.#addFixup(target);
          work.push(target);
        }
        if (leaps || opcode === 0xc3 || opcode === 0xcc) break;
        offset = end;
      }
      if (this.#unread) return 'not all its code can be read';
    }
    return undefined;
  }

  /** What is known of a function called. */
  calledAt(target: number, call: number): 'returns' | 'keeps-registers' | 'clobbers' {
    const address = virtAddr(BigInt.asUintN(64, this.#start + BigInt(target)));
    const symbol = this.#env.symbolAt(address);
    // The compiler calls it first of all, before endbr64 at most.
    if (call === 0 || call === 4) {
      if (symbol === undefined || FTRACE.has(symbol.name)) return 'keeps-registers';
    }
    // They change rbx, which their inline assembly says. @source arch/x86/lib/putuser.S
    return symbol === undefined || symbol.name.startsWith('__put_user_') ? 'clobbers' : 'returns';
  }

  #reach(target: number): string | undefined {
    if (this.#partOf(target) !== undefined) return undefined;
    const address = virtAddr(BigInt.asUintN(64, this.#start + BigInt(target)));
    const symbol = this.#env.symbolAt(address);
    if (symbol === undefined) return 'it jumps to where no function is';
    const { name, offset, size } = symbol;
    if (/\.cold(\.|$)/.test(name)) {
      if (!name.startsWith(`${this.#name}.cold`)) return 'it jumps into a part of another function';
      this.add(address - BigInt(offset), size);
      return undefined;
    }
    if (/^__x86_indirect_/.test(name)) return 'it jumps to where a register tells';
    return offset === 0 ? undefined : 'it jumps into another function';
  }

  #addFixup(target: number): void {
    this.add(BigInt.asUintN(64, this.#start + BigInt(target)), FIXUP);
  }

  #partOf(offset: number): CodePart | undefined {
    return this.parts.find(
      (part) => offset >= part.offset && offset < part.offset + part.bytes.length,
    );
  }
}
