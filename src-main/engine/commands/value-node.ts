import type { CellValue, SymbolRef, ValueNode } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { declarationOf, memberDeclaration } from '../types/declaration.ts';
import { findSize, resolveTypedef } from '../types/layout.ts';
import type { EnumType, Member, Type } from '../types/type.ts';
import { cell } from './facts.ts';

/** Elements of an array that are shown, as crash sets gdb's `print elements`. */
const MAX_ELEMENTS = 256;
/** Nodes of one object: arrays in arrays of a hostile or huge type must end. */
const MAX_NODES = 50_000;
const MAX_DEPTH = 24;

/** Larger than the constants that pointers lead into the middle of. */
const MAX_CONSTANT = 4096;

interface Budget {
  nodes: number;
}

/** A typed object with its values; what cannot be read is a typed absence at its leaf. */
export function valueNode(program: Program, object: KernelObject, name: string): ValueNode {
  return build(program, object.type, name, object, 0, { nodes: MAX_NODES }, 0);
}

/** A type's definition: members without values; only anonymous members are opened further. */
export function definitionNode(type: Type, name: string, offset = 0): ValueNode {
  return build(undefined, type, name, undefined, offset, { nodes: MAX_NODES }, 0);
}

function build(
  program: Program | undefined,
  type: Type,
  name: string,
  object: KernelObject | undefined,
  offset: number,
  budget: Budget,
  depth: number,
): ValueNode {
  budget.nodes--;
  const resolved = resolveTypedef(type);
  const common = { name, typeName: declarationOf(type), offset, size: findSize(type) ?? 0 };
  switch (resolved.kind) {
    case 'struct':
    case 'union': {
      const open = object !== undefined || depth === 0 || isAnonymous(type);
      if (!open || depth > MAX_DEPTH) return { ...common, kind: resolved.kind };
      const children = resolved.members.map((member) =>
        memberNode(program, member, object, offset, budget, depth + 1),
      );
      return {
        ...common,
        kind: resolved.kind,
        children: withFlexibleEnd(children, resolved.members),
      };
    }
    case 'array':
      return arrayNode(program, resolved.element, resolved.length, common, object, budget, depth);
    case 'void':
      return { ...common, kind: 'void' };
    case 'function':
      return { ...common, kind: 'function' };
    default:
      return object === undefined || program === undefined
        ? { ...common, kind: kindOf(resolved) }
        : scalarNode(program, resolved, common, object);
  }
}

/** An array without length at the end is a flexible one: `[]`, not `[0]`. */
function withFlexibleEnd(children: ValueNode[], members: readonly Member[]): ValueNode[] {
  const [node, member] = [children.at(-1), members.at(-1)];
  if (node !== undefined && member !== undefined && node.kind === 'array' && node.count === 0) {
    children[children.length - 1] = { ...node, typeName: memberDeclaration(member.type, '', true) };
  }
  return children;
}

type Common = Pick<ValueNode, 'name' | 'typeName' | 'offset' | 'size'>;

function memberNode(
  program: Program | undefined,
  member: Member,
  object: KernelObject | undefined,
  offset: number,
  budget: Budget,
  depth: number,
): ValueNode {
  const at = offset + Math.floor(member.bitOffset / 8);
  const inner = object === undefined ? undefined : memberObject(object, member);
  const node = build(program, member.type, member.name, inner, at, budget, depth);
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
  program: Program | undefined,
  element: Type,
  count: number,
  common: Common,
  object: KernelObject | undefined,
  budget: Budget,
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
  if (object === undefined) {
    if (!isAnonymous(element)) return { ...common, kind: 'array', count };
    return {
      ...common,
      kind: 'array',
      count,
      children: [build(undefined, element, '', undefined, common.offset, budget, depth + 1)],
    };
  }
  if (count === 0) return unboundedNode(program, inner, common, object);
  const size = findSize(element) ?? 0;
  const shown = Math.min(count, MAX_ELEMENTS, Math.max(0, budget.nodes));
  const children: ValueNode[] = [];
  for (let i = 0; i < shown && budget.nodes > 0 && depth <= MAX_DEPTH; i++) {
    const at = common.offset + i * size;
    children.push(build(program, element, `[${i}]`, object.index(i), at, budget, depth + 1));
  }
  const node = { ...common, kind: 'array' as const, count, children };
  return children.length < count ? { ...node, truncatedAt: children.length } : node;
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
