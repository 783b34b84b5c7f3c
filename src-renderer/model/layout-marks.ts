import {
  CACHE_LINE,
  type LayoutGap,
  type ValueBlock,
  type ValueNode,
} from '../../src-shared/contract/index.ts';
import { plural } from './format.ts';

/** `hole, 4 bytes`. */
export function gapText({ kind, bits, inBitField }: LayoutGap): string {
  return `${kind}, ${inBitField ? plural(bits, 'bit') : plural(bits / 8, 'byte')}`;
}

/** The gaps behind a member; `index` -1: in front of the first. */
export function gapsAfter(node: ValueNode, index: number): readonly LayoutGap[] {
  return node.layout?.gaps.filter(({ after }) => after === index) ?? [];
}

/** A cache line begins: its number from the one the object begins in, its first byte's offset. */
export interface CacheLineMark {
  readonly line: number;
  readonly offset: number;
  /** The member before reaches into it by so many bytes. */
  readonly inside: number;
}

/** Structs and unions without a type name stand in the definition itself. */
export function isDefinedInPlace({ typeName }: ValueNode): boolean {
  return /^(?:struct|union) \{\.\.\.\}$/.test(typeName);
}

/** Bytes from the start of its cache line to an object; of a definition none. */
export function cacheLineShift(address: bigint | undefined): number {
  return address === undefined ? 0 : Number(address % BigInt(CACHE_LINE));
}

/** The cache line that begins in front of a member at an offset, behind line `last`. */
export function cacheLineBefore(
  offset: number,
  shift: number,
  last: number,
): CacheLineMark | undefined {
  const line = Math.floor((offset + shift) / CACHE_LINE);
  if (line <= last) return undefined;
  const start = line * CACHE_LINE - shift;
  return { line, offset: start, inside: offset - start };
}

/** In front of which members a cache line begins: of the struct, and of those defined in it. */
export function cacheLineMarks({
  value,
  address,
}: ValueBlock): ReadonlyMap<ValueNode, CacheLineMark> {
  const marks = new Map<ValueNode, CacheLineMark>();
  const shift = cacheLineShift(address);
  let last = 0;
  const walk = (struct: ValueNode) => {
    for (const member of struct.children ?? []) {
      const mark = cacheLineBefore(member.offset, shift, last);
      if (mark !== undefined) {
        last = mark.line;
        marks.set(member, mark);
      }
      if (isDefinedInPlace(member)) walk(member);
    }
  };
  walk(value);
  return marks;
}

/** `cache line 1 from 64, 8 bytes of it taken by the member above`. */
export function cacheLineText({ line, offset, inside }: CacheLineMark): string {
  const taken = inside > 0 ? `, ${plural(inside, 'byte')} of it taken by the member above` : '';
  return `cache line ${line} from ${offset}${taken}`;
}
