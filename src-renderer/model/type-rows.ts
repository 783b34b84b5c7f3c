import { type LayoutGap, type RunResult, type ValueNode } from '../../src-shared/contract/index.ts';
import { plural } from './format.ts';
import { cacheLineBefore, cacheLineShift, isDefinedInPlace } from './layout-marks.ts';
import { pointeeCommand } from './pointers.ts';

/** One row of a struct that is shown member by member. Keys are stable while rows open and close. */
export type TypeRow = MemberRow | GapRow | LineRow | NoteRow;

interface Common {
  readonly key: string;
  /** Nesting, 0 for the members of the struct itself. */
  readonly depth: number;
}
export interface MemberRow extends Common {
  readonly kind: 'member';
  readonly node: ValueNode;
  /** As C reaches it from the outermost object: `se.vruntime`, `files->fdt`. */
  readonly path: string;
  /** Address of the object that `node.offset` counts from; undefined when it lies nowhere. */
  readonly base: bigint | undefined;
  /** Undefined when there is nothing to open. */
  readonly open: boolean | undefined;
  /** Shows what it points to when opened. */
  readonly pointee: string | undefined;
}
export interface GapRow extends Common {
  readonly kind: 'gap';
  readonly gap: LayoutGap;
  /** Bytes from the start of the outermost object, and the bit in that byte. */
  readonly offset: number;
  readonly bit: number;
}
/** Between two members a cache line begins. */
export interface LineRow extends Common {
  readonly kind: 'line';
  /** Counted from the one the object begins in. */
  readonly line: number;
  readonly offset: number;
  /** The member before it reaches into it by so many bytes. */
  readonly inside: number;
}
export interface NoteRow extends Common {
  readonly kind: 'note';
  readonly text: string;
  readonly tone: 'dim' | 'error';
}

/** What a pointer leads to, read when it is opened; undefined: not asked for yet. */
export type FindPointee = (command: string) => RunResult | 'reading' | undefined;

export interface RowsInput {
  readonly root: ValueNode;
  readonly base: bigint | undefined;
  /** Keys of rows that are not as they begin: closed, but for structs defined in place. */
  readonly toggled: ReadonlySet<string>;
  readonly pointee: FindPointee;
}

/** Rows that a person reads; more only slow the window down. */
export const MOST_ROWS = 100_000;

/** All rows of a struct that are open, with holes, padding and cache lines where they lie. */
export function rowsOf(input: RowsInput): readonly TypeRow[] {
  const rows: TypeRow[] = [];
  const shift = cacheLineShift(input.base);
  const walk: Walk = { ...input, rows, lines: { shift, line: 0 } };
  addChildren(walk, input.root, { key: '', depth: 0, path: '', base: input.base, trail: [] });
  return rows;
}

/** Chosen members as if they stood beside each other, each with what is open in it. */
export function rowsOfMembers(
  input: RowsInput,
  members: readonly PlacedNode[],
): readonly TypeRow[] {
  const rows: TypeRow[] = [];
  for (const { node, key, parent } of members) {
    const place = { key, depth: 0, path: parent, base: input.base, trail: [] };
    addMember({ ...input, rows, lines: undefined }, node, place);
  }
  return rows;
}

/** A node of a tree, with its key and the path of what it is a member of. */
export interface PlacedNode {
  readonly node: ValueNode;
  readonly key: string;
  readonly parent: string;
}

/** All nodes below the root, each before what is in it. */
export function* iterateNodes(
  node: ValueNode,
  key = '',
  parent = '',
): Generator<PlacedNode & { readonly path: string }> {
  for (const [index, child] of (node.children ?? []).entries()) {
    const path = pathOf(parent, child);
    const at = `${key}/${index}`;
    yield { node: child, key: at, parent, path };
    yield* iterateNodes(child, at, path);
  }
}

interface Walk extends RowsInput {
  readonly rows: TypeRow[];
  /** Cache lines of the outermost object; undefined where none are shown. */
  readonly lines: { readonly shift: number; line: number } | undefined;
}
interface Place {
  readonly key: string;
  readonly depth: number;
  readonly path: string;
  readonly base: bigint | undefined;
  /** Pointers followed on the way, outermost first: rings end. */
  readonly trail: readonly string[];
}

function addChildren(walk: Walk, parent: ValueNode, place: Place): void {
  const { rows } = walk;
  const gaps = parent.layout?.gaps ?? [];
  const add = (after: number) => {
    for (const [index, gap] of gaps.entries()) {
      if (gap.after === after) rows.push(gapRow(gap, index, parent, place));
    }
  };
  add(-1);
  for (const [index, node] of (parent.children ?? []).entries()) {
    if (rows.length >= MOST_ROWS) {
      rows.push(note(place, 'more', `More rows than ${MOST_ROWS} are not shown: close some.`));
      return;
    }
    if (walk.lines !== undefined) addLine(walk, node, place, index);
    addMember(walk, node, { ...place, key: `${place.key}/${index}` });
    add(index);
  }
  const text = restText(parent);
  if (text !== undefined) rows.push(note(place, 'rest', text));
}

/** What stands behind the last child. */
function restText(parent: ValueNode): string | undefined {
  const { kind, children, truncatedAt, count = 0 } = parent;
  if (truncatedAt === 1 && kind === 'array' && children?.[0]?.value === undefined)
    return `${count - 1} more like it`;
  if (truncatedAt !== undefined)
    return `The first ${truncatedAt} of ${count} ${kind === 'array' ? 'elements' : 'members'}`;
  if (children?.length === 0 && kind !== 'array') return 'No members';
  return undefined;
}

/** Adds one member and, where it is open, what it holds. */
function addMember(walk: Walk, node: ValueNode, place: Place): void {
  const path = pathOf(place.path, node);
  const pointee = pointeeLayout(node);
  const hasInside = pointee !== undefined || (node.children?.length ?? 0) > 0;
  const open = hasInside && isDefinedInPlace(node) !== walk.toggled.has(place.key);
  const { key, depth, base } = place;
  const shown = hasInside ? open : undefined;
  walk.rows.push({ kind: 'member', key, depth, node, path, base, open: shown, pointee });
  if (!open) return;
  const inner = { ...place, depth: depth + 1, path };
  if (pointee === undefined) addChildren(walk, node, inner);
  else addPointee(walk, pointee, inner);
}

function addPointee(walk: Walk, command: string, place: Place): void {
  const { rows } = walk;
  const back = place.trail.indexOf(command);
  if (back >= 0) {
    const above = plural(place.trail.length - back, 'pointer');
    rows.push(note(place, 'cycle', `A cycle: this object is open already, ${above} above`));
    return;
  }
  const found = walk.pointee(command);
  if (found === undefined || found === 'reading') {
    // Its key is that of the first row that comes: who waits on it is there then.
    rows.push({ ...note(place, 'reading', 'Reading…'), key: `${place.key}*/0` });
    return;
  }
  for (const [index, block] of found.blocks.entries()) {
    if (block.type === 'notice') rows.push(note(place, `n${index}`, block.text));
    if (block.type !== 'value') continue;
    const inside = {
      ...place,
      key: `${place.key}*`,
      base: block.address,
      trail: [...place.trail, command],
    };
    const foreign = { ...walk, lines: undefined };
    if (block.value.children)
      addChildren(foreign, block.value, { ...inside, path: `${place.path}->` });
    else {
      const key = `${inside.key}/0`;
      addMember(foreign, block.value, { ...inside, key, path: `*${place.path}` });
    }
  }
  if (found.error) rows.push({ ...note(place, 'error', found.error.message), tone: 'error' });
}

export function pathOf(parent: string, { name }: ValueNode): string {
  if (name === '') return parent;
  if (parent === '' || name.startsWith('[') || parent.endsWith('->')) return parent + name;
  return `${parent}.${name}`;
}

/** As {@link pointeeCommand}; of structs with their layout, so that what opens looks alike. */
export function pointeeLayout(node: ValueNode): string | undefined {
  const command = pointeeCommand(node);
  return command?.replace(/^(struct|union) /, '$1 --layout ');
}

function gapRow(gap: LayoutGap, index: number, parent: ValueNode, place: Place): GapRow {
  const { key, depth } = place;
  const offset = parent.offset + Math.floor(gap.bitOffset / 8);
  return { kind: 'gap', key: `${key}/gap${index}`, depth, gap, offset, bit: gap.bitOffset % 8 };
}

function addLine(walk: Walk, { offset }: ValueNode, place: Place, index: number): void {
  const { lines, rows } = walk;
  const mark = lines && cacheLineBefore(offset, lines.shift, lines.line);
  if (lines === undefined || mark === undefined) return;
  lines.line = mark.line;
  const { key, depth } = place;
  rows.push({ kind: 'line', key: `${key}/line${index}`, depth, ...mark });
}

function note({ key, depth }: Place, what: string, text: string): NoteRow {
  return { kind: 'note', key: `${key}/${what}`, depth, text, tone: 'dim' };
}

/**
 * The row of a path, and which rows have to be open for it to be seen; of a path through pointers that
 * of the first pointer. Undefined when there is no such member.
 */
export function findPath(
  root: ValueNode,
  path: string,
): { readonly key: string; readonly above: readonly PlacedNode[] } | undefined {
  const wanted = path.split('->')[0] ?? '';
  const nodes = new Map<string, PlacedNode>();
  for (const each of iterateNodes(root)) {
    nodes.set(each.key, each);
    if (each.path !== wanted || each.node.name === '') continue;
    const steps = each.key.split('/').slice(1, -1);
    const above = steps.map((_, index) => nodes.get(`/${steps.slice(0, index + 1).join('/')}`));
    return { key: each.key, above: above.filter((node) => node !== undefined) };
  }
  return undefined;
}

/** The rows that are toggled when `nodes` are to be open. */
export function withOpen(
  toggled: ReadonlySet<string>,
  nodes: readonly PlacedNode[],
): ReadonlySet<string> {
  const all = new Set(toggled);
  for (const { node, key } of nodes) {
    if (isDefinedInPlace(node)) all.delete(key);
    else all.add(key);
  }
  return all;
}
