import type { LayoutGap, StructLayout } from '../../../src-shared/contract/index.ts';
import { tryRead } from '../base/fault.ts';
import { findSize, structOf } from './layout.ts';
import type { Member, StructType } from './type.ts';

/**
 * Holes and padding of a struct, which type information does not tell but where its members lie does.
 * A bit field has the unit of its declared type to itself: bits of it that are not used are no bytes
 * one could put a member into, so they count on their own.
 */
export function structLayout(struct: StructType): StructLayout {
  let memberBytes = 0;
  let bitFieldBits = 0;
  const innerPadding = { count: 0, bytes: 0 };
  for (const member of struct.members) {
    if (member.bitSize > 0) bitFieldBits += member.bitSize;
    else memberBytes += Math.ceil(bitsOf(member) / 8);
    const padding = struct.kind === 'struct' ? paddingOf(member) : 0;
    if (padding > 0) innerPadding.count++;
    innerPadding.bytes += padding;
  }
  const gaps = struct.kind === 'struct' ? gapsOf(struct) : [];
  return { members: struct.members.length, memberBytes, bitFieldBits, gaps, innerPadding };
}

function gapsOf(struct: StructType): LayoutGap[] {
  const gaps: LayoutGap[] = [];
  // Where what was seen ends, and the storage unit of the bit field it ends with; in bits.
  let end = 0;
  let unitEnd = 0;
  for (const [index, member] of struct.members.entries()) {
    const unit = storageUnitOf(member);
    gaps.push(...gapsBetween('hole', end, member.bitOffset, unitEnd, unit.start, index - 1));
    // Damaged types may have members in any order: only what lies behind all of them is a gap.
    end = Math.max(end, member.bitOffset + bitsOf(member));
    // Bit fields of one run share the largest unit that one of them is declared with.
    unitEnd = member.bitSize > 0 ? Math.max(end, unit.end, unitEnd) : end;
  }
  const size = struct.size * 8;
  gaps.push(...gapsBetween('padding', end, size, unitEnd, size, struct.members.length - 1));
  return gaps;
}

/**
 * What lies between two places: first the rest of the unit that ends before, then whole bytes, then
 * bits of the unit that the next bit field begins in the middle of.
 */
function gapsBetween(
  kind: LayoutGap['kind'],
  from: number,
  to: number,
  unitEnd: number,
  nextUnit: number,
  after: number,
): LayoutGap[] {
  if (to <= from) return [];
  const bitsEnd = Math.min(to, Math.max(from, unitEnd));
  const bytesEnd = Math.max(bitsEnd, Math.min(to, nextUnit));
  const parts: [number, number, boolean][] = [
    [from, bitsEnd, true],
    [bitsEnd, bytesEnd, false],
    [bytesEnd, to, true],
  ];
  return parts
    .filter(([start, end]) => end > start)
    .map(([start, end, inBitField]) => ({
      kind,
      bitOffset: start,
      bits: end - start,
      inBitField,
      after,
    }));
}

function bitsOf(member: Member): number {
  return member.bitSize > 0 ? member.bitSize : (tryRead(() => findSize(member.type)) ?? 0) * 8;
}

/** The aligned bytes of the declared type that a bit field begins in; in bits. */
function storageUnitOf({ type, bitOffset, bitSize }: Member): { start: number; end: number } {
  const unit = bitSize > 0 ? (tryRead(() => findSize(type)) ?? 1) * 8 : 8;
  const start = bitSize > 0 ? Math.floor(bitOffset / unit) * unit : bitOffset;
  return { start, end: start + unit };
}

/** Whole bytes of padding at the end of a member that is a struct. */
function paddingOf({ type, bitSize }: Member): number {
  const struct = bitSize > 0 ? undefined : tryRead(() => structOf(type));
  if (struct?.kind !== 'struct' || struct.incomplete) return 0;
  let bytes = knownPadding.get(struct);
  if (bytes === undefined) {
    const gaps = gapsOf(struct);
    const padding = gaps.find(({ kind, inBitField }) => kind === 'padding' && !inBitField);
    bytes = padding === undefined ? 0 : padding.bits / 8;
    knownPadding.set(struct, bytes);
  }
  return bytes;
}

/** Some thousand members may each be the same struct of some thousand. */
const knownPadding = new WeakMap<StructType, number>();
