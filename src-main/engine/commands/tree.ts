import type { Block, Entry, MapleRoot } from '../../../src-shared/contract/index.ts';
import { addVirt, hex, virtAddr, type VirtAddr } from '../base/address.ts';
import { readMapleRoot, walkMapleTreeFrom } from '../kernel/maple.ts';
import { walkRbtree } from '../kernel/rbtree.ts';
import type { Walk } from '../kernel/walk.ts';
import { walkXarrayFrom } from '../kernel/xarray.ts';
import type { KernelObject } from '../program/object.ts';
import { UsageError, type Command } from './command.ts';
import { checkCancelled, info, warning, type CommandContext } from './context.ts';
import { addressExpression } from './expression.ts';
import { parseObjectSpec, requireOffset, specValues, type ValueStyle } from './object-spec.ts';
import { parseOptions, type Options } from './options.ts';

const BLOCK = 128;

export const tree: Command = {
  name: 'tree',
  summary: 'a red-black tree, xarray, radix tree or maple tree',
  usage:
    '[-t rbtree|xarray|radix|maple] [-r offset] [-o offset] [-s|-S struct[.member,…]] [-l] [-p] [-v] [-x|-d] [-N] start',
  help: [
    'Shows what a tree holds: start is the address of its root (address, symbol or expression). Every',
    'node is visited once; what cannot be read or leads back into the tree is left out and said.',
    '',
    '  -t type    rbtree (rb) when nothing is said; xarray (x), radix (ra), maple (m)',
    '  -r offset  start is a structure that holds the root: struct.member, or bytes',
    '  -o offset  of a red-black tree: from a structure to its rb_node',
    '  -s spec    of each entry: vm_area_struct.vm_start,vm_end; all of it without members',
    '  -S spec    as -s, numbers as they lie in memory',
    '  -l         of a red-black tree: sorted, not parents first',
    '  -p         where in the tree: root/l/r, or slots and index (of a maple tree the first of its range)',
    '  -v         of a maple tree: its nodes with all that is in them, and ranges without an entry',
    '  -N         start is a node: an rb_node, or an xarray’s or maple tree’s node pointer with its tag',
    '  -x, -d     integers in hexadecimal, in decimal',
  ],
  needs: ['memory', 'types'],
  *run(context, args) {
    const options = parseOptions(args, 't:r:o:s:S:lpvxdN');
    const type = treeType(options.value('t') ?? 'rbtree');
    const [startText, ...rest] = options.operands;
    if (startText === undefined || rest.length > 0) {
      throw new UsageError('the address of one tree is needed');
    }
    if (type !== 'rbtree' && options.has('o')) throw new UsageError('-o is for red-black trees');
    if (type !== 'maple' && options.has('v')) throw new UsageError('-v is for maple trees');
    if (type === 'radix' && context.program.findType('struct radix_tree_root') === undefined) {
      yield info('Radix trees are xarrays in this kernel.');
    }
    const root = rootAddress(context, options, startText);
    const { items, problem } = walk(context, options, type, root, `the tree at ${hex(root)}`);
    const maple =
      options.has('v') && !options.has('N')
        ? readMapleRoot(context.program.object('struct maple_tree', root))
        : undefined;
    yield* entryBlocks(context, options, items, maple);
    if (problem !== undefined) yield warning(`${problem}.`);
    else if (items.length === 0) yield info('the tree is empty');
  },
};

type TreeType = 'rbtree' | 'xarray' | 'radix' | 'maple';

function treeType(text: string): TreeType {
  const types = { rb: 'rbtree', ra: 'radix', x: 'xarray', m: 'maple' } as const;
  for (const [start, type] of Object.entries(types)) {
    if (text.startsWith(start) && type.startsWith(text)) return type;
  }
  throw new UsageError(`invalid tree type: ${text} (rbtree, xarray, radix, maple)`);
}

function rootAddress(context: CommandContext, options: Options, text: string): VirtAddr {
  const { program } = context;
  const { address } = addressExpression(context, text);
  const inside = options.value('r');
  if (inside !== undefined && options.has('N'))
    throw new UsageError('-r and -N exclude each other');
  const root =
    inside === undefined ? address : addVirt(address, requireOffset(program, inside, '-r'));
  if (root < 1n << 63n || program.translator.regionOf(root).name === 'user') {
    throw new UsageError(`invalid kernel virtual address: ${text} (${hex(root)})`);
  }
  return root;
}

function walk(
  context: CommandContext,
  options: Options,
  type: TreeType,
  root: VirtAddr,
  what: string,
): Walk<Entry> {
  switch (type) {
    case 'rbtree':
      return rbtree(context, options, root, what);
    case 'xarray':
    case 'radix':
      return xarray(context, options, root, what);
    case 'maple':
      return mapleTree(context, options, root, what);
  }
}

function rbtree(
  { program }: CommandContext,
  options: Options,
  root: VirtAddr,
  what: string,
): Walk<Entry> {
  const offsetText = options.value('o');
  const offset = offsetText === undefined ? 0 : requireOffset(program, offsetText, '-o');
  const top = options.has('N')
    ? root
    : program.object('struct rb_root', root).member('rb_node').pointer();
  const { items, problem } = walkRbtree(program, top, what, { inOrder: options.has('l') });
  const entries = items.map(({ node, position }) => ({
    address: addVirt(node, -offset),
    ...(options.has('p') && { position }),
  }));
  return { items: entries, problem };
}

function xarray(
  { program }: CommandContext,
  options: Options,
  root: VirtAddr,
  what: string,
): Walk<Entry> {
  const head = headOf(options, root, program.object('struct xarray', root), 'xa_head');
  const { items, problem } = walkXarrayFrom(program.object('struct xarray', root), head, what);
  const entries = items.map(({ index, entry, path, slot }) => ({
    address: entry,
    ...(options.has('p') && {
      index,
      position: positionOf(slot === undefined ? path : [...path, slot]),
    }),
  }));
  return { items: entries, problem };
}

function mapleTree(
  { program }: CommandContext,
  options: Options,
  root: VirtAddr,
  what: string,
): Walk<Entry> {
  const head = headOf(options, root, program.object('struct maple_tree', root), 'ma_root');
  const tree = program.object('struct maple_tree', root);
  if (options.has('v')) return mapleSteps(options, tree, head, what);
  const { items, problem } = walkMapleTreeFrom(tree, head, what);
  const entries = items.map(({ first, entry, path }) => ({
    address: entry,
    ...(options.has('p') && { index: first, position: positionOf(path) }),
  }));
  return { items: entries, problem };
}

/** Nodes, entries and ranges without one. */
function mapleSteps(
  options: Options,
  tree: KernelObject,
  head: () => VirtAddr,
  what: string,
): Walk<Entry> {
  const items: Entry[] = [];
  const { problem } = walkMapleTreeFrom(tree, head, what, {
    node: (maple, address) => items.push({ address, maple }),
    range: (maple, address, path) => {
      const place = options.has('p') && address !== 0n;
      items.push({
        address,
        maple,
        ...(place && { index: maple.first, position: positionOf(path) }),
      });
    },
  });
  return { items, problem };
}

/** The top entry: read from the tree, or given with `-N`, with its tag. */
function headOf(
  options: Options,
  root: VirtAddr,
  tree: KernelObject,
  member: string,
): () => VirtAddr {
  if (!options.has('N')) return () => tree.member(member).pointer();
  if ((root & 3n) !== 2n) {
    throw new UsageError(
      `${hex(root)} is no node pointer: bit 1 is set in one, as ${member} holds it`,
    );
  }
  return () => virtAddr(root);
}

function positionOf(path: readonly number[]): string {
  return ['root', ...path].join('/');
}

function* entryBlocks(
  context: CommandContext,
  options: Options,
  items: readonly Entry[],
  maple: MapleRoot | undefined,
): Generator<Block> {
  const { program } = context;
  const raw = options.atMostOne('sS') === 'S';
  const radix = options.atMostOne('xd');
  const style: ValueStyle = {
    raw,
    ...(radix !== undefined && { radix: radix === 'x' ? 16 : 10 }),
  };
  const specs = options.values(raw ? 'S' : 's').map((text) => parseObjectSpec(program, text));
  for (let at = 0; at < items.length; at += BLOCK) {
    checkCancelled(context);
    const part = items.slice(at, at + BLOCK);
    const entries =
      specs.length === 0
        ? part
        : part.map((entry) => {
            const isEntry = entry.maple === undefined || isMapleEntry(entry);
            if (!isEntry) return entry;
            const address = virtAddr(entry.address);
            return {
              ...entry,
              values: specs.flatMap((spec) => specValues(program, spec, address, style)),
            };
          });
    yield {
      type: 'entries',
      name: 'tree',
      entries,
      ...(at === 0 && maple !== undefined && { maple }),
      ...(radix === 'x' && options.has('v') && { radix: 16 }),
    };
  }
}

/** Not a node, and not an empty range. */
function isMapleEntry({ address, maple }: Entry): boolean {
  return maple?.node === undefined && address !== 0n;
}
