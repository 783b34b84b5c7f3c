import { virtAddr } from '../base/address.ts';
import { describeFault, FaultError } from '../base/fault.ts';
import {
  decodeCrashNotes,
  decodePrstatus,
  NT_PRSTATUS,
  type Prstatus,
} from '../arch/x86-64/prstatus.ts';
import type { Program } from '../program/program.ts';
import { sizeOf } from '../types/layout.ts';

/** Registers of a CPU as it stopped, and who saved them. */
export type CpuRegisters =
  | { readonly found: true; readonly prstatus: Prstatus; readonly source: string }
  | { readonly found: false; readonly why: string };

/** An NT_PRSTATUS with its header, rounded up: where the type of the buffer is not known. */
const NOTE_SIZE = 360;
const MAX_NOTE_SIZE = 4096;

/**
 * Registers of a CPU: the kernel's own per-CPU crash_notes in memory, where kdump left them; else a
 * hypervisor's note of that CPU; else, when their number allows no other reading, the dump's notes
 * in the order of online CPUs.
 * @source kernel/crash_core.c `crash_save_cpu()`; QEMU target/i386/arch_dump.c (pr_pid = CPU + 1)
 */
export function cpuRegistersOf(program: Program, cpu: number): CpuRegisters {
  let why: string;
  try {
    const prstatus = prstatusInMemory(program, cpu);
    if (prstatus !== undefined) {
      return { found: true, prstatus, source: `crash_notes of CPU ${cpu}` };
    }
    why = `CPU ${cpu} saved no registers: its crash_notes are empty`;
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    why = `the crash notes of CPU ${cpu} cannot be read: ${describeFault(error.fault)}`;
  }
  return prstatusInDump(program, cpu) ?? { found: false, why };
}

/** @throws FaultError */
function prstatusInMemory(program: Program, cpu: number): Prstatus | undefined {
  const pointer = program.kernel.readU64(program.symbols.address('crash_notes'));
  if (pointer === 0n) return undefined;
  const type = program.findType('note_buf_t');
  const size = Math.min(type === undefined ? NOTE_SIZE : sizeOf(type), MAX_NOTE_SIZE);
  const address = program.perCpuAddress(virtAddr(pointer), cpu);
  for (const note of decodeCrashNotes(program.kernel.read(address, size))) {
    if (note.name === 'CORE' && note.type === NT_PRSTATUS) return decodePrstatus(note.desc);
  }
  return undefined;
}

function prstatusInDump(program: Program, cpu: number): CpuRegisters | undefined {
  const { notes } = program.image;
  const saved = notes
    .filter((note) => note.type === NT_PRSTATUS && trimNul(note.name) === 'CORE')
    .map((note) => decodePrstatus(note.desc));
  const qemu = notes.some((note) => trimNul(note.name) === 'QEMU');
  if (qemu) {
    const prstatus = saved.find((note) => note?.pid === cpu + 1);
    return prstatus && { found: true, prstatus, source: `the hypervisor's note of CPU ${cpu}` };
  }
  const { online } = program.cpus;
  const position = online.indexOf(cpu);
  // A CPU that did not answer the NMI has no note, and then the order tells nothing.
  const prstatus = saved.length === online.length ? saved[position] : undefined;
  return (
    prstatus && {
      found: true,
      prstatus,
      source: `note ${position} of the dump, taken to be that of CPU ${cpu} by the order of online CPUs`,
    }
  );
}

function trimNul(name: string): string {
  return name.replace(/\0.*$/s, '');
}
