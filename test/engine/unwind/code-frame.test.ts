import { describe, expect, it } from 'vitest';
import { decodeInstruction } from '../../../src-main/engine/arch/x86-64/instruction.ts';
import { codeFrameAt } from '../../../src-main/engine/unwind/code-frame.ts';

const bytes = (hex: string) =>
  Uint8Array.from(hex.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));

describe('instruction lengths (as objdump gives them)', () => {
  it.each([
    ['push rbx', '53'],
    ['push r12', '41 54'],
    ['sub rsp, 0xb0', '48 81 ec b0 00 00 00'],
    ['sub rsp, 8', '48 83 ec 08'],
    ['mov rax, gs:0x28', '65 48 8b 04 25 28 00 00 00'],
    ['mov [rsp+0xa8], rax', '48 89 84 24 a8 00 00 00'],
    ['lock cmpxchg [rip+x], edx', 'f0 0f b1 15 0b da 1d 02'],
    ['movl [rip+x], 0', 'c7 05 b7 d9 1d 02 00 00 00 00'],
    ['mov word [rax], 0x1234', '66 c7 00 34 12'],
    ['movabs rax, imm64', '48 b8 01 02 03 04 05 06 07 08'],
    ['nopl [rax+rax]', '0f 1f 44 00 00'],
    ['test byte [rdi], 1', 'f6 07 01'],
    ['not byte [rdi]', 'f6 17'],
    ['test dword [rdi], imm32', 'f7 07 01 00 00 00'],
    ['jne far', '0f 85 8f 00 00 00'],
    ['call rel32', 'e8 4d fd ff ff'],
    ['call [rip+x]', 'ff 15 01 02 03 04'],
    ['ud2', '0f 0b'],
    ['endbr64', 'f3 0f 1e fa'],
    ['pshufb (0f38)', '66 0f 38 00 c1'],
    ['palignr (0f3a)', '66 0f 3a 0f c1 08'],
    ['vzeroupper', 'c5 f8 77'],
    ['vmovdqu ymm0, [rdi]', 'c5 fe 6f 07'],
    ['vpternlogq zmm (EVEX)', '62 f3 fd 48 25 c0 ff'],
    ['imul eax, ecx, 100', '69 c1 64 00 00 00'],
    ['enter 16, 0', 'c8 10 00 00'],
  ])('%s', (_, hex) => {
    const code = bytes(`${hex} 90 90 90 90 90 90 90 90`);
    expect(decodeInstruction(code, 0)?.length).toBe(bytes(hex).length);
  });

  it.each([
    ['cut off', 'e8 00 00'],
    ['no instruction', '06'],
    ['nothing but prefixes', '66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66'],
  ])('refuses what is %s', (_, hex) => {
    expect(decodeInstruction(bytes(hex), 0)).toBeUndefined();
  });
});

describe("a function's frame from its code", () => {
  const at = (code: string, offset: number, after = false) =>
    codeFrameAt(bytes(code), offset, after);
  const cfa = (register: string, offset: number, saved?: number) => ({
    cfa: { register, offset },
    savedFramePointer: saved,
  });

  it('counts pushes and subtractions', () => {
    const code = '53 48 81 ec b0 00 00 00 90 48 81 c4 b0 00 00 00 5b c3';
    expect(at(code, 0)).toEqual(cfa('rsp', 8));
    expect(at(code, 1)).toEqual(cfa('rsp', 16));
    expect(at(code, 8)).toEqual(cfa('rsp', 16 + 0xb0));
    expect(at(code, 16)).toEqual(cfa('rsp', 16));
    expect(at(code, 17)).toEqual(cfa('rsp', 8));
  });

  it('follows a branch over an epilogue to code behind the return', () => {
    // push rbx; je +2; pop rbx; ret; nop
    expect(at('53 74 02 5b c3 90', 5)).toEqual(cfa('rsp', 16));
  });

  it('measures from rbp once it is the frame pointer, even where the stack was realigned', () => {
    // push rbp; mov rsp, rbp; and -16, rsp; nop
    const code = '55 48 89 e5 48 83 e4 f0 90';
    expect(at(code, 8)).toEqual(cfa('rbp', 16, 16));
  });

  it('does not take a value popped into rbp for the saved one', () => {
    // push rbp; pushf; pop rbp; nop
    expect(at('55 9c 5d 90', 3)).toEqual(cfa('rsp', 16, 16));
    // push rbp; pop rbp; nop
    expect(at('55 5d 90', 2)).toEqual(cfa('rsp', 8));
  });

  it('knows where rbp was saved', () => {
    // push r12; push rbp; sub 0x10, rsp; nop
    expect(at('41 54 55 48 83 ec 10 90', 7)).toEqual(cfa('rsp', 8 + 8 + 8 + 16, 24));
  });

  it('looks at the call itself for a return address, as the call may never return', () => {
    // push rbx; call …; (end of the function)
    expect(at('53 e8 00 01 00 00', 6, true)).toEqual(cfa('rsp', 16));
  });

  it('does not answer where paths disagree, where no path leads, or rsp is lost', () => {
    expect(at('c3 90', 1)).toBeUndefined();
    // and -16, rsp without a frame pointer
    expect(at('48 83 e4 f0 90', 4)).toBeUndefined();
  });
});
