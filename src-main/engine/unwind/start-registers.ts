import type { FrameRegister, RegisterSet } from '../../../src-shared/contract/index.ts';
import { DWARF_REGISTERS } from '../arch/x86-64/dwarf-registers.ts';
import { PT_REGS_WORDS } from '../arch/x86-64/pt-regs.ts';
import { addVirt, hex } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { sizeOf } from '../types/layout.ts';
import type { TaskTrace } from './task.ts';

export type FrameRegisters = ReadonlyMap<number, FrameRegister>;

/** Members of struct inactive_task_frame -> DWARF's numbers. */
const INACTIVE_MEMBERS: readonly (readonly [string, number])[] = [
  ['bx', 3],
  ['bp', 6],
  ['r12', 12],
  ['r13', 13],
  ['r14', 14],
  ['r15', 15],
  ['ret_addr', 16],
];
const RSP = 7;

/** Registers of the innermost frame, from where the trace began. */
export function startRegistersOf(
  program: Program,
  task: KernelObject | undefined,
  trace: Pick<TaskTrace, 'start' | 'frames' | 'startRegisters'>,
): FrameRegisters {
  const { start, startRegisters } = trace;
  if (startRegisters !== undefined) {
    const how = start === 'crash-note' ? 'crash note' : 'given pt_regs';
    return registersOfSet(startRegisters, how);
  }
  if (start !== 'inactive-task-frame' || task === undefined) return new Map();
  const registers = tryRead(() => inactiveRegisters(program, task));
  // The task's memory said something else when the trace was made from it: then it is not its frame.
  return registers?.get(16)?.value === trace.frames[0]?.pc ? (registers ?? new Map()) : new Map();
}

/**
 * Registers that a boundary saved; with their places, where they are in memory.
 * @param how what saved them
 */
export function registersOfSet({ values, address }: RegisterSet, how: string): FrameRegisters {
  const registers = new Map<number, FrameRegister>();
  for (const [number, name] of DWARF_REGISTERS.entries()) {
    const value = values[name];
    const word = (PT_REGS_WORDS as readonly string[]).indexOf(name);
    if (value === undefined) continue;
    const at = address === undefined ? {} : { address: address + BigInt(word * 8) };
    registers.set(number, { name, value, how, ...at });
  }
  return registers;
}

/**
 * What __switch_to_asm pushed; of the others the task's own functions know nothing any more.
 * @throws FaultError
 * @source arch/x86/include/asm/switch_to.h `struct inactive_task_frame`
 */
export function inactiveRegisters(program: Program, task: KernelObject): FrameRegisters {
  const sp = task.member('thread.sp').pointer();
  const type = program.type('struct inactive_task_frame');
  const frame = program.object(type, sp);
  const registers = new Map<number, FrameRegister>();
  for (const [member, number] of INACTIVE_MEMBERS) {
    // Some configurations do not push all of them; what cannot be read is not known.
    const saved = frame.has(member) ? frame.member(member) : undefined;
    const value = saved && tryRead(() => saved.pointer());
    if (saved === undefined || value === undefined) continue;
    const name = DWARF_REGISTERS[number]!;
    const how = `saved by __switch_to_asm at ${hex(saved.address)}`;
    registers.set(number, { name, value, how, address: saved.address });
  }
  const end = addVirt(sp, sizeOf(type));
  registers.set(RSP, { name: 'rsp', value: end, how: 'end of struct inactive_task_frame' });
  return registers;
}
