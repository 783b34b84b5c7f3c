import type { MapleNode, MapleRoot, MapleStep } from '../../../src-shared/contract/index.ts';
import { addVirt, hex, virtAddr, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import { offsetOf } from '../types/layout.ts';
import type { Walk } from './walk.ts';

/** A non-empty range of a maple tree, both ends inclusive. */
export interface MapleEntry {
  readonly first: bigint;
  readonly last: bigint;
  readonly entry: VirtAddr;
  /** Slots from the root to the entry; none where it is all of the tree. */
  readonly path: readonly number[];
}

/** What a walk comes past, in its order: nodes before what is in them, ranges without an entry. */
export interface MapleVisitor {
  node(step: MapleStep & { readonly node: MapleNode }, address: VirtAddr): void;
  range(step: MapleStep, entry: VirtAddr, path: readonly number[]): void;
}

/** Low bits of an encoded node pointer; the type lies in bits 3 to 6. */
const NODE_MASK = 0xffn;
const TYPE_SHIFT = 3n;
const TYPE_MASK = 0xfn;
const MAPLE_DENSE = 0;
const MAPLE_LEAF_64 = 1;
const MAPLE_ARANGE_64 = 3;
const LARGEST_NO_NODE = 4096n;
const MAX_DEPTH = 32;
const MAX_ENTRIES = 1 << 20;

/**
 * Entries of a maple tree, ascending. Nodes that cannot be read are left out with their subtree; the
 * first of them is the problem.
 * @param tree `struct maple_tree`
 * @source include/linux/maple_tree.h (6.1, commit 54a611b60590); lib/maple_tree.c `mas_data_end()`
 */
export function walkMapleTree(tree: KernelObject, what: string): Walk<MapleEntry> {
  return walkMapleTreeFrom(tree, () => tree.member('ma_root').pointer(), what);
}

/**
 * As {@link walkMapleTree} from the value of `ma_root`: an entry, or a node with its tag.
 * @param tree any object of the same memory
 * @param visitor told of nodes and empty ranges, too
 */
export function walkMapleTreeFrom(
  tree: KernelObject,
  readRoot: () => VirtAddr,
  what: string,
  visitor?: MapleVisitor,
): Walk<MapleEntry> {
  const items: MapleEntry[] = [];
  const problems: string[] = [];
  const seen = new Set<bigint>();
  const geometry = geometryOf(tree);

  const visit = (encoded: bigint, min: bigint, max: bigint, path: readonly number[]): void => {
    const node = virtAddr(encoded & ~NODE_MASK);
    if (seen.has(node) || path.length > MAX_DEPTH) {
      problems.push(`node ${hex(node)} is reached twice`);
      return;
    }
    seen.add(node);
    const type = Number((encoded >> TYPE_SHIFT) & TYPE_MASK);
    const shape = type === MAPLE_ARANGE_64 ? geometry.arange : geometry.range;
    if (type === MAPLE_DENSE || type > MAPLE_ARANGE_64) {
      problems.push(`node ${hex(node)} has type ${type}`);
      return;
    }
    const bytes = tree.space.read(node, geometry.nodeSize);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isLeaf = type === MAPLE_LEAF_64;
    const depth = path.length;
    if (visitor !== undefined) {
      const contents = contentsOf(view, type, shape);
      visitor.node({ depth, first: min, last: max, node: contents }, node);
    }
    let first = min;
    for (let i = 0; i < shape.slots; i++) {
      const pivot = i < shape.slots - 1 ? view.getBigUint64(shape.pivotAt + i * 8, true) : max;
      // a zero pivot after the first slot means: up to the end of the node
      const last = i > 0 && pivot === 0n ? max : pivot;
      if (last < first || last > max) {
        problems.push(`node ${hex(node)} has a pivot out of order`);
        return;
      }
      const slot = view.getBigUint64(shape.slotAt + i * 8, true);
      if (isLeaf) {
        visitor?.range({ depth: depth + 1, first, last }, virtAddr(slot), [...path, i]);
      }
      if (slot !== 0n) add(slot, isLeaf, first, last, [...path, i]);
      if (last === max) return;
      first = last + 1n;
    }
  };

  const add = (
    slot: bigint,
    leaf: boolean,
    first: bigint,
    last: bigint,
    path: readonly number[],
  ): void => {
    if (!leaf) guarded(() => visit(slot, first, last, path));
    else if ((slot & 3n) !== 2n && items.length < MAX_ENTRIES) {
      items.push({ first, last, entry: virtAddr(slot), path });
    }
  };
  const guarded = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      problems.push(error.message);
    }
  };

  guarded(() => {
    const root = readRoot();
    if (root === 0n) {
      visitor?.range({ depth: 0, first: 0n, last: 0n }, root, []);
      return;
    }
    const isNode = (root & 3n) === 2n && root > LARGEST_NO_NODE;
    if (isNode) visit(root, 0n, 0xffff_ffff_ffff_ffffn, []);
    else {
      visitor?.range({ depth: 0, first: 0n, last: 0n }, root, []);
      items.push({ first: 0n, last: 0n, entry: root, path: [] });
    }
  });
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const problem =
    problems.length === 0 ? undefined : `${what} is incomplete: ${problems[0]}${more}`;
  return { items, problem };
}

interface Shape {
  readonly slots: number;
  readonly pivotAt: number;
  readonly slotAt: number;
  /** Of nodes that count gaps. */
  readonly gapAt?: number;
  readonly metaAt?: number;
}

/** @source lib/maple_tree.c `mt_dump_range64()`, `mt_dump_arange64()` */
function contentsOf(view: DataView, type: number, shape: Shape): MapleNode {
  const words = (at: number, count: number): bigint[] =>
    Array.from({ length: count }, (_, i) => view.getBigUint64(at + i * 8, true));
  const { gapAt, metaAt } = shape;
  return {
    type,
    // The first word of every kind of node.
    parent: view.getBigUint64(0, true),
    slots: words(shape.slotAt, shape.slots),
    pivots: words(shape.pivotAt, shape.slots - 1),
    ...(gapAt !== undefined && { gaps: words(gapAt, shape.slots) }),
    ...(metaAt !== undefined && {
      meta: { end: view.getUint8(metaAt), gap: view.getUint8(metaAt + 1) },
    }),
  };
}

const MT_FLAGS_HEIGHT_OFFSET = 2;
const MT_FLAGS_HEIGHT_MASK = 0x7c;

/** @param tree `struct maple_tree` */
export function readMapleRoot(tree: KernelObject): MapleRoot {
  const flags = tree.member('ma_flags').number();
  const height = (flags & MT_FLAGS_HEIGHT_MASK) >>> MT_FLAGS_HEIGHT_OFFSET;
  return { address: tree.address, flags, height, root: tree.member('ma_root').pointer() };
}

function geometryOf(tree: KernelObject): { nodeSize: number; range: Shape; arange: Shape } {
  const node = tree.at('struct maple_node', addVirt(virtAddr(0n), 0));
  const shape = (name: string): Shape => {
    const type = tree.context.type(name);
    const slots = tree.at(type, virtAddr(0n)).member('slot').length;
    return { slots, pivotAt: offsetOf(type, 'pivot'), slotAt: offsetOf(type, 'slot') };
  };
  const arange = tree.at('struct maple_arange_64', virtAddr(0n));
  // Shown where they are; the walk does not need them.
  const gaps = {
    ...(arange.has('gap') && { gapAt: offsetOf(arange.type, 'gap') }),
    ...(arange.has('meta') && { metaAt: offsetOf(arange.type, 'meta') }),
  };
  return {
    nodeSize: Math.min(node.size, 4096),
    range: shape('struct maple_range_64'),
    arange: { ...shape('struct maple_arange_64'), ...gaps },
  };
}
