/**
 * struct pt_regs: fixed by the entry code and the ptrace ABI, so the offsets hold for every kernel.
 * cs and ss share their words with FRED's event data since 6.9: only their low 16 bits are them.
 * @source arch/x86/include/uapi/asm/ptrace.h, arch/x86/include/asm/ptrace.h (commit ee63291aa824,
 *   `struct fred_cs`, `struct fred_ss`)
 */
export const PT_REGS_SIZE = 168;
/** Offset of rip: the part the CPU itself pushes begins here (rip cs rflags rsp ss). */
export const IRET_FRAME_OFFSET = 128;
export const IRET_FRAME_SIZE = 40;

/** 64-bit words of pt_regs in their order. */
export const PT_REGS_WORDS = [
  'r15',
  'r14',
  'r13',
  'r12',
  'rbp',
  'rbx',
  'r11',
  'r10',
  'r9',
  'r8',
  'rax',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
  'orig_rax',
  'rip',
  'cs',
  'rflags',
  'rsp',
  'ss',
] as const;

/** The words that follow in struct user_regs_struct (core dumps, crash notes). */
export const USER_REGS_EXTRA_WORDS = ['fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs'] as const;

/** General register by ORC's and the unwinder's name -> name in pt_regs. */
export type GeneralRegister = (typeof PT_REGS_WORDS)[number];

/** cs of user mode has privilege level 3. @source arch/x86/include/asm/ptrace.h `user_mode()` */
export function isUserModeCs(cs: bigint): boolean {
  return (cs & 3n) === 3n;
}

/** Register values by name. */
export type RegisterValues = Readonly<Record<string, bigint>>;

/**
 * Decodes a pt_regs, or with `extra` a user_regs_struct.
 * @param bytes at least 168 (216 with `extra`); a short array gives the registers it holds
 */
export function decodeRegisters(bytes: Uint8Array, extra: boolean): Record<string, bigint> {
  const names: readonly string[] = extra
    ? [...PT_REGS_WORDS, ...USER_REGS_EXTRA_WORDS]
    : PT_REGS_WORDS;
  return decodeWords(bytes, names);
}

/** Decodes the five words an interrupt pushes. */
export function decodeIretFrame(bytes: Uint8Array): Record<string, bigint> {
  return decodeWords(bytes, PT_REGS_WORDS.slice(IRET_FRAME_OFFSET / 8));
}

function decodeWords(bytes: Uint8Array, names: readonly string[]): Record<string, bigint> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: Record<string, bigint> = {};
  const count = Math.min(names.length, Math.floor(bytes.length / 8));
  for (let i = 0; i < count; i++) values[names[i]!] = view.getBigUint64(i * 8, true);
  for (const name of SHARED_WORDS) {
    const word = values[name];
    if (word !== undefined) values[name] = word & 0xffffn;
  }
  return values;
}

const SHARED_WORDS = ['cs', 'ss'] as const;
