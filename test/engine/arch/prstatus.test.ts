import { describe, expect, it } from 'vitest';
import { decodeCrashNotes, decodePrstatus } from '../../../src-main/engine/arch/x86-64/prstatus.ts';
import { isUserModeCs } from '../../../src-main/engine/arch/x86-64/pt-regs.ts';

/** As append_elf_note() lays it out: header, "CORE\0" padded to 8, 336 bytes of elf_prstatus. */
function crashNotes(pid: number, rip: bigint, cs: bigint): Uint8Array {
  const bytes = new Uint8Array(360);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 5, true);
  view.setUint32(4, 336, true);
  view.setUint32(8, 1, true);
  bytes.set(new TextEncoder().encode('CORE'), 12);
  view.setInt32(20 + 32, pid, true);
  view.setBigUint64(20 + 112 + 16 * 8, rip, true);
  view.setBigUint64(20 + 112 + 17 * 8, cs, true);
  return bytes;
}

describe('crash notes', () => {
  it('give pid and registers', () => {
    const [note] = decodeCrashNotes(crashNotes(161, 0xffffffff81000000n, 0x10n));
    expect(note).toMatchObject({ name: 'CORE', type: 1 });
    const prstatus = decodePrstatus(note!.desc);
    expect(prstatus?.pid).toBe(161);
    expect(prstatus?.registers).toMatchObject({ rip: 0xffffffff81000000n, cs: 0x10n, gs: 0n });
  });

  it('of a CPU that saved nothing are none', () => {
    expect(decodeCrashNotes(new Uint8Array(360))).toEqual([]);
  });

  it('that claim more than there is are not read', () => {
    const bytes = crashNotes(1, 0n, 0n);
    new DataView(bytes.buffer).setUint32(4, 0xffffffff, true);
    expect(decodeCrashNotes(bytes)).toEqual([]);
    expect(decodePrstatus(new Uint8Array(200))).toBeUndefined();
  });

  it('tell user mode by the privilege level', () => {
    expect(isUserModeCs(0x33n)).toBe(true);
    expect(isUserModeCs(0x23n)).toBe(true);
    expect(isUserModeCs(0x10n)).toBe(false);
  });
});
