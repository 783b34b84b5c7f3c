import { decodeRegisters } from './pt-regs.ts';

/**
 * struct elf_prstatus of an NT_PRSTATUS note, x86-64.
 * @source include/uapi/linux/elfcore.h; the kernel's and QEMU's layouts are the same
 */
const PR_PID_OFFSET = 32;
const PR_REG_OFFSET = 112;
/** user_regs_struct: 27 words. */
const PR_REG_SIZE = 216;
export const NT_PRSTATUS = 1;

export interface Prstatus {
  /** Kernel crash notes: pid of the CPU's current task. QEMU: CPU number + 1. */
  readonly pid: number;
  /** By name, as in pt_regs, and `fs_base gs_base ds es fs gs`. */
  readonly registers: Readonly<Record<string, bigint>>;
}

/** Undefined when the note is too short. */
export function decodePrstatus(desc: Uint8Array): Prstatus | undefined {
  if (desc.length < PR_REG_OFFSET + PR_REG_SIZE) return undefined;
  const view = new DataView(desc.buffer, desc.byteOffset, desc.byteLength);
  return {
    pid: view.getInt32(PR_PID_OFFSET, true),
    registers: decodeRegisters(desc.subarray(PR_REG_OFFSET, PR_REG_OFFSET + PR_REG_SIZE), true),
  };
}

/** An ELF note with four-byte alignment, as crash_notes holds them. */
export interface RawNote {
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

/**
 * Notes of a crash_notes buffer, up to the empty one that ends it.
 * @source kernel/crash_core.c `append_elf_note()`, `final_note()`
 */
export function decodeCrashNotes(bytes: Uint8Array): RawNote[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const notes: RawNote[] = [];
  let at = 0;
  while (at + 12 <= bytes.length) {
    const nameSize = view.getUint32(at, true);
    const descSize = view.getUint32(at + 4, true);
    const type = view.getUint32(at + 8, true);
    if (nameSize === 0) break;
    const nameAt = at + 12;
    const descAt = nameAt + align4(nameSize);
    if (descAt + descSize > bytes.length) break;
    let name = '';
    for (let i = nameAt; i < nameAt + nameSize && bytes[i] !== 0; i++) {
      name += String.fromCharCode(bytes[i]!);
    }
    notes.push({ name, type, desc: bytes.subarray(descAt, descAt + descSize) });
    at = descAt + align4(descSize);
  }
  return notes;
}

function align4(size: number): number {
  return Math.ceil(size / 4) * 4;
}
