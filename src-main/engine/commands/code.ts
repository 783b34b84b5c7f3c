import type { CodeInstruction, SymbolRef } from '../../../src-shared/contract/index.ts';
import type { Disassembled, Disassembler } from '../arch/disassembler.ts';
import { binutilsSyntax } from '../arch/x86-64/att-syntax.ts';
import { decodeInstruction } from '../arch/x86-64/instruction.ts';
import { addVirt, virtAddr, type VirtAddr } from '../base/address.ts';

/** Bytes. */
export const LONGEST_INSTRUCTION = 15;

/** The 5-byte nop that the compiler leaves at the start of a function for tracing. */
const FTRACE_NOP = [0x0f, 0x1f, 0x44, 0x00, 0x00];

/**
 * At most `count` instructions of some bytes. What is none, or not known, is a line of its own,
 * `(bad)`; an instruction that is cut off at the end is left out.
 * @param skipped bytes behind each ud2 that are data
 */
export function codeOf(
  disassembler: Disassembler,
  bytes: Uint8Array,
  address: VirtAddr,
  count: number,
  symbolAt: (address: VirtAddr) => SymbolRef | undefined,
  skipped = 0,
): CodeInstruction[] {
  const found: CodeInstruction[] = [];
  let at = 0;
  while (at < bytes.length && found.length < count) {
    // A long count asks for more bytes than its instructions have.
    const wanted = (count - found.length) * LONGEST_INSTRUCTION;
    const part = bytes.subarray(at, at + wanted);
    let used = 0;
    for (const instruction of disassembler.disassemble(part, addVirt(address, at))) {
      if (found.length >= count) return found;
      const own = bytes.slice(at + used, at + used + instruction.length);
      found.push(instructionOf(instruction, own, addVirt(address, at + used), symbolAt));
      used += instruction.length;
      if (skipped > 0 && instruction.mnemonic === 'ud2') {
        used += skipped;
        break;
      }
    }
    at += used;
    if (found.length >= count || used > 0) continue;
    if (bytes.length - at < LONGEST_INSTRUCTION && found.length > 0) break;
    // One that is not known by name may have a length all the same: what follows stays in step.
    const length = decodeInstruction(bytes, at)?.length ?? 1;
    const bad = { length, mnemonic: '(bad)', operands: '' };
    found.push(badAt(bad, bytes.slice(at, at + length), addVirt(address, at), symbolAt));
    at += length;
  }
  return found;
}

function badAt(
  { mnemonic, operands }: Disassembled,
  bytes: Uint8Array,
  address: VirtAddr,
  symbolAt: (address: VirtAddr) => SymbolRef | undefined,
): CodeInstruction {
  const symbol = symbolAt(address);
  return { address, bytes, mnemonic, operands, ...(symbol && { symbol }) };
}

function instructionOf(
  instruction: Disassembled,
  bytes: Uint8Array,
  address: VirtAddr,
  symbolAt: (address: VirtAddr) => SymbolRef | undefined,
): CodeInstruction {
  const text = binutilsSyntax(instruction, bytes);
  const target = targetOf(text, addVirt(address, bytes.length), symbolAt);
  const base = badAt(text, bytes, address, symbolAt);
  const isEntry = base.symbol?.offset === 0 && FTRACE_NOP.every((byte, i) => bytes[i] === byte);
  return {
    ...base,
    ...(target && { target }),
    ...(isEntry && bytes.length === FTRACE_NOP.length && { note: 'FTRACE NOP' }),
  };
}

/** Where a direct branch leads, or the memory at a distance from the next instruction. */
function targetOf(
  { mnemonic, operands }: Disassembled,
  next: VirtAddr,
  symbolAt: (address: VirtAddr) => SymbolRef | undefined,
): CodeInstruction['target'] {
  const branch = /^0x([0-9a-f]+)$/.exec(operands);
  if (branch !== null && /(?:^|\s)(?:call|j\w+|loop\w*|xbegin)$/.test(mnemonic)) {
    return named(virtAddr(BigInt(`0x${branch[1]!}`)), 'code', symbolAt);
  }
  const relative = /(-?)0x([0-9a-f]+)\(%rip\)/.exec(operands);
  if (relative === null) return undefined;
  const distance = BigInt(`0x${relative[2]!}`);
  return named(addVirt(next, relative[1] === '-' ? -distance : distance), 'data', symbolAt);
}

function named(
  address: VirtAddr,
  kind: 'code' | 'data',
  symbolAt: (address: VirtAddr) => SymbolRef | undefined,
): NonNullable<CodeInstruction['target']> {
  const symbol = symbolAt(address);
  return { address, kind, ...(symbol && { symbol }) };
}

/**
 * The instructions without the padding up to the next function: `int3` and nops behind an
 * instruction that does not go on to them.
 */
export function withoutPadding(
  instructions: readonly CodeInstruction[],
): readonly CodeInstruction[] {
  let end = instructions.length;
  while (end > 0 && isPadding(instructions[end - 1]!)) end--;
  const last = instructions[end - 1];
  const leaves =
    last !== undefined && /(?:^|\s)(?:ret|jmp|ud[12]|iretq|call|hlt)$/.test(last.mnemonic);
  return leaves ? instructions.slice(0, end) : instructions;
}

function isPadding({ mnemonic, operands }: CodeInstruction): boolean {
  if (mnemonic === 'int3' || /(?:^|\s)nop[wl]?$/.test(mnemonic)) return true;
  return mnemonic.endsWith('xchg') && operands === '%ax,%ax';
}
