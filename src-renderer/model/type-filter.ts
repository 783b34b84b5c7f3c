import type { ValueNode } from '../../src-shared/contract/index.ts';
import { iterateNodes, type PlacedNode } from './type-rows.ts';

/** Enough to read; a word that fits more should be made longer. */
const MOST_HITS = 2000;

export interface Hits {
  /** In the order of their offsets. */
  readonly nodes: readonly PlacedNode[];
  /** How many fit in all. */
  readonly count: number;
}

/**
 * Members, nested ones too, whose name or type contains a text; one with a `.` or `[` is looked for in
 * the whole path.
 */
export function filterMembers(root: ValueNode, text: string): Hits {
  const wanted = text.trim().toLowerCase();
  const byPath = /[.[]/.test(wanted);
  const nodes: PlacedNode[] = [];
  let count = 0;
  for (const each of iterateNodes(root)) {
    const { name, typeName } = each.node;
    if (name === '') continue;
    const fits = byPath
      ? each.path.toLowerCase().includes(wanted)
      : name.toLowerCase().includes(wanted) || typeName.toLowerCase().includes(wanted);
    if (!fits) continue;
    count++;
    if (nodes.length < MOST_HITS) nodes.push(each);
  }
  return { nodes: nodes.sort((a, b) => a.node.offset - b.node.offset), count };
}
