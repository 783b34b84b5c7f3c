import { describe, expect, test } from 'vitest';
import type { CodeInstruction } from '../../src-shared/contract/index.ts';
import { lineTextsOf, operandParts } from '../../src-renderer/model/code-lines.ts';

const call = (operands: string, target?: CodeInstruction['target']): CodeInstruction => ({
  address: 0xffffffff81000010n,
  symbol: { name: 'f', offset: 0x10, size: 0x40 },
  bytes: Uint8Array.of(0xe8, 0, 0, 0, 0),
  mnemonic: 'call',
  operands,
  ...(target && { target }),
});

describe('operands and their target', () => {
  test('a call names its function once', () => {
    const target = {
      address: 0xffffffff81000100n,
      symbol: { name: 'g', offset: 0, size: 8 },
      kind: 'code',
    } as const;
    expect(operandParts(call('0xffffffff81000100', target))).toEqual({ text: '', target: 'g' });
    // Through memory the operand is something else.
    expect(operandParts(call('*0x10(%rax)', target)).text).toBe('*0x10(%rax)');
  });

  test('a jump inside of the function is an offset', () => {
    const target = {
      address: 0xffffffff81000000n,
      symbol: { name: 'f', offset: 0, size: 0x40 },
      kind: 'code',
    } as const;
    expect(operandParts(call('0xffffffff81000000', target))).toEqual({ text: '', target: '+0x0' });
  });

  test('data keeps the operand, and a target without a symbol too', () => {
    const symbol = { name: 'jiffies', offset: 4, size: 8 };
    const target = { address: 0xffffffff82000004n, symbol, kind: 'data' } as const;
    expect(operandParts(call('0x1000(%rip),%rax', target))).toEqual({
      text: '0x1000(%rip),%rax',
      target: 'jiffies+0x4',
    });
    expect(operandParts(call('0x5', { address: 5n, kind: 'code' }))).toEqual({
      text: '0x5',
      target: undefined,
    });
  });
});

test('text of source lines is found by file and line, without its indent', () => {
  const texts = lineTextsOf([
    { file: 'a.c', path: '/a.c', first: 9, lines: ['{', '\tif (x)'], count: 20, check: 'verified' },
  ]);
  expect(texts.get('a.c:10')?.map(({ text }) => text)).toEqual(['if', ' (x)']);
  expect(texts.get('a.c:11')).toBeUndefined();
});
