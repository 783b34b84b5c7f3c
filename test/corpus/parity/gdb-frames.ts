import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a thread of the core stands: registers by DWARF's number. */
export type ThreadRegisters = ReadonlyMap<number, bigint>;

export interface GdbFrame {
  readonly pc: string;
  readonly sp: string;
  readonly function: string | null;
  readonly inlined: boolean;
  readonly locals: Readonly<Record<string, readonly (string | null)[]>>;
}

/** struct elf_prstatus of x86-64: pr_pid, then pr_reg (user_regs_struct). */
const PRSTATUS_SIZE = 336;
const PR_PID = 32;
const PR_REG = 112;
/** DWARF's numbers in the order of struct user_regs_struct, which has rax twice and rip late. */
const USER_REGS = [15, 14, 13, 12, 6, 3, 11, 10, 9, 8, 0, 2, 1, 4, 5, 0, 16];
const USER_RSP = 19;
const PAGE = 4096;

export const hasGdb = spawnSync('gdb', ['--version']).status === 0;

/**
 * gdb's variables of every frame that it finds from each of the threads, by DWARF of `vmlinux` at
 * `slide`. It gets the stacks only, as an ELF core; it knows nothing of the dump.
 */
export function askGdbFrames(
  folder: string,
  vmlinux: string,
  slide: bigint,
  threads: readonly ThreadRegisters[],
  pages: ReadonlyMap<bigint, Uint8Array>,
  script: string,
): readonly (readonly GdbFrame[])[] {
  const core = join(folder, 'stacks.core');
  const out = join(folder, 'gdb.json');
  writeFileSync(core, coreOf(threads, pages));
  const commands = [
    'set pagination off',
    'set backtrace past-main on',
    'set backtrace past-entry on',
    'set print entry-values no',
    `symbol-file -o 0x${slide.toString(16)} ${vmlinux}`,
    `core-file ${core}`,
  ];
  const done = spawnSync(
    'gdb',
    ['-nx', '-batch', ...commands.flatMap((each) => ['-ex', each]), '-x', script],
    { encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, OUT: out } },
  );
  if (done.status !== 0) throw new Error(`gdb: ${done.stderr.slice(-2000)}`);
  return (JSON.parse(readFileSync(out, 'utf8')) as { threads: GdbFrame[][] }).threads;
}

/** @source include/uapi/linux/elfcore.h, fs/binfmt_elf.c */
function coreOf(
  threads: readonly ThreadRegisters[],
  pages: ReadonlyMap<bigint, Uint8Array>,
): Buffer {
  const notes = Buffer.concat(threads.map((registers, i) => prstatus(registers, i + 1)));
  const all = [...pages].sort(([a], [b]) => (a < b ? -1 : 1));
  const header = Buffer.alloc(64 + 56 * (all.length + 1));
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(4, 16);
  header.writeUInt16LE(62, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(all.length + 1, 56);
  const data = Math.ceil((header.length + notes.length) / PAGE) * PAGE;
  segment(header, 0, { type: 4, offset: header.length, address: 0n, size: notes.length });
  for (const [i, [address]] of all.entries()) {
    segment(header, i + 1, { type: 1, offset: data + i * PAGE, address, size: PAGE });
  }
  const padding = Buffer.alloc(data - header.length - notes.length);
  return Buffer.concat([header, notes, padding, ...all.map(([, bytes]) => bytes)]);
}

function segment(
  header: Buffer,
  index: number,
  of: { type: number; offset: number; address: bigint; size: number },
): void {
  const at = 64 + 56 * index;
  header.writeUInt32LE(of.type, at);
  header.writeUInt32LE(4, at + 4);
  header.writeBigUInt64LE(BigInt(of.offset), at + 8);
  header.writeBigUInt64LE(of.address, at + 16);
  header.writeBigUInt64LE(BigInt(of.size), at + 32);
  header.writeBigUInt64LE(BigInt(of.size), at + 40);
  header.writeBigUInt64LE(1n, at + 48);
}

function prstatus(registers: ThreadRegisters, pid: number): Buffer {
  const note = Buffer.alloc(20 + PRSTATUS_SIZE);
  note.writeUInt32LE(5, 0);
  note.writeUInt32LE(PRSTATUS_SIZE, 4);
  note.writeUInt32LE(1, 8);
  note.write('CORE\0', 12, 'latin1');
  note.writeUInt32LE(pid, 20 + PR_PID);
  const set = (index: number, value: bigint): void => {
    note.writeBigUInt64LE(value, 20 + PR_REG + 8 * index);
  };
  for (const [i, number] of USER_REGS.entries()) set(i, registers.get(number) ?? 0n);
  set(USER_RSP, registers.get(7) ?? 0n);
  return note;
}
