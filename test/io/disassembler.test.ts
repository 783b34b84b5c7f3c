import { beforeAll, describe, expect, it } from 'vitest';
import type { Disassembler } from '../../src-main/engine/arch/disassembler.ts';
import { createDisassembler } from '../../src-main/io/disassembler.ts';

const ADDRESS = 0xffff_ffff_8100_0000n;

describe('capstone', () => {
  let disassembler: Disassembler;
  beforeAll(async () => {
    disassembler = await createDisassembler();
  });
  const texts = (...bytes: number[]): string[] =>
    disassembler
      .disassemble(Uint8Array.from(bytes), ADDRESS)
      .map(({ length, mnemonic, operands }) => `${length} ${mnemonic} ${operands}`.trim());

  it('disassembles, with absolute branch targets above 2^63', () => {
    expect(disassembler.name).toMatch(/^capstone 5/);
    expect(texts(0x55, 0xe8, 0xfa, 0xff, 0xff, 0xff, 0xc3)).toEqual([
      '1 pushq %rbp',
      '5 callq 0xffffffff81000000',
      '1 retq',
    ]);
  });

  it('ends at bytes that are no instruction, and at one that is cut off', () => {
    expect(texts(0x90, 0x06, 0x90)).toEqual(['1 nop']);
    expect(texts(0x06)).toEqual([]);
    expect(texts(0x90, 0xe8, 0x00)).toEqual(['1 nop']);
    expect(texts()).toEqual([]);
  });

  it('goes on behind ud1, whose operands capstone leaves behind', () => {
    expect(texts(0x0f, 0xb9, 0xcc, 0x90)).toEqual(['3 ud1 %esp, %ecx', '1 nop']);
    expect(texts(0x67, 0x48, 0x0f, 0xb9, 0x3a, 0x90)).toEqual(['5 ud1 (%edx), %rdi', '1 nop']);
    expect(texts(0x0f, 0xff, 0xd8, 0x90)).toEqual(['3 ud0 %eax, %ebx', '1 nop']);
  });

  it('names what guests and hosts call each other with, and stays in step behind it', () => {
    expect(texts(0x66, 0x0f, 0x01, 0xcc, 0xc3)).toEqual(['4 tdcall', '1 retq']);
    expect(texts(0xf3, 0x0f, 0x01, 0xd9, 0xc3)).toEqual(['4 vmgexit', '1 retq']);
    expect(texts(0x90, 0xf2, 0x0f, 0x01, 0xff, 0xc3)).toEqual(['1 nop', '4 pvalidate', '1 retq']);
    expect(texts(0x0f, 0x01, 0xd9)).toEqual(['3 vmmcall']);
  });

  it('loses nothing between its windows', () => {
    const pattern = [0x48, 0x8b, 0x44, 0xcd, 0xf8, 0x90, 0xc3];
    const bytes = Array.from({ length: 7 * 3000 }, (_, i) => pattern[i % 7]!);
    const lengths = disassembler
      .disassemble(Uint8Array.from(bytes), ADDRESS)
      .map(({ length }) => length);
    expect(lengths).toHaveLength(9000);
    expect(lengths.every((length, i) => length === [5, 1, 1][i % 3])).toBe(true);
  });
});
