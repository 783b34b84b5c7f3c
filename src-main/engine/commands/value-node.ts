import type { CellValue, SymbolRef, ValueNode } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { declarationOf, memberDeclaration } from '../types/declaration.ts';
import { findSize, resolveTypedef, structOf } from '../types/layout.ts';
import { structLayout } from '../types/struct-layout.ts';
import type { EnumType, Member, StructType, Type } from '../types/type.ts';
import { cell } from './facts.ts';

/** Elements of an array that are shown, as crash sets gdb's `print elements`. */
const MAX_ELEMENTS = 256;
/** Nodes of one object: arrays in arrays of a hostile or huge type must end. */
const MAX_NODES = 50_000;
const MAX_DEPTH = 24;

/** Larger than the constants that pointers lead into the middle of. */
const MAX_CONSTANT = 4096;

export interface NodeStyle {
  /** Holes and padding of each struct; without values, all embedded structs opened. */
  readonly layout?: boolean;
}

/** What one tree is made with. */
interface Walk extends NodeStyle {
  /** Absent in a definition. */
  readonly program?: Program;
  /** Nodes that may still be made. */
  nodes: number;
}

/** A typed object with its values; what cannot be read is a typed absence at its leaf. */
export function valueNode(
  program: Program,
  object: KernelObject,
  name: string,
  style: NodeStyle = {},
): ValueNode {
  return build({ ...style, program, nodes: MAX_NODES }, object.type, name, object, 0, 0);
}

/** A type's definition: members without values; only anonymous members are opened further. */
export function definitionNode(
  type: Type,
  name: string,
  offset = 0,
  style: NodeStyle = {},
): ValueNode {
  return build({ ...style, nodes: MAX_NODES }, type, name, undefined, offset, 0);
}

function build(
  walk: Walk,
  type: Type,
  name: string,
  object: KernelObject | undefined,
  offset: number,
  depth: number,
): ValueNode {
  walk.nodes--;
  const resolved = resolveTypedef(type);
  const common = { name, typeName: declarationOf(type), offset, size: findSize(type) ?? 0 };
  switch (resolved.kind) {
    case 'struct':
    case 'union': {
      const open = object !== undefined || depth === 0 || walk.layout === true || isAnonymous(type);
      if (!open || depth > MAX_DEPTH) return { ...common, kind: resolved.kind };
      return structNode(walk, resolved, common, object, depth);
    }
    case 'array':
      return arrayNode(walk, resolved.element, resolved.length, common, object, depth);
    case 'void':
      return { ...common, kind: 'void' };
    case 'function':
      return { ...common, kind: 'function' };
    default:
      return object === undefined || walk.program === undefined
        ? { ...common, kind: kindOf(resolved) }
        : scalarNode(walk.program, resolved, common, object);
  }
}

function structNode(
  walk: Walk,
  struct: StructType,
  common: Common,
  object: KernelObject | undefined,
  depth: number,
): ValueNode {
  const { members } = struct;
  const children: ValueNode[] = [];
  for (const member of members) {
    if (walk.nodes <= 0) break;
    children.push(memberNode(walk, member, object, common.offset, depth + 1));
  }
  const node = {
    ...common,
    kind: struct.kind,
    children: withFlexibleEnd(children, members),
    ...(walk.layout === true && { layout: structLayout(struct) }),
  };
  if (children.length === members.length) return node;
  return { ...node, truncatedAt: children.length, count: members.length };
}

/** An array without length at the end is a flexible one: `[]`, not `[0]`. */
function withFlexibleEnd(children: ValueNode[], members: readonly Member[]): ValueNode[] {
  const [node, member] = [children.at(-1), members.at(-1)];
  if (
    node !== undefined &&
    children.length === members.length &&
    member !== undefined &&
    node.kind === 'array' &&
    node.count === 0
  ) {
    children[children.length - 1] = { ...node, typeName: memberDeclaration(member.type, '', true) };
  }
  return children;
}

type Common = Pick<ValueNode, 'name' | 'typeName' | 'offset' | 'size'>;

function memberNode(
  walk: Walk,
  member: Member,
  object: KernelObject | undefined,
  offset: number,
  depth: number,
): ValueNode {
  const at = offset + Math.floor(member.bitOffset / 8);
  const inner = object === undefined ? undefined : memberObject(object, member);
  const node = build(walk, member.type, member.name, inner, at, depth);
  if (member.bitSize === 0) return node;
  return { ...node, bits: { offset: member.bitOffset % 8, size: member.bitSize } };
}

/** By position, not by name: anonymous members have none. */
function memberObject(object: KernelObject, member: Member): KernelObject {
  if (member.bitSize > 0) return object.member(member.name);
  return object.at(
    member.type,
    virtAddr(object.address + BigInt(Math.floor(member.bitOffset / 8))),
  );
}

function arrayNode(
  walk: Walk,
  element: Type,
  count: number,
  common: Common,
  object: KernelObject | undefined,
  depth: number,
): ValueNode {
  const inner = resolveTypedef(element);
  if (
    object !== undefined &&
    inner.kind === 'int' &&
    inner.isChar &&
    inner.size === 1 &&
    count > 0
  ) {
    return stringNode(common, object, count);
  }
  if (object === undefined) return arrayDefinition(walk, element, count, common, depth);
  if (count === 0) return unboundedNode(walk.program, inner, common, object);
  const size = findSize(element) ?? 0;
  const shown = Math.min(count, MAX_ELEMENTS, Math.max(0, walk.nodes));
  const children: ValueNode[] = [];
  for (let i = 0; i < shown && walk.nodes > 0 && depth <= MAX_DEPTH; i++) {
    const at = common.offset + i * size;
    children.push(build(walk, element, `[${i}]`, object.index(i), at, depth + 1));
  }
  const node = { ...common, kind: 'array' as const, count, children };
  return children.length < count ? { ...node, truncatedAt: children.length } : node;
}

/** An array of structs that have no name of their own shows what they are; with layout, of all structs. */
function arrayDefinition(
  walk: Walk,
  element: Type,
  count: number,
  common: Common,
  depth: number,
): ValueNode {
  const node = { ...common, kind: 'array' as const, count };
  if (isAnonymous(element)) {
    const child = build(walk, element, '', undefined, common.offset, depth + 1);
    return { ...node, children: [child] };
  }
  if (walk.layout !== true || structOf(element) === undefined || depth > MAX_DEPTH) return node;
  const first = build(walk, element, '[0]', undefined, common.offset, depth + 1);
  return { ...node, children: [first], ...(count > 1 && { truncatedAt: 1 }) };
}

/** An array without a length: where it begins, as gdb shows it, and text that stands there. */
function unboundedNode(
  program: Program | undefined,
  element: Type,
  common: Common,
  object: KernelObject,
): ValueNode {
  const { address } = object;
  const symbol = program === undefined ? undefined : symbolAt(program, address);
  const isText = element.kind === 'int' && element.isChar && element.size === 1;
  const text = isText ? tryRead(() => object.space.readCString(address, MAX_ELEMENTS)) : undefined;
  return {
    ...common,
    kind: 'array',
    count: 0,
    children: [],
    value: address,
    ...(symbol && { symbol }),
    ...(text !== undefined && { text }),
  };
}

/** Bytes of a character array that travel, as gdb prints at most. */
const MAX_CHARACTERS = 256;

function stringNode(common: Common, object: KernelObject, count: number): ValueNode {
  const node = { ...common, kind: 'string' as const, value: cell(() => object.text(4096)), count };
  const length = Math.min(count, MAX_CHARACTERS);
  const bytes = tryRead(() => object.space.read(object.address, length));
  return bytes === undefined ? node : { ...node, bytes };
}

type Scalar = Exclude<
  ReturnType<typeof resolveTypedef>,
  { kind: 'struct' | 'union' | 'array' | 'void' | 'function' }
>;

function kindOf(type: Scalar): ValueNode['kind'] {
  if (type.kind === 'int') return type.isBool ? 'bool' : type.isChar ? 'char' : 'int';
  if (type.kind === 'typedef' || type.kind === 'qualified') return 'int';
  return type.kind;
}

function scalarNode(
  program: Program,
  type: Scalar,
  common: Common,
  object: KernelObject,
): ValueNode {
  const kind = kindOf(type);
  if (kind === 'float') {
    const value = { absent: 'not-applicable', why: 'floating point is not shown' } as const;
    return { ...common, kind, value };
  }
  const value = cell(() => scalarValue(kind, common.size, object));
  if (type.kind === 'enum') {
    const text = enumeratorOf(type, value);
    return { ...common, kind, value, ...(text !== undefined && { text }) };
  }
  const text = value !== 0n && pointsToText(type) ? textAt(object) : undefined;
  const found =
    kind === 'pointer' && typeof value === 'bigint' ? symbolAt(program, value) : undefined;
  // Literals lie behind the last symbol of their section, which is not what they belong to.
  const symbol = text !== undefined && found?.offset !== 0 ? undefined : found;
  return { ...common, kind, value, ...(symbol && { symbol }), ...(text !== undefined && { text }) };
}

function pointsToText(type: Type): boolean {
  if (type.kind !== 'pointer') return false;
  const target = resolveTypedef(type.target);
  return target.kind === 'int' && target.isChar && target.size === 1;
}

/** What a `char *` points to; undefined where it cannot be read. */
function textAt(object: KernelObject): string | undefined {
  return tryRead(() => object.text(MAX_ELEMENTS));
}

function scalarValue(kind: ValueNode['kind'], size: number, object: KernelObject): CellValue {
  if (kind === 'bool') return object.bigint() !== 0n;
  return size > 4 || kind === 'pointer' ? object.bigint() : object.number();
}

function enumeratorOf(type: EnumType, value: CellValue): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  return type.enumerators.find((each) => each.value === BigInt(value))?.name;
}

/**
 * The symbol a pointer leads to or into. Far behind a symbol of read-only data lie string literals,
 * which have no symbols: they are not part of it.
 */
export function symbolAt(program: Program, value: bigint): SymbolRef | undefined {
  const hit = program.symbols.at(virtAddr(value));
  if (hit === undefined) return undefined;
  if (/[rR]/.test(hit.symbol.letter) && hit.offset >= MAX_CONSTANT) return undefined;
  const { name, size, module } = hit.symbol;
  const reference = { name, offset: hit.offset, size };
  return module === undefined ? reference : { ...reference, module };
}

function isAnonymous(type: Type): boolean {
  return (type.kind === 'struct' || type.kind === 'union') && type.name === '';
}
