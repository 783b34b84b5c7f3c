import {
  CACHE_LINE,
  cacheLinesOf,
  gapSums,
  type LayoutGap,
  type StructLayout,
  type ValueBlock,
  type ValueNode,
} from '../../src-shared/contract/index.ts';
import { declaration } from '../../src-shared/text/c-declaration.ts';
import { printable } from './printable.ts';
import { memberValueText } from './text-value.ts';

/** Where the comments with offset and size begin; a longer declaration pushes its own to the right. */
const COMMENT_COLUMN = 48;

/**
 * A struct with where its members lie (`struct --layout`), as C: a comment with offset and size
 * behind each member, holes, padding and cache lines between them, the sums at the end.
 */
export function layoutLines(block: ValueBlock): string[] {
  const { value, alias, address } = block;
  const head = `${printable(value.typeName).replace(/ \{\.\.\.\}$/, '')} {`;
  const shift = address === undefined ? 0 : Number(address % BigInt(CACHE_LINE));
  const place: Place = { block, shift, line: 0 };
  return [
    alias === undefined ? head : `typedef ${head}`,
    ...memberLines(value, 1, place),
    alias === undefined ? '}' : `} ${printable(alias)};`,
    ...(value.layout === undefined ? [] : sumLines(value.layout, block)),
  ];
}

interface Place {
  readonly block: ValueBlock;
  /** Bytes of a cache line in front of the object. */
  readonly shift: number;
  /** The cache line that was named last, counted from the one the object begins in. */
  line: number;
}

function memberLines(struct: ValueNode, depth: number, place: Place): string[] {
  const indent = '    '.repeat(depth);
  const children = struct.children ?? [];
  const gaps = struct.layout?.gaps ?? [];
  const lines = gaps.filter(({ after }) => after < 0).map((gap) => indent + gapText(gap));
  for (const [index, member] of children.entries()) {
    lines.push(...cacheLine(member, indent, place));
    lines.push(...oneMember(member, depth, place));
    for (const gap of gaps) if (gap.after === index) lines.push(indent + gapText(gap));
  }
  if (children.length === 0) lines.push(`${indent}/* no members */`);
  if (struct.truncatedAt !== undefined) {
    lines.push(`${indent}/* the first ${struct.truncatedAt} of ${struct.count ?? 0} members */`);
  }
  return lines;
}

function oneMember(member: ValueNode, depth: number, place: Place): string[] {
  const indent = '    '.repeat(depth);
  const name = printable(member.name);
  const comment = placeText(member, place.block.size);
  if (member.children !== undefined && /^(?:struct|union) \{\.\.\.\}$/.test(member.typeName)) {
    const end = `${indent}}${name === '' ? '' : ` ${name}`};`;
    return [
      `${indent}${member.kind} {`,
      ...memberLines(member, depth + 1, place),
      `${end.padEnd(COMMENT_COLUMN)}  ${comment}`,
    ];
  }
  const bits = member.bits === undefined ? '' : ` : ${member.bits.size}`;
  const value = memberValueText(member, place.block.radix);
  const shown = value === undefined ? '' : ` = ${value}`;
  const line = `${indent}${declaration(printable(member.typeName), name)}${bits}${shown};`;
  return [`${line.padEnd(COMMENT_COLUMN)}  ${comment}`];
}

function placeText({ offset, size, bits }: ValueNode, whole: number): string {
  const width = String(whole).length;
  const at = `${String(offset).padStart(width)}${bits === undefined ? '' : `:${bits.offset}`}`;
  return `/* ${at.padEnd(width + 2)} ${String(size).padStart(width)} */`;
}

function cacheLine({ offset }: ValueNode, indent: string, place: Place): string[] {
  const line = Math.floor((offset + place.shift) / CACHE_LINE);
  if (line <= place.line) return [];
  place.line = line;
  const start = line * CACHE_LINE - place.shift;
  const ago = offset === start ? '' : `, ${offset - start} bytes before the next member`;
  return [`${indent}/* --- cache line ${line} begins at ${start}${ago} --- */`];
}

function gapText({ kind, bits, inBitField }: LayoutGap): string {
  return `/* ${kind}: ${inBitField ? `${bits} bits` : bytesText(bits / 8)} */`;
}

function bytesText(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}

function sumLines(layout: StructLayout, { value: { size }, address }: ValueBlock): string[] {
  const sums = gapSums(layout);
  const { innerPadding, bitFieldBits } = layout;
  const lines = [
    `size: ${size}, cache lines: ${cacheLinesOf(size, address)}, members: ${layout.members}`,
  ];
  if (address !== undefined && address % BigInt(CACHE_LINE) !== 0n) {
    lines.push(`begins ${address % BigInt(CACHE_LINE)} bytes into a cache line`);
  }
  if (sums.holes > 0) {
    lines.push(
      `holes: ${sums.holes}, sum: ${sums.holeBytes}; members' bytes: ${layout.memberBytes}`,
    );
  }
  if (bitFieldBits > 0) {
    const holes = `, bit holes: ${sums.bitHoles}, sum: ${sums.bitHoleBits} bits`;
    lines.push(`bit fields: ${bitFieldBits} bits${sums.bitHoles > 0 ? holes : ''}`);
  }
  if (sums.paddingBytes > 0) lines.push(`padding: ${sums.paddingBytes}`);
  if (sums.paddingBits > 0) lines.push(`bit padding: ${sums.paddingBits} bits`);
  if (innerPadding.count > 0) {
    const { count, bytes } = innerPadding;
    lines.push(`padding inside of members: ${count}, sum: ${bytes}`);
  }
  return lines.map((line) => `/* ${line} */`);
}
