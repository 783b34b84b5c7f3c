import { describe, expect, test } from 'vitest';
import type { StackFrame, StackWord } from '../../../src-shared/contract/index.ts';
import { extentsOfFrame } from '../../../src-main/engine/commands/stack-extent.ts';
import { explainedWordLines, stackWordLines } from '../../../src-main/render/text-stack-words.ts';

/** Frames drawn as `sp[!][@stack]`: `!` was interrupted. */
function frames(drawn: string): StackFrame[] {
  return drawn.split(' ').map((text, index) => {
    const [, sp, mark, stack] = /^([0-9a-f]+)(!?)(?:@(\w+))?$/.exec(text)!;
    return {
      index,
      pc: 0n,
      sp: BigInt(`0x${sp}`),
      symbol: undefined,
      method: 'orc',
      exact: true,
      stack: (stack ?? 'task') as StackFrame['stack'],
      interrupted: mark === '!',
    };
  });
}

function extents(drawn: string, index: number, word?: bigint): string {
  const found = extentsOfFrame({ start: 'crash-note', frames: frames(drawn) }, index, () => word);
  return found.map(({ start, end }) => `${start.toString(16)}-${end.toString(16)}`).join(' ');
}

describe('where the stack of a frame lies', () => {
  test('from the word after its own return address to the next one', () => {
    expect(extents('1000 1010 1040', 1)).toBe('1018-1048');
  });
  test('an interrupted leaf has its return address at the stack pointer', () => {
    expect(extents('1000! 1000 1040', 0)).toBe('1000-1008');
  });
  test('the last frame has no end', () => {
    expect(extents('1000 1010', 1)).toBe('');
  });
  test('on two stacks: up to the top of the interrupts’, then from where it points', () => {
    expect(extents('2fd0@irq 9040', 0, 0x9000n)).toBe('2fd8-3000 9000-9048');
  });
  test('a link that leads elsewhere is not followed', () => {
    expect(extents('2fd0@irq 9040', 0, 0x5n)).toBe('2fd8-3000 9040-9048');
  });
  test('a frame of damaged pointers is cut', () => {
    expect(extents('1000 900000', 0)).toBe('1008-5008');
    const trace = { start: 'crash-note', frames: frames('1000 900000') } as const;
    const [extent] = extentsOfFrame(trace, 0, () => undefined);
    expect(extent?.wholeEnd).toBe(0x900008n);
  });
  test('pointers that go down have nothing between them', () => {
    expect(extents('5000 1000', 0)).toBe('');
  });
  test('up to the registers that the entry saved', () => {
    const [first, ...rest] = frames('1000 2000!');
    const registers = {
      origin: 'exception',
      address: 0x1010n,
      userMode: false,
      values: {},
      full: true,
    } as const;
    const trace = { start: 'crash-note', frames: [{ ...first!, registers }, ...rest] } as const;
    expect(extentsOfFrame(trace, 0, () => undefined)).toEqual([{ start: 0x1008n, end: 0x10b8n }]);
  });
});

describe('text of words', () => {
  const words: StackWord[] = [
    { address: 0x1000n, value: 5n, labels: [{ kind: 'variable', text: 'n', certain: true }] },
    {
      address: 0x1008n,
      value: { absent: 'excluded', why: 'left out' },
      labels: [],
    },
    {
      address: 0x1010n,
      value: 6n,
      labels: [{ kind: 'slab', text: 'filp object +0x0', certain: false }],
      name: '[filp]',
    },
  ];
  test('crash’s: two a line, named ones padded, missing ones say so', () => {
    expect(stackWordLines(words)).toEqual([
      '    0000000000001000: 0000000000000005 (excluded)       ',
      '    0000000000001010: [filp]           ',
    ]);
  });
  test('one a line: what only its value looks like has a question mark', () => {
    expect(explainedWordLines(words)).toEqual([
      '    0000000000001000: 0000000000000005  n',
      '    0000000000001008: (excluded)',
      '    0000000000001010: 0000000000000006  ? filp object +0x0',
    ]);
  });
});
