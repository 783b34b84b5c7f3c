import { describe, expect, test } from 'vitest';
import type { ValueNode } from '../../src-shared/contract/index.ts';
import { blockText, valueOf } from '../../src-renderer/model/text.ts';
import {
  absenceOf,
  addressInInteger,
  isSmall,
  onlyScalarOf,
} from '../../src-renderer/model/values.ts';

const int = (name: string, value: bigint, size = 8): ValueNode => ({
  name,
  typeName: 'long',
  kind: 'int',
  offset: 0,
  size,
  value,
});
const struct = (name: string, ...children: readonly ValueNode[]): ValueNode => ({
  name,
  typeName: `struct ${name}`,
  kind: 'struct',
  offset: 0,
  size: children.reduce((sum, child) => sum + child.size, 0),
  children,
});
/** `owner` of a mutex: the task that holds it, with a flag in the lowest bit. */
const owner = int('counter', -125921967263743n);

describe('integers', () => {
  test('in the radix that was asked for, as wide as they are', () => {
    expect(valueOf(owner)).toBe('-125921967263743');
    expect(valueOf(owner, 16)).toBe('0xffff8d7981df3001');
    expect(valueOf(int('error', -1n, 4), 16)).toBe('0xffffffff');
    expect(valueOf({ ...int('flag', -1n, 4), bits: { offset: 0, size: 2 } }, 16)).toBe('0x3');
  });

  test('copied as they are shown', () => {
    const value = struct('mutex', owner);
    const block = { type: 'value', value, address: 0n, size: 8, showOffsets: false } as const;
    expect(blockText({ ...block, origin: 'BTF', radix: 16 })).toContain('0xffff8d7981df3001');
  });

  test('lead to the address that they may be', () => {
    expect(addressInInteger(owner)).toBe(0xffff8d7981df3001n);
    expect(addressInInteger(int('ip', 0xffffffff95810e3dn))).toBe(0xffffffff95810e3dn);
    for (const value of [0n, 4096n, -1n, -70_000n, 0x7fff_ffff_ffff_ffffn])
      expect(addressInInteger(int('count', value))).toBeUndefined();
    expect(addressInInteger(int('low', -125921967263743n, 4))).toBeUndefined();
  });
});

test('a wrapper is known by its one scalar, a struct of two is not', () => {
  expect(onlyScalarOf(struct('refcount_t', struct('refs', int('counter', 3n))))?.value).toBe(3n);
  expect(onlyScalarOf(struct('list_head', int('next', 1n), int('prev', 2n)))).toBeUndefined();
  expect(onlyScalarOf(struct('empty'))).toBeUndefined();
  expect(onlyScalarOf(owner)).toBeUndefined();
});

test('small is counted in scalars, however deep', () => {
  const many = (count: number) =>
    struct('many', struct('inner', ...Array.from({ length: count }, () => int('a', 1n))));
  expect(isSmall(many(24))).toBe(true);
  expect(isSmall(many(25))).toBe(false);
});

describe('objects that cannot be read', () => {
  const gone = (name: string, absent: 'not-mapped' | 'excluded'): ValueNode => ({
    ...int(name, 0n),
    value: { absent, why: `${absent} at ffff888000000000` },
  });
  test('say once why, when nothing of them is there', () => {
    expect(
      absenceOf(struct('a', gone('x', 'excluded'), struct('b', gone('y', 'excluded')))),
    ).toEqual({ absent: 'excluded', why: 'excluded at ffff888000000000' });
  });
  test('are shown member by member, when some of it is or the reasons differ', () => {
    expect(absenceOf(struct('a', gone('x', 'excluded'), int('y', 0n)))).toBeUndefined();
    expect(absenceOf(struct('a', gone('x', 'excluded'), gone('y', 'not-mapped')))).toBeUndefined();
    expect(absenceOf(struct('a'))).toBeUndefined();
  });
});
