import { describe, expect, test } from 'vitest';
import { PT_REGS_WORDS } from '../../../src-main/engine/arch/x86-64/pt-regs.ts';
import type { StackRange } from '../../../src-main/engine/unwind/environment.ts';
import { findSavedRegisters } from '../../../src-main/engine/unwind/saved-registers.ts';

/** Which sets of words on a stack are taken for registers that an entry into the kernel saved. */
const START = 0xffffc900_00010000n;
const END = START + 16384n;
const TEXT = 0xffffffff_81000123n;
const SIZE = 168n;

const KERNEL = { rip: TEXT, cs: 0x10n, rflags: 0x246n, ss: 0x18n };
const USER = { rip: 0x401000n, cs: 0x33n, rflags: 0x202n, rsp: 0x7ffd_0000_1000n, ss: 0x2bn };

function stack(kind: StackRange['kind'], sets: readonly [bigint, Record<string, bigint>][]) {
  const words = new Map<bigint, bigint>();
  for (const [address, values] of sets) {
    for (const [i, name] of PT_REGS_WORDS.entries()) {
      words.set(address + BigInt(8 * i), values[name] ?? 0n);
    }
  }
  return (missing?: bigint) =>
    findSavedRegisters(
      { kind, start: START, end: END },
      (address) => (address === missing ? undefined : (words.get(address) ?? 0n)),
      (pc) => pc === TEXT,
    ).map(({ address }) => address - START);
}

/** Right below the stack pointer it holds. */
function below(values: Record<string, bigint>, at = START + 0x2008n): [bigint, typeof values] {
  return [at, { ...values, rsp: at + SIZE }];
}

describe('on a task’s stack', () => {
  test('of an exception in the kernel: below its stack pointer, aligned to 16', () => {
    const [at, values] = below(KERNEL);
    expect(stack('task', [[at, values]])()).toEqual([0x2008n]);
    expect(stack('task', [[at, { ...values, rsp: at + SIZE + 8n }]])()).toEqual([0x2008n]);
  });

  test('below the gap that int3 leaves', () => {
    const [at, values] = below(KERNEL);
    expect(stack('task', [[at, { ...values, rsp: at + SIZE + 48n }]])()).toEqual([0x2008n]);
  });

  test('a copy that lies elsewhere is none', () => {
    const [at, values] = below(KERNEL);
    expect(stack('task', [[at - 0x400n, values]])()).toEqual([]);
  });

  test.each([
    ['rip is no code', { rip: TEXT + 1n }],
    ['ss is overwritten', { ss: TEXT }],
    ['bit 1 of rflags is 0', { rflags: 0x244n }],
    ['a reserved bit of rflags is set', { rflags: 0x8246n }],
    ['cs is none of the kernel’s', { cs: 0x18n }],
  ])('not when %s', (_, change) => {
    expect(stack('task', [below({ ...KERNEL, ...change })])()).toEqual([]);
  });

  test('of user mode: at the top only, interrupts on', () => {
    expect(stack('task', [[END - SIZE, USER]])()).toEqual([END - SIZE - START]);
    expect(stack('task', [[END - SIZE - 16n, USER]])()).toEqual([END - SIZE - 16n - START]);
    expect(stack('task', [[END - SIZE - 64n, USER]])()).toEqual([]);
    expect(stack('task', [[END - SIZE, { ...USER, rflags: 0x2n }]])()).toEqual([]);
  });

  test('a missing word is no zero', () => {
    const [at, values] = below(KERNEL);
    expect(stack('task', [[at, values]])(at + 16n)).toEqual([]);
  });
});

describe('on the NMI stack', () => {
  const rsp = 0xffffc900_00777000n;
  test('below what the entry keeps, not the interrupt’s frame at the top', () => {
    const sets: [bigint, Record<string, bigint>][] = [
      [END - SIZE - 96n, { ...KERNEL, rsp }],
      [END - SIZE, { ...KERNEL, rsp }],
    ];
    expect(stack('nmi', sets.slice(0, 1))()).toEqual([END - SIZE - 96n - START]);
    expect(stack('nmi', sets.slice(1))()).toEqual([]);
  });

  test('of user mode it has none', () => {
    expect(stack('nmi', [[END - SIZE, USER]])()).toEqual([]);
  });
});

test('an exception’s own stack has them at its top', () => {
  expect(stack('db', [[END - SIZE, { ...KERNEL, rsp: START - 0x5000n }]])()).toEqual([
    END - SIZE - START,
  ]);
});
