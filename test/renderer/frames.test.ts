import { describe, expect, test } from 'vitest';
import type { StackFrame, StackTrace, ValueNode } from '../../src-shared/contract/index.ts';
import { entriesOf, entryIndex, instructionRole } from '../../src-renderer/model/frames.ts';
import { hashOf, locationOf } from '../../src-renderer/model/location.ts';
import { pointeeCommand } from '../../src-renderer/model/pointers.ts';
import { stackText } from '../../src-renderer/model/text.ts';

/** One word a frame, functions inlined into it in front: `inner<outer`. */
function trace(drawing: string): StackTrace {
  const frames = drawing.split(' ').map((word, index): StackFrame => {
    const names = word.split('<');
    const name = names.pop() ?? '';
    return {
      index,
      pc: 0xffffffff81000000n + BigInt(index),
      sp: 0xffffc90000003000n,
      symbol: { name, offset: 1, size: 16 },
      method: 'orc',
      exact: true,
      stack: 'task',
      interrupted: index === 0,
      ...(names.length > 0 && { inlined: names.map((each) => ({ function: each })) }),
    };
  });
  const task = 0xffff888000000000n;
  return {
    task: { pid: 7, tgid: 7, task, cpu: 0, command: 'x', state: 'RU', active: true },
    start: 'crash-note',
    frames,
    end: { complete: true, why: '' },
    warnings: [],
  };
}
const pointer = (typeName: string, value: bigint): ValueNode => ({
  name: 'p',
  typeName,
  kind: 'pointer',
  offset: 0,
  size: 8,
  value,
});

describe('frames as a list', () => {
  const entries = entriesOf(trace('a b<c<d e'));
  test('inlined functions come before the frame they are part of', () => {
    expect(entries.map(({ name, frame, inline }) => [name, frame.index, inline])).toEqual([
      ['a', 0, undefined],
      ['b', 1, 0],
      ['c', 1, 1],
      ['d', 1, undefined],
      ['e', 2, undefined],
    ]);
  });
  test('a place leads to its line, one that is not there to the frame or to none', () => {
    expect(entryIndex(entries, undefined, undefined)).toBe(0);
    expect(entryIndex(entries, 1, 1)).toBe(2);
    expect(entryIndex(entries, 1, 9)).toBe(3);
    expect(entryIndex(entries, 9, undefined)).toBe(-1);
    expect(entryIndex([], undefined, undefined)).toBe(-1);
  });
});

test.each(['#/stack', '#/stack/ffff888000000000', '#/stack/ffff888000000000/3.1', '#/stack/f/0'])(
  '%s is a place and comes back',
  (hash) => {
    expect(locationOf(hash).view).toBe('stack');
    expect(hashOf(locationOf(hash))).toBe(hash);
  },
);

test('what executes, what called and where it returns', () => {
  const at = (address: bigint) => ({ address, bytes: new Uint8Array(5) });
  expect(instructionRole(at(0x105n), 0x105n, true)).toBe('executing');
  expect(instructionRole(at(0x100n), 0x105n, true)).toBeUndefined();
  expect(instructionRole(at(0x105n), 0x105n, false)).toBe('return');
  expect(instructionRole(at(0x100n), 0x105n, false)).toBe('call');
});

test('a pointer is followed where its type tells to what', () => {
  const at = 0xffff888000001000n;
  expect(pointeeCommand(pointer('struct file *', at))).toBe('struct file ffff888000001000');
  expect(pointeeCommand(pointer('const struct file *', at))).toBe('struct file ffff888000001000');
  expect(pointeeCommand(pointer('struct file **', at))).toBe(
    'p *(struct file * *)0xffff888000001000',
  );
  expect(pointeeCommand(pointer('spinlock_t *', at))).toBe('p *(spinlock_t *)0xffff888000001000');
  for (const type of ['void *', 'int (*)(int)']) {
    expect(pointeeCommand(pointer(type, at))).toBeUndefined();
  }
  expect(pointeeCommand(pointer('struct file *', 0n))).toBeUndefined();
  expect(pointeeCommand(pointer('struct file *', 0x7fff0000n))).toBeUndefined();
});

test('copying a backtrace copies the variables it has, and that one is derived', () => {
  const plain = trace('a');
  const frames = plain.frames.map((frame) => ({
    ...frame,
    variables: [
      {
        kind: 'parameter',
        node: pointer('struct file *', 0n),
        place: { kind: 'register', register: 'rdi' },
        how: ['by the calling convention'],
        derived: true,
      } as const,
    ],
  }));
  expect(stackText({ ...plain, frames })).toContain(
    'struct file *p = 0x0000000000000000;  (derived; by the calling convention)',
  );
});
