import { describe, expect, it } from 'vitest';
import type { StackFrame } from '../../../src-shared/contract/block.ts';
import type { UnwindEnvironment } from '../../../src-main/engine/unwind/environment.ts';
import { StackAccess } from '../../../src-main/engine/unwind/stack-access.ts';
import type { UnwindStart } from '../../../src-main/engine/unwind/state.ts';
import { unwind, type UnwindOptions } from '../../../src-main/engine/unwind/trace.ts';
import { drawMachine, ptRegs } from './draw-stack.ts';

/** Code all drawings share. */
const CODE = `
  fn 1000 1100 __schedule            sp+32
  fn 1100 1200 schedule              sp+16
  fn 1200 1300 kthread               sp+24
  fn 1300 1400 ret_from_fork         end
  fn 2000 2100 oops_here             sp+16
  fn 2100 2200 asm_exc_page_fault    sp+0 regs
  fn 2200 2300 exc_page_fault        sp+8
  fn 2300 2400 entry_SYSCALL_64_after_hwframe sp+0 regs
  fn 2400 2500 do_syscall_64         sp+8
  fn 2500 2600 asm_exc_nmi           sp+0 iret
  fn 2600 2700 nmi_handle            sp+8
  fn 2700 2800 with_bp               bp+16 bp@prev-16
  fn 2800 2900 calls_irq_stack       *sp+8
  fn 2900 2a00 irq_work              sp+8
  fn 2a00 2b00 realigned             r10 bp@bp+0
  fn 2b00 2c00 skipped               none
  fn 2c00 2d00 garbage               invalid
  fn 2d00 2e00 asm_sysvec_apic_timer_interrupt sp+0 regs
  stack task ffffc90000000000 ffffc90000004000
  stack irq  ffffc90000010000 ffffc90000014000
  stack nmi  fffffe0000001000 fffffe0000003000
`;

function run(
  drawing: string,
  start: {
    pc: string;
    sp: string;
    bp?: string;
    interrupted?: boolean;
    registers?: Record<string, bigint>;
  },
  options: UnwindOptions = {},
  environment: Partial<UnwindEnvironment> = {},
) {
  const machine = drawMachine(CODE + drawing, environment);
  const sp = machine.resolve(start.sp);
  const begin: UnwindStart = {
    pc: machine.resolve(start.pc),
    sp,
    slot: sp,
    bp: start.bp === undefined ? 0n : machine.resolve(start.bp),
    interrupted: start.interrupted ?? false,
    ...(start.registers && { registers: { values: start.registers, full: true } }),
  };
  return unwind(machine, begin, options);
}

const names = (frames: readonly StackFrame[]) => frames.map((frame) => frame.symbol?.name ?? '?');

/** __schedule <- schedule <- kthread <- ret_from_fork, from ffffc90000003e00. */
const SLEEPING = `
  ffffc90000003e00: 0 0 0 schedule+50
  ffffc90000003e20: 0 kthread+80
  ffffc90000003e30: 0 0 ret_from_fork+10
`;
const ASLEEP = { pc: '__schedule+80', sp: 'ffffc90000003e00' };

describe('a sleeping task', () => {
  it('is walked to the end of its stack, each frame exact', () => {
    const { frames, end, warnings } = run(SLEEPING, ASLEEP);
    expect(names(frames)).toEqual(['__schedule', 'schedule', 'kthread', 'ret_from_fork']);
    expect(end).toEqual({ complete: true, why: 'end of the stack' });
    expect(frames.map((f) => f.method)).toEqual(['start', 'orc', 'orc', 'orc']);
    expect(frames.every((f) => f.exact && f.stack === 'task' && !f.interrupted)).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('prints where each return address lies', () => {
    const { frames } = run(SLEEPING, ASLEEP);
    expect(frames.map((f) => f.sp.toString(16))).toEqual([
      'ffffc90000003e00',
      'ffffc90000003e18',
      'ffffc90000003e28',
      'ffffc90000003e40',
    ]);
  });

  it('looks a return address up at the call, as the last byte of a function may be a call', () => {
    const { frames } = run(SLEEPING, { ...ASLEEP, pc: 'schedule+0' });
    expect(frames[0]?.symbol).toMatchObject({ name: '__schedule', offset: 0x100 });
    expect(names(frames)).toHaveLength(4);
  });

  it('finds the caller through a frame pointer that ORC says is there', () => {
    const { frames, end } = run(
      `ffffc90000003e00: 0
       ffffc90000003e80: ffffc90000003f00 kthread+80   # saved rbp, return address
       ffffc90000003e90: 0 0 ret_from_fork+10`,
      { pc: 'with_bp+20', sp: 'ffffc90000003e00', bp: 'ffffc90000003e80' },
    );
    expect(names(frames)).toEqual(['with_bp', 'kthread', 'ret_from_fork']);
    expect(end.complete).toBe(true);
  });
});

describe('boundaries', () => {
  it('goes across an exception to the interrupted instruction and shows its registers', () => {
    const { frames } = run(
      `ffffc90000003c00: asm_exc_page_fault+20
       ffffc90000003c08: ${ptRegs({ rip: 'oops_here+0', cs: '10', rsp: 'ffffc90000003d00', rbp: '77', rdi: 'dead' })}
       ffffc90000003d00: 0 do_syscall_64+40
       ffffc90000003d10: entry_SYSCALL_64_after_hwframe+60
       ffffc90000003d18: ${ptRegs({ rip: '401000', cs: '33', rsp: '7ffd0000' })}`,
      { pc: 'exc_page_fault+10', sp: 'ffffc90000003c00' },
    );
    expect(names(frames)).toEqual([
      'exc_page_fault',
      'asm_exc_page_fault',
      'oops_here',
      'do_syscall_64',
      'entry_SYSCALL_64_after_hwframe',
    ]);
    expect(frames[1]?.registers).toMatchObject({
      origin: 'exception',
      address: 0xffffc90000003c08n,
      userMode: false,
      full: true,
      symbol: { name: 'oops_here', offset: 0 },
      values: { rdi: 0xdeadn, rbp: 0x77n },
    });
    // The exact instruction, not one before: offset 0 stays in its function.
    expect(frames[2]).toMatchObject({ interrupted: true, sp: 0xffffc90000003d00n });
    expect(frames[4]?.registers).toMatchObject({
      origin: 'syscall',
      userMode: true,
      values: { rip: 0x401000n },
    });
  });

  it('ends complete where user mode was interrupted', () => {
    const { end } = run(
      `ffffc90000003d10: ${ptRegs({ rip: '401000', cs: '33', rsp: '7ffd0000' })}`,
      { pc: 'entry_SYSCALL_64_after_hwframe+60', sp: 'ffffc90000003d10' },
    );
    expect(end).toEqual({ complete: true, why: 'entered from user mode' });
  });

  it('reads only the low half of cs, which shares its word with FRED event data', () => {
    const { end } = run(
      `ffffc90000003d10: ${ptRegs({ rip: '401000', cs: '3000033', rsp: '7ffd0000' })}`,
      { pc: 'entry_SYSCALL_64_after_hwframe+60', sp: 'ffffc90000003d10' },
    );
    expect(end.complete).toBe(true);
  });

  it('takes an NMI frame of five words, keeping the registers nobody had touched yet', () => {
    const { frames, end } = run(
      `fffffe0000002f00: asm_exc_nmi+10
       fffffe0000002f08: realigned+10 10 0 ffffc90000003e00 18
       ffffc90000003e80: 0 kthread+80
       ffffc90000003e90: 0 0 ret_from_fork+10`,
      { pc: 'nmi_handle+10', sp: 'fffffe0000002f00' },
    );
    expect(names(frames)).toEqual(['nmi_handle', 'asm_exc_nmi', 'realigned']);
    expect(frames[1]?.registers).toMatchObject({ origin: 'nmi', full: false });
    expect(frames.map((f) => f.stack)).toEqual(['nmi', 'nmi', 'task']);
    // r10 was not saved: that is the end, and it says so.
    expect(end).toEqual({ complete: false, why: 'ORC needs register r10, which was not saved' });
  });

  it('uses r10 of a full register set for a realigned frame', () => {
    const { frames } = run(
      `ffffc90000003e80: 55
       ffffc90000003ef8: kthread+80
       ffffc90000003f00: 0 0 ret_from_fork+10`,
      {
        pc: 'realigned+10',
        sp: 'ffffc90000003e00',
        bp: 'ffffc90000003e80',
        interrupted: true,
        registers: { r10: 0xffffc90000003f00n, rbp: 0xffffc90000003e80n },
      },
    );
    expect(names(frames)).toEqual(['realigned', 'kthread', 'ret_from_fork']);
  });

  const SWITCHED = `
    ffffc90000013fe8: calls_irq_stack+20
    ffffc90000013ff0: 0
    ffffc90000013ff8: 0
    ffffc90000003e58: kthread+80
    ffffc90000003e60: 0 0 ret_from_fork+10
  `;
  it('leaves the interrupt stack by the saved stack pointer (5.12 and later: load, then add)', () => {
    const { frames } = run(
      `${SWITCHED.replace('ffffc90000013ff0: 0', 'ffffc90000013ff0: ffffc90000003e58')}`,
      { pc: 'irq_work+10', sp: 'ffffc90000013fe8' },
    );
    expect(names(frames)).toEqual(['irq_work', 'calls_irq_stack', 'kthread', 'ret_from_fork']);
    expect(frames.map((f) => f.stack)).toEqual(['irq', 'irq', 'task', 'task']);
  });

  it('leaves it the way of 5.11 and before (add, then load)', () => {
    const { frames } = run(
      `${SWITCHED.replace('ffffc90000013ff8: 0', 'ffffc90000013ff8: ffffc90000003e60')}`,
      { pc: 'irq_work+10', sp: 'ffffc90000013fe8' },
      {},
      { spIndirect: 'add-then-load' },
    );
    expect(names(frames)).toEqual(['irq_work', 'calls_irq_stack', 'kthread', 'ret_from_fork']);
  });

  it('tells an interrupt from an exception', () => {
    const { frames } = run(
      `ffffc90000003d10: ${ptRegs({ rip: '401000', cs: '33', rsp: '7ffd0000' })}`,
      { pc: 'asm_sysvec_apic_timer_interrupt+60', sp: 'ffffc90000003d10' },
    );
    expect(frames[0]?.registers?.origin).toBe('interrupt');
  });
});

describe('where there is no unwind information', () => {
  it('unwinds a call through a NULL pointer by the return address on top', () => {
    const { frames } = run(
      `ffffc90000003e18: schedule+50
       ffffc90000003e20: 0 kthread+80
       ffffc90000003e30: 0 0 ret_from_fork+10`,
      { pc: '0', sp: 'ffffc90000003e18', interrupted: true },
    );
    expect(names(frames)).toEqual(['?', 'schedule', 'kthread', 'ret_from_fork']);
    expect(frames.every((f) => f.exact)).toBe(true);
  });

  it('does the same for a wild pointer, but only when the word follows a call', () => {
    const drawing = `ffffc90000003e18: schedule+50
      ffffc90000003e20: 0 kthread+80
      ffffc90000003e30: 0 0 ret_from_fork+10`;
    const wild = { pc: 'deadbeefdeadbeef', sp: 'ffffc90000003e18', interrupted: true };
    expect(names(run(drawing, wild).frames)).toHaveLength(4);
    const refused = run(`${drawing}\nnocall schedule+50`, wild);
    expect(refused.frames).toHaveLength(1);
    expect(refused.end.why).toContain('no return address');
  });

  it('assumes a frame pointer in generated code and marks everything after as a guess', () => {
    const jit = 0xffffffffa0001000n;
    const { frames, end, warnings } = run(
      `ffffc90000003e00: ffffffffa0001020
       ffffc90000003e80: 0 kthread+80
       ffffc90000003e90: 0 0 ret_from_fork+10`,
      { pc: 'irq_work+10', sp: 'ffffc90000003e00', bp: 'ffffc90000003e80' },
      {},
      { isExecutable: (pc) => pc >= jit && pc < jit + 0x1000n },
    );
    expect(names(frames)).toEqual(['irq_work', '?', 'kthread', 'ret_from_fork']);
    expect(frames.map((f) => f.exact)).toEqual([true, true, false, false]);
    expect(frames[2]?.method).toBe('frame-pointer');
    expect(end.complete).toBe(false);
    expect(warnings[0]).toContain('Frames from #2 on are a guess');
  });

  it('computes the frame of a function objtool skipped from its instructions', () => {
    const { frames, warnings } = run(
      `code 2b00 53 48 81 ec b0 00 00 00 90 90 90    # push rbx; sub 0xb0, rsp
       ffffc90000003eb8: schedule+50
       ffffc90000003ec0: 0 kthread+80
       ffffc90000003ed0: 0 0 ret_from_fork+10`,
      { pc: 'skipped+9', sp: 'ffffc90000003e00', interrupted: true },
    );
    expect(names(frames)).toEqual(['skipped', 'schedule', 'kthread', 'ret_from_fork']);
    expect(frames[1]).toMatchObject({ method: 'cfi', exact: true, sp: 0xffffc90000003eb8n });
    expect(warnings[0]).toContain('from the instructions of skipped');
  });

  it('stops there when the word found does not follow a call', () => {
    const { frames, end } = run(
      `code 2b00 53 48 81 ec b0 00 00 00 90 90 90
       ffffc90000003eb8: schedule+50
       nocall schedule+50`,
      { pc: 'skipped+9', sp: 'ffffc90000003e00', interrupted: true },
    );
    expect(frames).toHaveLength(1);
    expect(end).toMatchObject({ complete: false });
    expect(end.why).toContain('no unwind information for skipped');
  });

  it('scans only when asked, and says that it does', () => {
    const drawing = `ffffc90000003e00: 1 2 schedule+50
      ffffc90000003e18: 0 kthread+80
      ffffc90000003e28: 0 0 ret_from_fork+10`;
    const start = { pc: 'garbage+10', sp: 'ffffc90000003e00' };
    const refused = run(drawing, start);
    expect(refused.frames).toHaveLength(1);
    const guessed = run(drawing, start, { guess: true });
    expect(names(guessed.frames)).toEqual(['garbage', 'schedule', 'kthread', 'ret_from_fork']);
    expect(guessed.frames.map((f) => f.exact)).toEqual([true, false, false, false]);
    expect(guessed.frames[1]?.method).toBe('scan');
    expect(guessed.end.complete).toBe(false);
    expect(guessed.warnings[0]).toContain('a guess');
  });

  it('falls back by itself on a kernel without ORC', () => {
    const { frames } = run(
      `fn 3000 3100 plain
       ffffc90000003e00: 0
       ffffc90000003e80: ffffc90000003ec0 plain+80
       ffffc90000003ec0: 0 plain+20`,
      { pc: 'plain+10', sp: 'ffffc90000003e00', bp: 'ffffc90000003e80' },
      {},
      { hasOrc: false },
    );
    expect(names(frames).slice(0, 3)).toEqual(['plain', 'plain', 'plain']);
    expect(frames[1]).toMatchObject({ method: 'frame-pointer', exact: false });
  });
});

describe('replaced return addresses', () => {
  const drawing = `
    fn 3000 3100 return_to_handler none
    ffffc90000003e00: 0 0 0 return_to_handler+0
    ffffc90000003e20: 0 kthread+80
    ffffc90000003e30: 0 0 ret_from_fork+10`;

  it('shows the original where the task kept it', () => {
    const { frames } = run(
      drawing,
      ASLEEP,
      {},
      {
        replacedReturn: (slot) =>
          slot === 0xffffc90000003e18n
            ? { hook: 'return_to_handler', original: 0xffffffff81001150n }
            : undefined,
      },
    );
    expect(names(frames)).toEqual(['__schedule', 'schedule', 'kthread', 'ret_from_fork']);
  });

  it('stops, naming the hook, where it is lost', () => {
    const { frames, end } = run(
      drawing,
      ASLEEP,
      {},
      {
        replacedReturn: (slot) =>
          slot === 0xffffc90000003e18n
            ? { hook: 'return_to_handler', original: undefined }
            : undefined,
      },
    );
    expect(names(frames)).toEqual(['__schedule']);
    expect(end.why).toContain('replaced by return_to_handler');
  });
});

describe('hostile stacks', () => {
  it('keeps the frames before a page that is missing, and gives the reason', () => {
    const { frames, end } = run(
      `ffffc90000002fe0: 0 0 0 schedule+50
       ffffc90000003000: gone`,
      { pc: '__schedule+80', sp: 'ffffc90000002fe0' },
    );
    expect(names(frames)).toEqual(['__schedule', 'schedule']);
    expect(end).toMatchObject({ complete: false });
    expect(end.why).toMatch(/^page excluded by the dump filter.*0xffffc90000003008/);
  });

  it('stops when saved registers send it back inwards', () => {
    const { frames, end } = run(
      `ffffc90000003d10: ${ptRegs({ rip: 'do_syscall_64+10', cs: '10', rsp: 'ffffc90000003000' })}`,
      { pc: 'asm_exc_page_fault+60', sp: 'ffffc90000003d10' },
    );
    expect(frames).toHaveLength(1);
    expect(end.why).toContain('goes the wrong way');
  });

  it('stops on a cycle between two stacks', () => {
    const { frames, end } = run(
      `ffffc90000003d10: ${ptRegs({ rip: 'asm_exc_page_fault+10', cs: '10', rsp: 'fffffe0000002010' })}
       fffffe0000002010: ${ptRegs({ rip: 'asm_exc_page_fault+10', cs: '10', rsp: 'ffffc90000003d10' })}`,
      { pc: 'asm_exc_page_fault+60', sp: 'ffffc90000003d10' },
    );
    expect(frames.length).toBeLessThan(5);
    expect(end.why).toContain('goes back to the task stack');
  });

  it('stops on a cycle through the end of a stack, which only its last word told', () => {
    const machine = drawMachine('stack task ffffc90000003000 ffffc90000004000', {
      stacksComplete: false,
    });
    const access = new StackAccess(machine, 0xffffc90000003ff0n);
    const [stack] = machine.stacks;
    const end = 0xffffc90000004000n;
    const from = { sp: 0xffffc90000003ff0n, stack };
    expect(access.advance(from, end, end - 8n)).toBe(stack);
    expect(() => access.advance({ sp: end, stack }, end, end)).toThrow('the stack comes back');
  });

  it('stops on a cycle when no stack is known', () => {
    const machine = `ffffc90000003d10: ${ptRegs({ rip: 'asm_exc_page_fault+10', cs: '10', rsp: 'fffffe0000002010' })}
       fffffe0000002010: ${ptRegs({ rip: 'asm_exc_page_fault+10', cs: '10', rsp: 'ffffc90000003d10' })}`;
    const { frames, end } = run(
      machine,
      { pc: 'asm_exc_page_fault+60', sp: 'ffffc90000003d10' },
      {},
      { stacks: [] },
    );
    expect(frames.length).toBeLessThan(6);
    expect(end.why).toContain('comes back');
  });

  it.each([
    ['off every stack', 'ffff888000001000', 'is on no stack'],
    ['misaligned', 'ffffc90000003e01', 'is not aligned'],
    ['in user space', '7ffd00001000', 'is on no stack'],
  ])('does not read a stack pointer %s', (_, sp, why) => {
    const { frames, end } = run('', { pc: '__schedule+10', sp });
    expect(frames).toHaveLength(1);
    expect(end).toMatchObject({ complete: false });
    expect(end.why).toContain(why);
  });

  it('does not believe ORC entries that cannot be', () => {
    const { end } = run('', { pc: 'garbage+10', sp: 'ffffc90000003e00' });
    expect(end.why).toContain('which cannot be');
  });

  it('stops at a return address that is no code', () => {
    const { frames, end } = run('ffffc90000003e00: 0 0 0 4141414141414141', ASLEEP);
    expect(names(frames)).toEqual(['__schedule']);
    expect(end.why).toBe('the return address 0x4141414141414141 at 0xffffc90000003e18 is no code');
  });

  it('cuts a very deep stack off and says so', () => {
    const words = Array.from({ length: 600 }, () => 'irq_work+20').join(' ');
    const { frames, end } = run(
      `ffffc90000001000: ${words}`,
      { pc: 'irq_work+10', sp: 'ffffc90000001000' },
      { maxFrames: 50 },
    );
    expect(frames).toHaveLength(50);
    expect(end).toEqual({ complete: false, why: 'more than 50 frames: cut off' });
  });
});
