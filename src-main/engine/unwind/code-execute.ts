import type { Instruction } from '../arch/x86-64/instruction.ts';
import { isDirect, regOf, rmOf, writtenRegisters } from '../arch/x86-64/written-registers.ts';
import { UNKNOWN } from './code-values.ts';
import type { Called } from './code-flow.ts';
import type { CodeState } from './code-state.ts';

const RSP = 4;
const RBP = 5;
const ALL_BUT_RSP = 0xffff & ~(1 << RSP);
const NONE = -1;
const RIP = 16;

/** What the effect of an instruction depends on beside the state. */
export interface Executed {
  readonly instruction: Instruction;
  /** Offset of the instruction in its function. */
  readonly offset: number;
  /** Full immediate of `movabs`. */
  readonly wideImmediate: bigint | undefined;
  /** Dump's address behind the instruction; undefined: not known. */
  readonly next: bigint | undefined;
  /** What is known of the function it calls. */
  readonly called: Called | undefined;
}

/** What an instruction does beyond the state. */
export interface Effects {
  /** An address of the stack went where it is no longer followed: others may write through it. */
  stackEscapes: boolean;
}

/** Changes `state` as the instruction does; what is not followed becomes unknown. */
export function execute(state: CodeState, executed: Executed, effects: Effects): void {
  if (followed(state, executed, effects)) return;
  const { instruction, called } = executed;
  const { opcode } = instruction;
  const call =
    opcode === 0xe8 || (opcode === 0xff && [2, 3].includes((instruction.modrm >> 3) & 7));
  if (call) {
    forgetArguments(state);
    if (called === 'keeps-registers') return;
  } else if (hasModrm(opcode) && !isDirect(instruction)) {
    storeUnknown(state, instruction, effects);
  }
  const written = called === 'clobbers' ? ALL_BUT_RSP : writtenRegisters(instruction);
  for (let i = 0; i < 16; i++) {
    if ((written & (1 << i)) === 0) continue;
    // An address of the stack in a computation: where it leads is not followed.
    if (!call && i !== RSP && i !== RBP && isStack(state, state.register(i))) {
      effects.stackEscapes = true;
    }
    state.setRegister(i, UNKNOWN);
  }
}

/** Instructions whose result is known. */
function followed(state: CodeState, executed: Executed, effects: Effects): boolean {
  const { instruction } = executed;
  const { opcode, rex, prefixes, immediate } = instruction;
  const { values } = state;
  if (prefixes.vector) return false;
  const wide = (rex & 8) !== 0;
  const low = (opcode & 7) | ((rex & 1) << 3);
  const group = (instruction.modrm >> 3) & 7;
  if (opcode >= 0x50 && opcode <= 0x57) {
    const pushed = nameOf(state, low, executed);
    if (isStack(state, pushed)) effects.stackEscapes = true;
    return push(state, pushed);
  }
  if (opcode >= 0x58 && opcode <= 0x5f) return pop(state, low);
  if (opcode >= 0xb8 && opcode <= 0xbf) {
    if (prefixes.small) return false;
    const value = executed.wideImmediate ?? BigInt(immediate >>> 0);
    return set(state, low, values.constant(value));
  }
  switch (opcode) {
    case 0x68:
    case 0x6a:
      return push(state, values.constant(BigInt(immediate)));
    case 0x9c:
    case 0x0fa0:
    case 0x0fa8:
      return push(state, UNKNOWN);
    case 0x9d:
    case 0x0fa1:
    case 0x0fa9:
      return pop(state, undefined);
    case 0x8f:
      if (isDirect(instruction)) return pop(state, rmOf(instruction));
      pop(state, undefined);
      storeUnknown(state, instruction, effects);
      return true;
    case 0xff:
      if (group === 6) return push(state, UNKNOWN);
      if (group > 1 || !wide || !isDirect(instruction)) return false;
      return add(state, rmOf(instruction), group === 0 ? 1n : -1n);
    case 0xc9: // leave
      state.setRegister(RSP, state.register(RBP));
      return pop(state, RBP);
    case 0x81:
    case 0x83:
      if (!isDirect(instruction) || !wide || prefixes.small) return false;
      if (group !== 0 && group !== 5) return false;
      return add(state, rmOf(instruction), BigInt(group === 0 ? immediate : -immediate));
    case 0x31:
    case 0x29: // xor, sub of a register with itself
      if (!isDirect(instruction) || prefixes.small) return false;
      if (regOf(instruction) !== rmOf(instruction)) return false;
      return set(state, regOf(instruction), values.constant(0n));
    case 0x33:
    case 0x2b:
      if (!isDirect(instruction) || prefixes.small) return false;
      if (regOf(instruction) !== rmOf(instruction)) return false;
      return set(state, regOf(instruction), values.constant(0n));
    case 0x89:
      return move(state, executed, effects, wide);
    case 0x8b:
      return load(state, executed, wide);
    case 0x63:
      return wide && extend(state, executed, 32, true, 64);
    case 0x0fb6:
      return extend(state, executed, 8, false, 64);
    case 0x0fb7:
      return extend(state, executed, 16, false, 64);
    case 0x0fbe:
      return extend(state, executed, 8, true, wide ? 64 : 32);
    case 0x0fbf:
      return extend(state, executed, 16, true, wide ? 64 : 32);
    case 0xc7: {
      if (group !== 0 || prefixes.small) return false;
      const value = values.constant(wide ? BigInt(immediate) : BigInt(immediate >>> 0));
      if (isDirect(instruction)) return set(state, rmOf(instruction), value);
      return store(state, instruction, wide ? 8 : 4, value, effects);
    }
    case 0x8d:
      return loadAddress(state, executed, effects, wide);
    default:
      return false;
  }
}

function set(state: CodeState, register: number, value: number): true {
  state.setRegister(register, value);
  return true;
}

function add(state: CodeState, register: number, value: bigint): true {
  return set(state, register, state.values.sum(state.register(register), value));
}

function push(state: CodeState, value: number): true {
  add(state, RSP, -8n);
  const height = state.height;
  if (height !== undefined) state.setSlot(-height, 8, value);
  return true;
}

function pop(state: CodeState, register: number | undefined): true {
  const height = state.height;
  const value = height === undefined ? UNKNOWN : state.slot(-height, 8);
  add(state, RSP, 8n);
  if (register !== undefined) state.setRegister(register, value);
  return true;
}

/** The register's value, named by the instruction that copies it when nothing is known of it. */
function nameOf(state: CodeState, register: number, { offset }: Executed): number {
  const known = state.register(register);
  if (known !== UNKNOWN) return known;
  const value = state.values.copied(offset);
  state.forget(value);
  state.setRegister(register, value);
  return value;
}

function move(state: CodeState, executed: Executed, effects: Effects, wide: boolean): boolean {
  const { instruction } = executed;
  const { prefixes } = instruction;
  if (prefixes.small) return false;
  const value = nameOf(state, regOf(instruction), executed);
  if (!isDirect(instruction)) {
    return store(state, instruction, wide ? 8 : 4, value, effects);
  }
  const target = rmOf(instruction);
  if (wide && target !== RSP && target !== RBP && isStack(state, value)) {
    effects.stackEscapes = true;
  }
  return set(state, target, wide ? value : state.values.extended(value, 32, false));
}

function load(state: CodeState, executed: Executed, wide: boolean): boolean {
  const { instruction } = executed;
  if (instruction.prefixes.small) return false;
  const target = regOf(instruction);
  if (isDirect(instruction)) {
    const value = nameOf(state, rmOf(instruction), executed);
    return set(state, target, wide ? value : state.values.extended(value, 32, false));
  }
  const slot = slotOf(state, instruction);
  if (typeof slot !== 'number') return false;
  const width = wide ? 8 : 4;
  let value = state.slot(slot, width);
  if (value === UNKNOWN) {
    value = state.values.copied(executed.offset);
    state.forget(value);
    state.setSlot(slot, width, value);
  }
  return set(state, target, wide ? value : state.values.extended(value, 32, false));
}

function extend(
  state: CodeState,
  executed: Executed,
  bits: number,
  sign: boolean,
  to: number,
): boolean {
  const { instruction } = executed;
  if (!isDirect(instruction) || instruction.prefixes.small) return false;
  const source = rmOf(instruction);
  // ah, ch, dh, bh
  if (bits === 8 && instruction.rex === 0 && source >= 4) return false;
  const of = nameOf(state, source, executed);
  const value = state.values.extended(of, bits, sign);
  return set(
    state,
    regOf(instruction),
    to === 64 ? value : state.values.extended(value, 32, false),
  );
}

function loadAddress(
  state: CodeState,
  executed: Executed,
  effects: Effects,
  wide: boolean,
): boolean {
  const { instruction, next } = executed;
  const target = regOf(instruction);
  const { base, index } = memoryOf(instruction);
  const displacement = BigInt(instruction.displacement);
  if (base !== NONE && base !== RIP && isStack(state, state.register(base)) && target !== RSP) {
    effects.stackEscapes ||= target !== RBP || index !== NONE;
  }
  if (index !== NONE || !wide) return false;
  if (base === RIP) {
    return set(
      state,
      target,
      next === undefined ? UNKNOWN : state.values.constant(next + displacement),
    );
  }
  if (base === NONE) return set(state, target, state.values.constant(displacement));
  const value = nameOf(state, base, executed);
  return set(state, target, state.values.sum(value, displacement));
}

function store(
  state: CodeState,
  instruction: Instruction,
  width: number,
  value: number,
  effects: Effects,
): true {
  const slot = slotOf(state, instruction);
  if (isStack(state, value)) effects.stackEscapes = true;
  if (slot === 'indexed') effects.stackEscapes = true;
  else if (slot !== undefined) state.setSlot(slot, width, value);
  return true;
}

/** Any other instruction with a memory operand may write it. */
function storeUnknown(state: CodeState, instruction: Instruction, effects: Effects): void {
  const slot = slotOf(state, instruction);
  if (slot === 'indexed') effects.stackEscapes = true;
  if (typeof slot !== 'number' || !mayWriteMemory(instruction)) return;
  const { opcode, prefixes } = instruction;
  state.setSlot(slot, opcode >= 0x0f00 || prefixes.vector ? 64 : 8, UNKNOWN);
}

/** False only for what certainly reads. */
function mayWriteMemory({ opcode, modrm }: Instruction): boolean {
  const group = (modrm >> 3) & 7;
  if (opcode < 0x40) return (opcode & 7) < 2 && opcode < 0x38;
  switch (opcode) {
    case 0x80:
    case 0x81:
    case 0x83:
      return group !== 7;
    case 0x63:
    case 0x69:
    case 0x6b:
    case 0x84:
    case 0x85:
    case 0x8a:
    case 0x8b:
    case 0x8d:
    case 0x0faf:
    case 0x0fb6:
    case 0x0fb7:
    case 0x0fbe:
    case 0x0fbf:
    case 0x0fa3:
      return false;
    case 0xf6:
    case 0xf7:
      return group === 2 || group === 3;
    default:
      return (opcode < 0x0f40 || opcode > 0x0f4f) && (opcode < 0x0f18 || opcode > 0x0f1f);
  }
}

interface Memory {
  /** Number of the register, `RIP`, or `NONE`. */
  readonly base: number;
  readonly index: number;
}

function memoryOf({ modrm, rex, sib }: Instruction): Memory {
  const mode = modrm >> 6;
  if (sib < 0) {
    if (mode === 0 && (modrm & 7) === 5) return { base: RIP, index: NONE };
    return { base: (modrm & 7) | ((rex & 1) << 3), index: NONE };
  }
  const index = ((sib >> 3) & 7) | ((rex & 2) << 2);
  const noBase = mode === 0 && (sib & 7) === 5;
  return {
    base: noBase ? NONE : (sib & 7) | ((rex & 1) << 3),
    index: index === 4 ? NONE : index,
  };
}

/** Offset from the CFA of the memory operand; undefined when it is not on the stack, as far as is known. */
function slotOf(state: CodeState, instruction: Instruction): number | 'indexed' | undefined {
  if (instruction.prefixes.segment || instruction.prefixes.vector) return undefined;
  const { base, index } = memoryOf(instruction);
  if (base === RIP) return undefined;
  if (index !== NONE && isStack(state, state.register(index))) return 'indexed';
  if (base === NONE) return undefined;
  const depth = state.values.depth(state.register(base));
  if (depth === undefined) return undefined;
  return index === NONE ? -depth + instruction.displacement : 'indexed';
}

function isStack(state: CodeState, value: number): boolean {
  return state.values.depth(value) !== undefined;
}

/** Arguments a call finds on the stack are the callee's to change; registers saved there are not any. */
function forgetArguments(state: CodeState): void {
  const height = state.height;
  if (height === undefined) return;
  for (let offset = -height; offset < -8; offset += 8) {
    const slot = state.slots.get(offset);
    if (slot === undefined) return;
    const value = state.values.get(slot.value);
    if (value?.kind === 'entry' && isCalleeSaved(value.register)) return;
    state.slots.delete(offset);
  }
}

/** rbx, rbp, r12 to r15. @source System V ABI, AMD64 supplement, 3.2.1 */
export function isCalleeSaved(register: number): boolean {
  return register === 3 || register === RBP || register >= 12;
}

function hasModrm(opcode: number): boolean {
  if (opcode >= 0x0f00) return opcode < 0x0f80 || opcode > 0x0f8f;
  if (opcode < 0x40) return (opcode & 7) < 4;
  return (
    opcode === 0x62 ||
    opcode === 0x63 ||
    opcode === 0x69 ||
    opcode === 0x6b ||
    (opcode >= 0x80 && opcode <= 0x8f) ||
    [0xc0, 0xc1, 0xc6, 0xc7].includes(opcode) ||
    (opcode >= 0xd0 && opcode <= 0xdf) ||
    [0xf6, 0xf7, 0xfe, 0xff].includes(opcode)
  );
}
