import { isAbsent, type ValueBlock, type ValueNode } from '../../src-shared/contract/index.ts';
import { definitionLines } from '../../src-shared/text/definition.ts';
import { charArrayText, characterText, quoted } from './c-string.ts';
import { ABSENT_TEXT } from './cell-text.ts';
import { printable } from './printable.ts';
import { hexDigits } from './units.ts';

/**
 * Typed objects and definitions, as crash shows them through gdb.
 * @param continued an earlier block named the CPU of this per-CPU variable
 */
export function valueLines(block: ValueBlock, continued = false): string[] {
  if (block.printed !== undefined) return printedLines(block, block.printed);
  const at = block.owner?.address ?? block.address ?? 0n;
  const head = block.cpu === undefined || continued ? [] : [`[${block.cpu}]: ${hexDigits(at)}`];
  if (block.showOffsets || block.address === undefined) return [...head, ...definitionLines(block)];
  const { value } = block;
  // One member: indented as if it stood in its struct.
  if (value.name !== '') {
    return [...head, ...objectLines(value, 1, block.radix, `${printable(value.name)} = `, ',')];
  }
  const name = value.typeName === '' ? '' : `${printable(value.typeName)} `;
  return [...head, ...objectLines(value, 0, block.radix, name, '')];
}

/** `jiffies = $1 = 4294894065`, as crash's `p` through gdb. */
function printedLines(
  { value, radix }: ValueBlock,
  { number, label }: NonNullable<ValueBlock['printed']>,
): string[] {
  const name = label === undefined ? '' : `${printable(label)} = `;
  const lines = objectLines(value, 0, radix, pointerType(value), '');
  const [first = '', ...rest] = lines;
  // Behind a name crash sets apart what gdb puts in braces on one line, and arrays of structs.
  if (name !== '' && (first.startsWith('{{') || (rest.length === 0 && first.startsWith('{')))) {
    return [`${name}$${number} = `, ` ${first}`, ...rest];
  }
  return [`${name}$${number} = ${first}`, ...rest];
}

/** gdb names the type of a pointer that it prints by itself, but for strings. */
function pointerType({ kind, typeName, text }: ValueNode): string {
  if (
    kind !== 'pointer' ||
    (text !== undefined && /^(?:const )?char \*(?: ?const)?$/.test(typeName))
  )
    return '';
  return `(${printable(typeName)}) `;
}

/** A value on one line, its type in front where it is a pointer; inner structs are cut short. */
export function oneLineText(node: ValueNode, depth = 0): string {
  const { kind, children, value } = node;
  if (value !== undefined && isAbsent(value)) return scalarText(node, undefined);
  if (kind === 'struct' || kind === 'union') {
    if (children === undefined || depth >= 1) return '{...}';
    const members = children.map((child) => {
      const name = child.name === '' ? '' : `${printable(child.name)} = `;
      return `${name}${oneLineText(child, depth + 1)}`;
    });
    return `{${members.join(', ')}}`;
  }
  if (isCompoundArray(node)) return '{...}';
  return `${depth === 0 ? pointerType(node) : ''}${inlineText(node, undefined)}`;
}

/** The value of a member behind its declaration; undefined where there is none, or a whole object. */
export function memberValueText(node: ValueNode, radix: 10 | 16 | undefined): string | undefined {
  if (node.value === undefined || node.children !== undefined) return undefined;
  return scalarText(node, radix);
}

const indent = (depth: number) => '  '.repeat(depth);

/** The lines of one node: `before` stands before its value, `after` after it. */
function objectLines(
  node: ValueNode,
  depth: number,
  radix: 10 | 16 | undefined,
  before: string,
  after: string,
): string[] {
  const { children } = node;
  if ((node.kind === 'struct' || node.kind === 'union') && children?.length) {
    return [
      `${indent(depth)}${before}{`,
      ...memberLines(children, depth + 1, radix),
      `${indent(depth)}}${after}`,
    ];
  }
  if (isCompoundArray(node)) {
    return compoundArray(node, depth, radix, before, after);
  }
  return [`${indent(depth)}${before}${inlineText(node, radix)}${after}`];
}

function isCompound(node: ValueNode): boolean {
  return (node.kind === 'struct' || node.kind === 'union') && (node.children?.length ?? 0) > 0;
}

function memberLines(
  members: readonly ValueNode[],
  depth: number,
  radix: 10 | 16 | undefined,
): string[] {
  if (members.length === 0) return [`${indent(depth)}<No data fields>`];
  return members.flatMap((member, i) =>
    objectLines(
      member,
      depth,
      radix,
      member.name === '' ? '' : `${printable(member.name)} = `,
      i === members.length - 1 ? '' : ',',
    ),
  );
}

/** Of structs, or of arrays of such. */
function isCompoundArray({ kind, children }: ValueNode): boolean {
  return (
    kind === 'array' &&
    children?.some((child) => isCompound(child) || isCompoundArray(child)) === true
  );
}

/** A struct in arrays: how many of them begin before it, and what ends those that end after it. */
interface Leaf {
  readonly node: ValueNode;
  readonly opens: number;
  readonly closes: string;
}

/**
 * `a = {{ … }, { … }}`: gdb opens all elements on one line and indents them once more for each
 * array that they are in.
 */
function compoundArray(
  node: ValueNode,
  depth: number,
  radix: 10 | 16 | undefined,
  before: string,
  after: string,
): string[] {
  const leaves = leavesOf(node);
  const levels = leaves[0]?.opens ?? 0;
  const lines = [`${indent(depth)}${before}{${'{'.repeat(levels)}`];
  leaves.forEach((leaf, i) => {
    lines.push(...memberLines(leaf.node.children ?? [], depth + levels + 1, radix));
    const next = leaves[i + 1];
    const then = next === undefined ? after : `, {${'{'.repeat(next.opens)}`;
    lines.push(`${indent(depth + levels)}}${leaf.closes}${then}`);
  });
  return lines;
}

function leavesOf(node: ValueNode): Leaf[] {
  if (node.kind !== 'array') return [{ node, opens: 0, closes: '' }];
  const leaves = (node.children ?? []).flatMap(leavesOf);
  const [first] = leaves;
  if (first !== undefined) leaves[0] = { ...first, opens: first.opens + 1 };
  const last = leaves.at(-1);
  const end = node.truncatedAt === undefined ? '}' : '...}';
  if (last !== undefined) {
    leaves[leaves.length - 1] = { ...last, closes: `${last.closes}${end}` };
  }
  return leaves;
}

function inlineText(node: ValueNode, radix: 10 | 16 | undefined): string {
  if (node.kind === 'array') {
    if (node.count === 0 && typeof node.value === 'bigint') return pointerText(node, node.value);
    const shown = (node.children ?? []).map((child) => inlineText(child, radix));
    return `{${shown.join(', ')}${node.truncatedAt === undefined ? '' : '...'}}`;
  }
  if (node.kind === 'struct' || node.kind === 'union') {
    const isCut = node.children === undefined || node.truncatedAt !== undefined;
    return isCut ? '{...}' : '{<No data fields>}';
  }
  return scalarText(node, radix);
}

function scalarText(node: ValueNode, radix: 10 | 16 | undefined): string {
  const { value } = node;
  if (value === undefined) return '(no value)';
  if (isAbsent(value))
    return `<${ABSENT_TEXT[value.absent].replace(/^\(|\)$/g, '')}: ${printable(value.why)}>`;
  if (node.kind === 'string') {
    if (node.bytes !== undefined) return charArrayText(node.bytes, node.count ?? node.bytes.length);
    return quoted(String(value));
  }
  if (typeof value === 'string') return printable(value);
  if (node.kind === 'function') return functionText(node, BigInt(value));
  if (typeof value === 'boolean') return radix === 16 ? `0x${value ? 1 : 0}` : String(value);
  if (node.kind === 'pointer') return pointerText(node, BigInt(value));
  if (node.kind === 'enum' && node.text !== undefined) return printable(node.text);
  if (radix === 16) {
    const bits = node.bits?.size ?? Math.max(8, node.size * 8);
    return `0x${hexDigits(BigInt.asUintN(bits, BigInt(value)))}`;
  }
  if (node.kind === 'char') {
    return `${value} '${characterText(Number(value) & 0xff, 39)}'`;
  }
  return String(value);
}

/** `{int (struct file *)} 0xffffffff… <vfs_read>`. */
function functionText(node: ValueNode, value: bigint): string {
  return `{${printable(node.typeName)}} ${pointerText({ ...node, kind: 'pointer' }, value)}`;
}

function pointerText(node: ValueNode, value: bigint): string {
  const address = `0x${hexDigits(value)}`;
  const text = node.text === undefined ? '' : ` ${quoted(node.text)}`;
  if (node.symbol === undefined) return address + text;
  const { name, offset } = node.symbol;
  return `${address} <${printable(name)}${offset === 0 ? '' : `+${offset}`}>${text}`;
}
