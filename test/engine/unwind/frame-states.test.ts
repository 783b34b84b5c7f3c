import { describe, expect, it } from 'vitest';
import { KernelObject } from '../../../src-main/engine/program/object.ts';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import type { FrameState } from '../../../src-main/engine/unwind/frame-state.ts';
import { frameStatesOf } from '../../../src-main/engine/unwind/frame-states.ts';
import {
  CHAIN_CFI,
  drawChain,
  frameOf,
  STACK,
  type ChainDrawing,
} from '../../support/kernel/draw-call-chain.ts';

/** `name=value` of a frame's registers without rip and rsp. */
function registers({ registers: all }: FrameState): string {
  const shown = [...all.values()].filter(({ name }) => name !== 'rip' && name !== 'rsp');
  return shown
    .map(({ name, value }) => `${name}=${value.toString(16)}`)
    .sort()
    .join(' ');
}
const states = (drawing: ChainDrawing = {}): FrameState[] => drawChain(drawing).states();

describe('registers of frames from a crash note', () => {
  const [leaf, middle, outer] = states();
  it('are all known in the frame that ran, and only kept ones in its callers', () => {
    expect(registers(leaf!)).toBe('r13=1313 rax=aa rdi=d1');
    expect(registers(middle!)).toBe('r12=1212 r13=1313 rbx=b0b');
    expect(registers(outer!)).toBe('r12=1212 r13=1313 rbp=6060 rbx=b0b');
  });
  it('say where each was found', () => {
    const how = (number: number) => outer!.registers.get(number);
    expect(how(3)).toMatchObject({ how: `saved by leaf at 0x${(STACK + 16n).toString(16)}` });
    expect(how(3)?.address).toBe(STACK + 16n);
    expect(how(6)?.how).toBe(`saved by middle at 0x${(STACK + 32n).toString(16)}`);
    expect(how(13)).toMatchObject({ how: 'crash note' });
    expect(how(13)).not.toHaveProperty('address');
    expect(middle!.registers.get(7)?.value).toBe(STACK + 32n);
  });
  it('lie on the stack where call frame information says', () => {
    expect([...leaf!.saved]).toEqual([
      [3, STACK + 16n],
      [12, STACK + 8n],
    ]);
    expect([leaf!.method, leaf!.lost, leaf!.cfa]).toEqual(['cfi', undefined, STACK + 32n]);
  });
});

describe('registers are not carried on', () => {
  it('where call frame information puts the frame elsewhere than the unwinder', () => {
    const cfi = CHAIN_CFI.replace('def_cfa_offset 32', 'def_cfa_offset 40');
    const [leaf, middle] = states({ cfi });
    expect(leaf!.lost).toMatch(/puts the frame of leaf at 0x[0-9a-f]+28, the unwinder at .*20/);
    expect([leaf!.method, leaf!.saved.size]).toEqual([undefined, 0]);
    expect(registers(middle!)).toBe('');
    // Where the frame is, the unwinder still says.
    expect(middle!.registers.get(16)?.value).toBe(frameOf(1).pc);
  });
  it('where their page is not in the dump; the others are', () => {
    const cfi = CHAIN_CFI.replace('offset 3 2', 'expression 3 [const8u 0xffffc90000009000]');
    const [leaf, middle] = states({ cfi });
    expect(leaf!.lost).toMatch(/^rbx of the caller: .*ffffc90000009000/);
    expect(registers(middle!)).toBe('r12=1212 r13=1313');
  });
  it('where nothing describes the function and its code is not there', () => {
    const cfi = CHAIN_CFI.split('\n').slice(0, 2).join('\n');
    const [leaf, middle] = states({ cfi });
    expect(leaf!.lost).toMatch(
      /no call frame information covers leaf, and its instructions do not/,
    );
    expect(registers(middle!)).toBe('');
  });
  it('from, or to, a frame that is a guess', () => {
    const [, middle, outer] = states({ frames: { 1: { exact: false }, 2: { exact: false } } });
    expect([...middle!.registers, ...outer!.registers]).toEqual([]);
    expect(middle!.lost).toBe('the frame is a guess');
  });
});

describe('registers across a boundary', () => {
  const saved = (full: boolean) => ({
    1: {
      registers: {
        origin: 'exception' as const,
        address: 0xffff_c900_0000_3000n,
        userMode: false,
        full,
        values: { ...(full && { rbx: 7n, rax: 8n }), rip: frameOf(2).pc, rsp: STACK + 48n },
      },
    },
    2: { interrupted: true },
  });
  it('are those that the entry saved, also what a call would not keep, with their places', () => {
    const [, middle, outer] = states({ frames: saved(true) });
    expect(middle!.cfa).toBeUndefined();
    expect(registers(outer!)).toBe('rax=8 rbx=7');
    // struct pt_regs: r15 r14 r13 r12 bp bx
    expect(outer!.registers.get(3)?.address).toBe(0xffff_c900_0000_3000n + 40n);
    expect(outer!.registers.get(3)?.how).toMatch(/saved by middle in struct pt_regs at/);
  });
  it('are none where only the interrupt frame was saved, and that is said', () => {
    const [, middle, outer] = states({ frames: saved(false) });
    expect(registers(outer!)).toBe('');
    expect(middle!.lost).toBe('middle had saved only the five words of an interrupt frame');
  });
});

describe('registers of a sleeping task', () => {
  const types = `
    struct inactive_task_frame { unsigned long r15; unsigned long r14; unsigned long r13; unsigned long r12; unsigned long bx; unsigned long bp; unsigned long ret_addr; }
    struct thread_struct { unsigned long sp; }
    struct task_struct { struct thread_struct thread; }
  `;
  const TASK = 0xffff_8880_0000_1000n;
  const sleeping = (returns: bigint): FrameState[] => {
    const at = STACK - 56n;
    const { program, trace } = drawChain({
      types,
      frames: { 0: { interrupted: false, sp: STACK - 8n } },
      trace: { start: 'inactive-task-frame', startRegisters: undefined } as never,
      memory: (machine) => {
        const members = { r15: 15, r14: 14, r13: 13, r12: 12, bx: 3, bp: 6, ret_addr: returns };
        machine.put('struct task_struct', TASK, { 'thread.sp': at });
        machine.put('struct inactive_task_frame', at, members);
      },
    });
    const type = program.type('struct task_struct');
    return frameStatesOf(program, new KernelObject(program, type, virtAddr(TASK)), trace);
  };
  it('are those that __switch_to_asm pushed', () => {
    const [leaf, middle] = sleeping(frameOf(0).pc);
    expect(registers(leaf!)).toBe('r12=c r13=d r14=e r15=f rbp=6 rbx=3');
    expect(leaf!.registers.get(15)?.how).toMatch(/^saved by __switch_to_asm at 0x/);
    expect(registers(middle!)).toBe('r12=1212 r13=d r14=e r15=f rbp=6 rbx=b0b');
  });
  it('are none when memory is of another moment than the trace', () => {
    expect(registers(sleeping(0x1234n)[0]!)).toBe('');
  });
});
