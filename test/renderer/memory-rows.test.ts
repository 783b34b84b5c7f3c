import { describe, expect, test } from 'vitest';
import type { ByteState, MemoryOwner, MemoryRange } from '../../src-shared/contract/index.ts';
import { asciiOf, interpret, looksLikeKernelPointer } from '../../src-renderer/model/interpret.ts';
import { byteAtColumn, hexColumn, rowOf, stateAt } from '../../src-renderer/model/memory-rows.ts';
import { clampTop, cursorAfter, topAround, topToShow } from '../../src-renderer/memory/move.ts';
import { RegionScale } from '../../src-renderer/model/region-scale.ts';

/** A range of bytes 0, 1, 2, …; `spans` as `state*length` words. */
function range(spans: string, owners: MemoryOwner[] = []): MemoryRange {
  let offset = 0;
  const parsed = spans.split(' ').map((word) => {
    const [state = '', length = '0'] = word.split('*');
    const span = {
      offset,
      length: Number(length),
      state: state as ByteState,
      ...(state === 'present' && { phys: 0x1000n + BigInt(offset) }),
      ...(state === 'excluded' && { why: 'user page' }),
    };
    offset += span.length;
    return span;
  });
  return {
    space: { kind: 'kernel' },
    address: 0xffffffff81000000n,
    length: offset,
    bytes: Uint8Array.from({ length: offset }, (_, index) => (index + 0x38) & 0xff),
    spans: parsed,
    owners,
  };
}
const drawn = (memory: MemoryRange, row: number) =>
  rowOf(memory, row)
    .runs.map((run) => `${run.state}|${run.hex}|${run.ascii}`)
    .join('\n');

describe('rows of the hexdump', () => {
  test('what is known of each byte stays apart', () => {
    expect(
      drawn(range('present*2 zero*1 excluded*2 not-in-dump*4 not-mapped*3 damaged*4'), 0),
    ).toBe(
      [
        'present|38 39|89',
        'zero| 3a|:',
        'excluded| xx xx|  ',
        'not-in-dump| -- -- --  --|    ',
        'not-mapped| ·· ·· ··|   ',
        'damaged| !! !! !! !!|    ',
      ].join('\n'),
    );
  });

  test('every row of hex is 48 characters, and columns lead back to their byte', () => {
    const row = rowOf(range('present*7 excluded*9'), 0);
    expect(row.runs.map(({ hex }) => hex).join('')).toHaveLength(48);
    for (let byte = 0; byte < 16; byte++) expect(byteAtColumn(hexColumn(byte) + 0.5)).toBe(byte);
    expect(byteAtColumn(-3)).toBe(0);
    expect(byteAtColumn(90)).toBe(15);
  });

  test('the reason is said in every row, and where it begins', () => {
    const memory = range('present*24 excluded*40');
    const rows = [0, 1, 2, 3].map((row) => rowOf(memory, row));
    expect(rows.map(({ why }) => why)).toEqual([undefined, 'user page', 'user page', 'user page']);
    expect(rows.map(({ whyStarts }) => whyStarts)).toEqual([false, true, false, false]);
    expect(stateAt(memory, 23)).toBe('present');
    expect(stateAt(memory, 24)).toBe('excluded');
  });

  test('a row tells its physical address and its most specific owner', () => {
    const memory = range('present*64', [
      { offset: 0, length: 64, kind: 'kernel data', label: 'data' },
      { offset: 16, length: 32, kind: 'symbol', label: 'init_task' },
    ]);
    const rows = [0, 1, 2, 3].map((row) => rowOf(memory, row));
    expect(rows.map(({ owner }) => owner?.label)).toEqual([
      'data',
      'init_task',
      'init_task',
      'data',
    ]);
    expect(rows.map(({ starts }) => starts)).toEqual([true, true, false, false]);
    expect(rows[2]?.phys).toBe(0x1020n);
  });

  test('a range that ends inside a row is drawn as far as it goes', () => {
    expect(drawn(range('present*3'), 0)).toBe('present|38 39 3a|89:');
  });
});

describe('bytes as numbers', () => {
  test('little-endian, both signs, only as wide as there are bytes', () => {
    expect(interpret(Uint8Array.of(0xfe, 0xff, 0xff, 0xff))).toEqual([
      { name: '8 bit', unsigned: '254', signed: '-2', hex: '0xfe' },
      { name: '16 bit', unsigned: '65534', signed: '-2', hex: '0xfffe' },
      { name: '32 bit', unsigned: '4294967294', signed: '-2', hex: '0xfffffffe' },
    ]);
    expect(interpret(new Uint8Array(0))).toEqual([]);
  });
  test('errno values and NULL are no pointers', () => {
    expect(looksLikeKernelPointer(0n)).toBe(false);
    expect(looksLikeKernelPointer(0xfffffffffffffff2n)).toBe(false);
    expect(looksLikeKernelPointer(0xffff8d7981df4800n)).toBe(true);
  });
  test('text ends at the first byte that is none', () => {
    expect(asciiOf(new TextEncoder().encode('init\0junk'))).toBe('init');
    expect(asciiOf(Uint8Array.of(0x41, 0))).toBeUndefined();
  });
});

describe('moving', () => {
  const scale = new RegionScale([
    { name: 'a', start: 0x1000n, end: 0x1fffn, note: '' },
    { name: 'b', start: 0x8000n, end: 0x8fffn, note: '' },
  ]);
  const after = (key: string, cursor: bigint, control = false, words = false) =>
    cursorAfter(key, control, cursor, 11, words, scale);
  test('keys', () => {
    expect(after('ArrowRight', 0x1005n)).toBe(0x1006n);
    expect(after('ArrowRight', 0x1005n, false, true)).toBe(0x1008n);
    expect(after('ArrowUp', 5n)).toBe(0n);
    expect(after('ArrowDown', (1n << 64n) - 1n)).toBe((1n << 64n) - 1n);
    expect(after('PageDown', 0x1005n)).toBe(0x10a5n);
    expect(after('Home', 0x1025n)).toBe(0x1020n);
    expect(after('End', 0x1025n)).toBe(0x102fn);
    expect(after('Home', 0x1025n, true)).toBe(0x1000n);
    expect(after('End', 0x1025n, true)).toBe(0x1fffn);
    expect(after(']', 0x1025n)).toBe(0x8000n);
    expect(after(']', 0x8025n)).toBeUndefined();
    expect(after('x', 0n)).toBeUndefined();
  });
  test('the window follows the cursor as little as it can', () => {
    expect(topToShow(0x100n, 0n, 10)).toBe(7n);
    expect(topToShow(0x50n, 0n, 10)).toBe(0n);
    expect(topToShow(0x10n, 5n, 10)).toBe(1n);
    expect(topAround(0n, 30)).toBe(0n);
    expect(clampTop(1n << 62n, 30)).toBe((1n << 60n) - 30n);
  });
});
