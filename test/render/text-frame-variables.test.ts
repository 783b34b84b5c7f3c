import { expect, it } from 'vitest';
import type { FrameVariable } from '../../src-shared/contract/index.ts';
import { variableLines } from '../../src-main/render/text-frame-variables.ts';

/** A struct of that many members, on the stack. */
function variable(count: number): FrameVariable {
  const children = Array.from({ length: count }, (_, i) => ({
    name: `member_with_a_long_name_${i}`,
    typeName: 'int',
    kind: 'int' as const,
    offset: i * 4,
    size: 4,
    value: i,
  }));
  const node = {
    name: 'big',
    typeName: 'struct big',
    kind: 'struct' as const,
    offset: 0,
    size: count * 4,
    children,
  };
  return { kind: 'variable', node, place: { kind: 'memory', address: 0x1000n }, how: [] };
}

it('a struct has a line a member', () => {
  const lines = variableLines([variable(40)]);
  expect(lines).toHaveLength(43);
  expect(lines.at(-2)).toBe('        member_with_a_long_name_39 = 39');
});

it('a struct of very many members is cut, and says so', () => {
  const lines = variableLines([variable(100_000)]);
  expect(lines).toHaveLength(44);
  expect(lines.slice(-3)).toEqual([
    '        member_with_a_long_name_39 = 39',
    '        ... and 99960 more members, which --json has',
    '      }',
  ]);
});
