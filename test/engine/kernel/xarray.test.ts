import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { walkXarray } from '../../../src-main/engine/kernel/xarray.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const TYPES = `
  struct xarray { int xa_lock; unsigned int xa_flags; void *xa_head; }
  struct xa_node {
    unsigned char shift; unsigned char offset; unsigned char count; unsigned char nr_values;
    struct xa_node *parent; struct xarray *array; void *pad[2]; void *slots[64];
  }`;
const ARRAY = 0xffff_8880_0000_1000n;
const TOP = 0xffff_8880_0000_2000n;
const LEFT = 0xffff_8880_0000_4000n;
const RIGHT = 0xffff_8880_0000_6000n;
const node = (at: bigint): bigint => at + 2n;
const pointer = (i: number): bigint => 0xffff_8881_0000_0000n + BigInt(i) * 64n;

function walk(machine: DrawnMachine) {
  return walkXarray(machine.program().object('struct xarray', virtAddr(ARRAY)), 'the table');
}

/** Two levels: slots 0 and 1 of the top are full nodes of 64. */
function twoLevels(): DrawnMachine {
  return new DrawnMachine(TYPES)
    .put('struct xarray', ARRAY, { xa_head: node(TOP) })
    .put('struct xa_node', TOP, { shift: 6, 'slots[0]': node(LEFT), 'slots[1]': node(RIGHT) })
    .put('struct xa_node', LEFT, { 'slots[1]': pointer(1), 'slots[63]': pointer(63) })
    .put('struct xa_node', RIGHT, { 'slots[0]': pointer(64), 'slots[2]': pointer(66) });
}

describe('walkXarray', () => {
  it('gives entries of all levels with their indexes', () => {
    expect(walk(twoLevels())).toEqual({
      items: [1, 63, 64, 66].map((i) => ({
        index: BigInt(i),
        entry: pointer(i),
        path: [i >> 6],
        slot: i & 63,
      })),
      problem: undefined,
    });
  });

  it('takes a head that is no node for the entry of index 0', () => {
    const machine = new DrawnMachine(TYPES).put('struct xarray', ARRAY, { xa_head: pointer(0) });
    expect(walk(machine).items).toEqual([{ index: 0n, entry: pointer(0), path: [] }]);
  });

  it('is empty without a head', () => {
    expect(walk(new DrawnMachine(TYPES).put('struct xarray', ARRAY)).items).toEqual([]);
  });

  it('leaves out what hangs below a missing node, and says so', () => {
    const { items, problem } = walk(twoLevels().exclude(LEFT));
    expect(items.map(({ index }) => index)).toEqual([64n, 66n]);
    expect(problem).toMatch(/^the table is incomplete: page excluded by the dump filter/);
  });

  it('skips sibling entries', () => {
    const machine = twoLevels().put('struct xa_node', LEFT, { 'slots[5]': (3n << 2n) | 2n });
    expect(walk(machine).items.map(({ index }) => index)).toEqual([64n, 66n]);
  });

  it('does not follow a node into itself', () => {
    const machine = twoLevels().put('struct xa_node', RIGHT, { 'slots[0]': node(RIGHT) });
    const { problem } = walk(machine);
    expect(problem).toContain('is reached twice');
  });

  it('does not believe a child that is as high as its parent', () => {
    const machine = twoLevels().put('struct xa_node', LEFT, { shift: 6, 'slots[0]': pointer(9) });
    const { items, problem } = walk(machine);
    expect(items.map(({ index }) => index)).toEqual([64n, 66n]);
    expect(problem).toContain('shift 6');
  });
});
