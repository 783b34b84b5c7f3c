import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { walkMapleTree } from '../../../src-main/engine/kernel/maple.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const TYPES = `
  struct maple_tree { unsigned long lock; unsigned int ma_flags; void *ma_root; }
  struct maple_range_64 { void *parent; unsigned long pivot[15]; void *slot[16]; }
  struct maple_arange_64 { void *parent; unsigned long pivot[9]; void *slot[10]; unsigned long gap[10]; unsigned long meta; }
  struct maple_node { unsigned long words[32]; }`;
const TREE = 0xffff_8880_0000_1000n;
const ROOT = 0xffff_8880_0000_2000n;
const LOW = 0xffff_8880_0000_3000n;
const HIGH = 0xffff_8880_0000_4000n;
const leaf = (at: bigint): bigint => at | (1n << 3n) | 6n;
const arange = (at: bigint): bigint => at | (3n << 3n) | 6n;
const vma = (i: number): bigint => 0xffff_8881_0000_0000n + BigInt(i) * 256n;
const MAX = 0xffff_ffff_ffff_ffffn;

function walk(machine: DrawnMachine) {
  return walkMapleTree(machine.program().object('struct maple_tree', virtAddr(TREE)), 'the map');
}

function tree(): DrawnMachine {
  return new DrawnMachine(TYPES)
    .put('struct maple_tree', TREE, { ma_root: arange(ROOT) })
    .put('struct maple_arange_64', ROOT, {
      'pivot[0]': 0x7fffn,
      'slot[0]': leaf(LOW),
      'slot[1]': leaf(HIGH),
    })
    .put('struct maple_range_64', LOW, {
      'pivot[0]': 0xfffn,
      'pivot[1]': 0x1fffn,
      'slot[1]': vma(1),
      'pivot[2]': 0x7fffn,
      'slot[2]': vma(2),
    })
    .put('struct maple_range_64', HIGH, {
      'pivot[0]': 0x8fffn,
      'slot[0]': vma(3),
      'pivot[1]': MAX,
    });
}

describe('walkMapleTree', () => {
  it('gives the ranges of all leaves in order, gaps left out', () => {
    expect(walk(tree())).toEqual({
      items: [
        { first: 0x1000n, last: 0x1fffn, entry: vma(1), path: [0, 1] },
        { first: 0x2000n, last: 0x7fffn, entry: vma(2), path: [0, 2] },
        { first: 0x8000n, last: 0x8fffn, entry: vma(3), path: [1, 0] },
      ],
      problem: undefined,
    });
  });

  it('keeps what it can read when a leaf is missing', () => {
    const { items, problem } = walk(tree().exclude(LOW));
    expect(items.map(({ entry }) => entry)).toEqual([vma(3)]);
    expect(problem).toContain('the map is incomplete: page excluded');
  });

  it('does not follow a node into itself', () => {
    const machine = tree().put('struct maple_arange_64', ROOT, {
      'pivot[0]': 0x7fffn,
      'slot[0]': arange(ROOT),
    });
    expect(walk(machine).problem).toContain('is reached twice');
  });

  it('refuses pivots that go backwards', () => {
    const machine = tree().put('struct maple_range_64', HIGH, {
      'pivot[0]': 0x10n,
      'slot[0]': vma(3),
    });
    expect(walk(machine).problem).toContain('pivot out of order');
  });
});
