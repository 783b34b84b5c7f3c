import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import {
  readMapleRoot,
  walkMapleTree,
  walkMapleTreeFrom,
} from '../../../src-main/engine/kernel/maple.ts';
import { mapleLine, mapleRootLines } from '../../../src-main/render/text-maple.ts';
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

describe('the nodes of a maple tree', () => {
  const shown = (machine: DrawnMachine): string[] => {
    const lines: string[] = [];
    const object = machine.program().object('struct maple_tree', virtAddr(TREE));
    const { problem } = walkMapleTreeFrom(object, () => object.member('ma_root').pointer(), 'it', {
      node: (step, address) => lines.push(mapleLine(step, address, 16)),
      range: (step, address) => lines.push(mapleLine(step, address, 16)),
    });
    return problem === undefined ? lines : [...lines, problem];
  };
  const nil = (count: number): string => ' 0 (nil)'.repeat(count);

  it('come before what is in them, with all slots and pivots; empty ranges are told', () => {
    const machine = tree().put('struct maple_arange_64', ROOT, {
      parent: TREE | 1n,
      'pivot[0]': 0x7fffn,
      'slot[0]': leaf(LOW),
      'slot[1]': leaf(HIGH),
      'gap[1]': 0x1000n,
      meta: 0x0301n,
    });
    const [root, first, ...rest] = shown(machine);
    expect(root).toBe(
      `0-ffffffffffffffff: node 0xffff888000002000 depth 0 type 3 parent 0xffff888000001001 contents: 0 1000 0 0 0 0 0 0 0 0 | 01 03| 0xffff88800000300e 7fff 0xffff88800000400e${nil(8)}`,
    );
    expect(first).toBe(
      `  0-7fff: node 0xffff888000003000 depth 1 type 1 parent (nil) contents: (nil) fff 0xffff888100000100 1fff 0xffff888100000200 7fff (nil)${nil(12)}`,
    );
    expect(rest.filter((line) => !line.includes('node'))).toEqual([
      '    0-fff: 0x0',
      '    1000-1fff: 0xffff888100000100',
      '    2000-7fff: 0xffff888100000200',
      '    8000-8fff: 0xffff888100000300',
      '    9000-ffffffffffffffff: 0x0',
    ]);
  });

  it('that cannot be read are left out, and said', () => {
    const lines = shown(tree().exclude(LOW));
    expect(lines.filter((line) => line.includes('node'))).toHaveLength(2);
    expect(lines.at(-1)).toContain('it is incomplete: page excluded');
  });

  it('of an empty tree are none, of a tree of one entry that entry', () => {
    const machine = (root: bigint) =>
      new DrawnMachine(TYPES).put('struct maple_tree', TREE, { ma_root: root });
    expect(shown(machine(0n))).toEqual(['0: 0x0']);
    expect(shown(machine(vma(1)))).toEqual(['0: 0xffff888100000100']);
  });

  it('have a head with flags, height and root', () => {
    const machine = new DrawnMachine(TYPES).put('struct maple_tree', TREE, {
      ma_flags: 0x30b,
      ma_root: arange(ROOT),
    });
    const object = machine.program().object('struct maple_tree', virtAddr(TREE));
    expect(mapleRootLines(readMapleRoot(object))).toEqual([
      'maple_tree(ffff888000001000) flags 30B, height 2 root 0xffff88800000201e',
      '',
    ]);
  });
});

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
