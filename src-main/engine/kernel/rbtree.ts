import { addVirt, hex, virtAddr, type VirtAddr } from '../base/address.ts';
import { describeFault, FaultError } from '../base/fault.ts';
import type { ObjectContext } from '../program/object.ts';
import { offsetOf } from '../types/layout.ts';
import { MAX_WALK, type Walk } from './walk.ts';

/** A `struct rb_node` of a tree. */
export interface RbtreeNode {
  readonly node: VirtAddr;
  /** The way from the root: `root/l/r` is the right child of its left child. */
  readonly position: string;
}

/** A red-black tree of 2^64 nodes is not higher. */
const MAX_HEIGHT = 128;

/**
 * Nodes of a red-black tree, a parent before its left and right subtree, or with `inOrder` sorted.
 * A subtree that cannot be read, or that leads back into the tree, is left out; the first such is
 * the problem.
 * @param root the root's `struct rb_node`; 0 is an empty tree
 * @source include/linux/rbtree_types.h `struct rb_node`; lib/rbtree.c
 */
export function walkRbtree(
  context: ObjectContext,
  root: VirtAddr,
  what: string,
  { inOrder = false }: { inOrder?: boolean } = {},
): Walk<RbtreeNode> {
  const type = context.type('struct rb_node');
  const leftAt = offsetOf(type, 'rb_left');
  const rightAt = offsetOf(type, 'rb_right');
  const items: RbtreeNode[] = [];
  const problems: string[] = [];
  const seen = new Set<bigint>();

  const visit = (node: VirtAddr, position: string, height: number): void => {
    if (node === 0n || items.length >= MAX_WALK) return;
    if (seen.has(node)) {
      problems.push(`node ${hex(node)} is reached twice, the second time as ${position}`);
      return;
    }
    if (height > MAX_HEIGHT) {
      problems.push(`it is higher than ${MAX_HEIGHT} below ${hex(node)}`);
      return;
    }
    seen.add(node);
    let children: readonly [VirtAddr, VirtAddr];
    try {
      children = [
        virtAddr(context.kernel.readU64(addVirt(node, leftAt))),
        virtAddr(context.kernel.readU64(addVirt(node, rightAt))),
      ];
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      problems.push(`node ${hex(node)} (${position}): ${describeFault(error.fault)}`);
      return;
    }
    if (!inOrder) items.push({ node, position });
    visit(children[0], `${position}/l`, height + 1);
    if (inOrder) items.push({ node, position });
    visit(children[1], `${position}/r`, height + 1);
  };
  visit(root, 'root', 0);
  if (items.length >= MAX_WALK) problems.push(`more than ${MAX_WALK} nodes`);
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const problem =
    problems.length === 0 ? undefined : `${what} is incomplete: ${problems[0]}${more}`;
  return { items, problem };
}
