import { describe, expect, it } from 'vitest';
import { binutilsSyntax } from '../../../src-main/engine/arch/x86-64/att-syntax.ts';

/** Bytes, what capstone 5 writes, what objdump of binutils 2.44 and gdb 16 write. */
const LINES = `
55                     | pushq %rbp                          | push %rbp
0f1f440000             | nopl (%rax, %rax)                   | nopl 0x0(%rax,%rax,1)
0f1f00                 | nopl (%rax)                         | nopl (%rax)
6690                   | nop                                 | xchg %ax,%ax
6666666690             | nop                                 | data16 data16 data16 xchg %ax,%ax
662e0f1f840000000000   | nopw %cs:(%rax, %rax)               | cs nopw 0x0(%rax,%rax,1)
66662e0f1f840000000000 | nopw %cs:(%rax, %rax)               | data16 cs nopw 0x0(%rax,%rax,1)
65488b1c2580fb0100     | movq %gs:0x1fb80, %rbx              | mov %gs:0x1fb80,%rbx
8b4318                 | movl 0x18(%rbx), %eax               | mov 0x18(%rbx),%eax
488b4500               | movq (%rbp), %rax                   | mov 0x0(%rbp),%rax
c744241400000000       | movl $0, 0x14(%rsp)                 | movl $0x0,0x14(%rsp)
48c744240400000000     | movq $0, 4(%rsp)                    | movq $0x0,0x4(%rsp)
833fff                 | cmpl $-1, (%rdi)                    | cmpl $0xffffffff,(%rdi)
4883e4f0               | andq $-0x10, %rsp                   | and $0xfffffffffffffff0,%rsp
4883c480               | addq $-0x80, %rsp                   | add $0xffffffffffffff80,%rsp
a810                   | testb $0x10, %al                    | test $0x10,%al
0fb6c0                 | movzbl %al, %eax                    | movzbl %al,%eax
4863c7                 | movslq %edi, %rax                   | movslq %edi,%rax
d1e0                   | shll $1, %eax                       | shl $1,%eax
d13b                   | sarl (%rbx)                         | sarl $1,(%rbx)
d3e0                   | shll %cl, %eax                      | shl %cl,%eax
d323                   | shll %cl, (%rbx)                    | shll %cl,(%rbx)
48c1e220               | shlq $0x20, %rdx                    | shl $0x20,%rdx
f00fb11507638e01       | lock cmpxchgl %edx, 0x18e6307(%rip) | lock cmpxchg %edx,0x18e6307(%rip)
0f45c2                 | cmovnel %edx, %eax                  | cmovne %edx,%eax
0f94c0                 | sete %al                            | sete %al
41ffd4                 | callq *%r12                         | call *%r12
ff24c500000000         | jmpq *(, %rax, 8)                   | jmp *0x0(,%rax,8)
e800000000             | callq 0xffffffff81000005            | call 0xffffffff81000005
2ee800000000           | callq 0xffffffff81000006            | cs call 0xffffffff81000006
c3                     | retq                                | ret
48cf                   | iretq                               | iretq
9c                     | pushfq                              | pushf
6aff                   | pushq $-1                           | push $0xffffffffffffffff
ff3500000000           | pushq (%rip)                        | push 0x0(%rip)
f348a5                 | rep movsq (%rsi), (%rdi)            | rep movsq %ds:(%rsi),%es:(%rdi)
48ab                   | stosq %rax, (%rdi)                  | stos %rax,%es:(%rdi)
ee                     | outb %al, %dx                       | out %al,(%dx)
48b88877665544332211   | movabsq $0x1122334455667788, %rax   | movabs $0x1122334455667788,%rax
0f22d8                 | movq %rax, %cr3                     | mov %rax,%cr3
f3480faed8             | wrgsbaseq %rax                      | wrgsbase %rax
4801442408             | addq %rax, 8(%rsp)                  | add %rax,0x8(%rsp)
488b44cdf8             | movq -8(%rbp, %rcx, 8), %rax        | mov -0x8(%rbp,%rcx,8),%rax
4898                   | cltq                                | cltq
0f0b                   | ud2                                 | ud2
660f73f804             | pslldq $4, %xmm0                    | pslldq $0x4,%xmm0
c4c17d73dc04           | vpsrldq $4, %ymm12, %ymm0           | vpsrldq $0x4,%ymm12,%ymm0
660f3800c1             | pshufb %xmm1, %xmm0                 | pshufb %xmm1,%xmm0
660ffcc1               | paddb %xmm1, %xmm0                  | paddb %xmm1,%xmm0
660f6cc1               | punpcklqdq %xmm1, %xmm0             | punpcklqdq %xmm1,%xmm0
66480f6ec7             | movq %rdi, %xmm0                    | movq %rdi,%xmm0
f2480f38f13e           | crc32q (%rsi), %rdi                 | crc32q (%rsi),%rdi
f2480f38f1f8           | crc32q %rax, %rdi                   | crc32 %rax,%rdi
8d8200000080           | leal -0xffffffff80000000(%rdx), %eax | lea -0x80000000(%rdx),%eax
660f3a44ef11           | pclmulqdq $0x11, %xmm7, %xmm5       | pclmulhqhqdq %xmm7,%xmm5
f2480f2ac0             | cvtsi2sdq %rax, %xmm0               | cvtsi2sd %rax,%xmm0
0f92c0                 | setb %al                            | setb %al
0f42c2                 | cmovbl %edx, %eax                   | cmovb %edx,%eax
480fc7f0               | rdrandq %rax                        | rdrand %rax
480fc307               | movntiq %rax, (%rdi)                | movnti %rax,(%rdi)
`;

const parts = (text: string): [mnemonic: string, operands: string] => {
  const match = /^((?:(?:lock|rep|cs|data16) )*\S+)\s*(.*)$/.exec(text)!;
  return [match[1]!, match[2]!];
};

describe('binutilsSyntax', () => {
  const cases = LINES.trim()
    .split('\n')
    .map((line) => line.split('|').map((part) => part.trim()) as [string, string, string]);

  it.each(cases)('%s: %s is %s', (digits, capstone, expected) => {
    const bytes = Uint8Array.from(digits.match(/../g)!, (byte) => Number.parseInt(byte, 16));
    const [mnemonic, operands] = parts(capstone);
    const shown = binutilsSyntax({ length: bytes.length, mnemonic, operands }, bytes);
    expect(`${shown.mnemonic} ${shown.operands}`.trim()).toBe(expected);
    expect(shown.length).toBe(bytes.length);
  });
});
