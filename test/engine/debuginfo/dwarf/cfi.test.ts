import { describe, expect, it } from 'vitest';
import { stepByCfi } from '../../../../src-main/engine/debuginfo/dwarf/cfi-step.ts';
import { CfiTable } from '../../../../src-main/engine/debuginfo/dwarf/cfi-table.ts';
import { evaluateValue } from '../../../../src-main/engine/debuginfo/dwarf/expression.ts';
import { DWARF_ABI } from '../../../../src-main/engine/arch/x86-64/dwarf-registers.ts';
import { drawFrames } from '../../../support/dwarf/draw-frames.ts';
import { drawFrame, wordsAt } from '../../../support/dwarf/frame.ts';

const FRAMES = `
  cie: def_cfa 7 8; offset 16 1
  fde 0x1000 0x40: advance 1; def_cfa_offset 16; offset 6 2; advance 3; def_cfa_register 6; remember; advance 0x10; def_cfa 7 8; restore 6; advance 4; restore_state
  fde 0x2000 0x10: undefined 16; same_value 6
  fde 0x3000 0x10: def_cfa_expression [breg7 8]; val_expression 3 [lit2,plus]; val_offset 12 2; register 13 0; expression 14 [lit24,minus]
`;

/** The caller's registers, as `number=value`. */
function step(table: CfiTable, at: bigint, registers: Record<number, bigint>) {
  const frame = drawFrame({ registers });
  const memory = Object.fromEntries(
    Array.from({ length: 16 }, (_, i) => [`0x${(0x8000 + i * 8).toString(16)}`, BigInt(i)]),
  );
  const none = (): never => {
    throw new Error('not asked for');
  };
  const scope = { unit: undefined, frame, frameBase: none, entryValue: none, locationOf: none };
  const caller = stepByCfi(
    table.find(at)!,
    {
      register: (register) => registers[register],
      read: (address, length) => wordsAt(memory, address, length),
      evaluate: (expression, initial) => evaluateValue(expression, scope, initial),
    },
    DWARF_ABI,
  );
  const values = [...caller.registers].sort(([a], [b]) => a - b);
  return { ...caller, registers: values.map(([r, v]) => `${r}=${v.toString(16)}`).join(' ') };
}

describe.each(['debug_frame', 'eh_frame'] as const)('.%s', (kind) => {
  const table = new CfiTable([drawFrames(FRAMES, kind, 0x1_0000n)]);

  it('finds the caller by the row of the instruction', () => {
    expect(step(table, 0x1000n, { 7: 0x8000n, 6: 0x70n })).toMatchObject({
      cfa: 0x8008n,
      returnAddress: 0n,
      returnSlot: 0x8000n,
      registers: '6=70 7=8008 16=0',
    });
    expect(step(table, 0x1001n, { 7: 0x8000n })).toMatchObject({
      cfa: 0x8010n,
      registers: '6=0 7=8010 16=1',
    });
    expect(step(table, 0x1004n, { 7: 0n, 6: 0x8010n })).toMatchObject({ cfa: 0x8020n });
    expect(step(table, 0x1014n, { 7: 0x8018n, 6: 0x99n }).registers).toBe('6=99 7=8020 16=3');
    expect(step(table, 0x1018n, { 7: 0n, 6: 0x8010n }).cfa).toBe(0x8020n);
  });

  it('knows the outermost frame by its undefined return address', () => {
    expect(step(table, 0x2000n, { 7: 0x8000n, 6: 1n })).toMatchObject({
      returnAddress: undefined,
      registers: '6=1 7=8008',
    });
  });

  it('keeps only registers that a function must keep', () => {
    const all = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [i, BigInt(0x8000 + i)]));
    expect(step(table, 0x1000n, { ...all, 7: 0x8000n }).registers).toBe(
      '3=8003 6=8006 7=8008 12=800c 13=800d 14=800e 15=800f 16=0',
    );
  });

  it('evaluates rules by expression', () => {
    expect(step(table, 0x3000n, { 7: 0x8010n, 0: 0xaan }).registers).toBe(
      '3=801a 7=8018 12=8008 13=aa 14=0 16=2',
    );
  });

  it('answers nothing outside its entries', () => {
    expect(table.find(0xfffn)).toBeUndefined();
    expect(table.find(0x1040n)).toBeUndefined();
  });
});

it('says what is wrong with a section, and keeps what came before', () => {
  const section = drawFrames(`${FRAMES}\n    fde 0x4000 0x10: nop`);
  const { reader } = section;
  const cut = reader.bytes(0, reader.size - 4);
  const table = new CfiTable([
    {
      ...section,
      reader: { name: '.debug_frame', size: cut.length, bytes: (o, n) => cut.subarray(o, o + n) },
    },
  ]);
  expect(table.find(0x1000n)).toBeDefined();
  expect(table.find(0x4000n)).toBeUndefined();
  expect(table.warnings.join()).toMatch(/corrupt \.debug_frame/);
});
