import { describe, expect, it } from 'vitest';
import { readMemoryRange } from '../../../src-main/engine/kernel/memory-range.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const PAGE = 0xffff_8880_0000_1000n;

describe('readMemoryRange', () => {
  it('gives bytes with one span where all is there', () => {
    const program = new DrawnMachine('').bytes(PAGE, new Uint8Array(8192).fill(7)).program();
    const range = readMemoryRange(program, { kind: 'kernel' }, PAGE + 16n, 32);
    expect(range.bytes).toEqual(new Uint8Array(32).fill(7));
    expect(range.spans).toEqual([
      { offset: 0, length: 32, state: 'present', phys: expect.any(BigInt) },
    ]);
  });

  it('joins pages that follow each other, and says where a hole is', () => {
    const program = new DrawnMachine('')
      .bytes(PAGE, new Uint8Array(4 * 4096).fill(1))
      .exclude(PAGE + 8192n)
      .program();
    const { spans, bytes } = readMemoryRange(program, { kind: 'kernel' }, PAGE, 4 * 4096);
    expect(spans.map(({ offset, length, state }) => [offset, length, state])).toEqual([
      [0, 8192, 'present'],
      [8192, 4096, 'excluded'],
      [12288, 4096, 'present'],
    ]);
    expect(spans[1]?.why).toContain('page excluded by the dump filter');
    expect(bytes.subarray(8192, 12288).every((byte) => byte === 0)).toBe(true);
  });

  it('covers the range without gaps whatever is asked', () => {
    const program = new DrawnMachine('').bytes(PAGE, new Uint8Array(4096)).program();
    for (const [from, length] of [
      [PAGE - 5000n, 9000],
      [PAGE + 4095n, 2],
      [PAGE, 0],
    ] as const) {
      const { spans } = readMemoryRange(program, { kind: 'kernel' }, from, length);
      let at = 0;
      for (const span of spans) {
        expect(span.offset).toBe(at);
        at += span.length;
      }
      expect(at).toBe(length);
    }
  });

  it('ends at the end of the address space', () => {
    const program = new DrawnMachine('').program();
    expect(readMemoryRange(program, { kind: 'kernel' }, 0xffff_ffff_ffff_fff0n, 64).length).toBe(
      16,
    );
  });

  it('answers for a task that does not exist', () => {
    const program = new DrawnMachine('').program();
    const { spans } = readMemoryRange(program, { kind: 'user', task: 0x1000n }, 0n, 16);
    expect(spans).toEqual([
      {
        offset: 0,
        length: 16,
        state: 'damaged',
        why: expect.stringContaining('no task at that address'),
      },
    ]);
  });
});
