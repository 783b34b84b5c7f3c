import { describe, expect, it } from 'vitest';
import type { CfiRow, RegisterRule } from '../../../src-main/engine/debuginfo/dwarf/cfi-row.ts';
import type { UnwindEnvironment } from '../../../src-main/engine/unwind/environment.ts';
import { unwind } from '../../../src-main/engine/unwind/trace.ts';
import { drawMachine } from './draw-stack.ts';

const CODE = `
  fn 1000 1100 __schedule
  fn 1100 1200 schedule
  fn 1200 1300 kthread
  fn 1300 1400 ret_from_fork
  fn 1400 1500 with_orc sp+16
  stack task ffffc90000000000 ffffc90000004000
`;
const SLEEPING = `
  ffffc90000003e00: 0 0 1111 schedule+50
  ffffc90000003e20: 0 kthread+80
  ffffc90000003e30: 0 ret_from_fork+10
`;

/** CFA = register + offset, return address below it. */
function row(register: number, offset: number, rules: [number, RegisterRule][] = []): CfiRow {
  return {
    cfa: { kind: 'register', register, offset },
    registers: new Map([[16, { kind: 'offset', offset: -8 }], ...rules]),
    returnRegister: 16,
    signal: false,
    addressSize: 8,
    origin: 'debug_frame',
  };
}

function run(
  rows: Readonly<Record<string, CfiRow>>,
  drawing = SLEEPING,
  options: Partial<UnwindEnvironment> = { hasOrc: false },
) {
  const machine = drawMachine(CODE + drawing, options);
  const cfiAt = (pc: Parameters<UnwindEnvironment['symbolAt']>[0]) =>
    rows[machine.symbolAt(pc)?.name ?? ''];
  const sp = machine.resolve('ffffc90000003e00');
  const pc = machine.resolve('__schedule+80');
  return unwind({ ...machine, cfiAt }, { pc, sp, slot: sp, bp: 0n, interrupted: false });
}

const names = ({ frames }: ReturnType<typeof run>): string[] =>
  frames.map(({ symbol, method, exact }) => `${symbol?.name} ${method} ${exact}`);

describe('call frame information where the kernel has no ORC', () => {
  const outermost: [number, RegisterRule][] = [[16, { kind: 'undefined' }]];
  const rows = {
    __schedule: row(7, 32, [[6, { kind: 'offset', offset: -16 }]]),
    schedule: row(7, 16),
    kthread: row(7, 16),
    ret_from_fork: row(7, 8, outermost),
  };

  it('walks to the end of the stack, each frame exact, and says once by what', () => {
    const found = run(rows);
    expect(names(found)).toEqual([
      '__schedule start true',
      'schedule cfi true',
      'kthread cfi true',
      'ret_from_fork cfi true',
    ]);
    expect(found.end).toEqual({ complete: true, why: 'end of the stack' });
    expect(found.warnings).toEqual([
      'The kernel has no ORC: frames were found by the call frame information of its debuginfo.',
    ]);
  });

  it('carries the frame pointer on for functions that need it', () => {
    const drawing = SLEEPING.replace('1111', 'ffffc90000003e28');
    const found = run({ ...rows, schedule: row(6, 8) }, drawing);
    expect(names(found)[2]).toBe('kthread cfi true');
  });

  it('names the frame where single places lack ORC', () => {
    const found = run(rows, SLEEPING, {
      hasOrc: true,
      orcAt: () => undefined,
    });
    expect(found.warnings[0]).toBe(
      'Frame #1 was found by the call frame information of debuginfo: no ORC can be had for __schedule.',
    );
  });

  it('stops, with the frames so far, where it goes round, off the stack, or is not readable', () => {
    const endOf = (schedule: CfiRow) =>
      run({ ...rows, schedule }, SLEEPING, { hasOrc: true, orcAt: () => undefined });
    expect(endOf(row(7, 0)).end.why).toMatch(/wrong way/);
    expect(endOf(row(7, -8)).end.why).toMatch(/no code/);
    expect(endOf(row(7, 0x7fff_ffff_fff8)).end.why).toMatch(/no stack/);
    expect(endOf(row(7, 0x100)).end.why).toMatch(/not mapped/);
    expect(endOf(row(12, 0)).end.why).toMatch(/register 12, which is not known/);
    expect(endOf(row(12, 0)).frames).toHaveLength(2);
  });
});
