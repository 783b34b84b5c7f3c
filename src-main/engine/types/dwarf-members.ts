import { DW_AT, DW_ATE, DW_TAG } from '../debuginfo/dwarf/constants.ts';
import { DwarfCursor } from '../debuginfo/dwarf/cursor.ts';
import type { DieCursor } from '../debuginfo/dwarf/die-cursor.ts';
import { openDie } from '../debuginfo/dwarf/die-names.ts';
import { DW_OP } from '../debuginfo/dwarf/operations.ts';
import type { DieRef } from '../debuginfo/dwarf/unit.ts';
import type { EnumType, Member, Type } from './type.ts';

/** Type of a DIE; of none, void. */
export type ResolveDie = (die: DieRef | undefined) => Type;

/** A struct of a kernel has at most some thousand members; each takes bytes of the file anyway. */
const MAX_CHILDREN = 200_000;

/** Members in the order of the declaration, which is that of their offsets. */
export function membersOf(ref: DieRef, resolve: ResolveDie): readonly Member[] {
  const members: Member[] = [];
  openDie(ref).forEachChild((die) => {
    if (die.tag !== DW_TAG.member || members.length >= MAX_CHILDREN) return;
    // A static member (C++) is a variable.
    if (die.flag(DW_AT.external) || die.flag(DW_AT.declaration)) return;
    members.push(memberOf(die, resolve));
  });
  return members;
}

function memberOf(die: DieCursor, resolve: ResolveDie): Member {
  const typeRef = die.reference(DW_AT.type);
  const bitSize = die.unsigned(DW_AT.bitSize) ?? 0;
  const name = die.string(DW_AT.name) ?? '';
  const bitOffset = bitOffsetOf(die, typeRef, bitSize);
  let type: Type | undefined;
  return {
    name,
    bitOffset,
    bitSize,
    get type() {
      return (type ??= resolve(typeRef));
    },
  };
}

/** @source DWARF 5, 5.7.6 "Data Member Entries"; DWARF 3, 5.6.6 for DW_AT_bit_offset */
function bitOffsetOf(die: DieCursor, typeRef: DieRef | undefined, bitSize: number): number {
  const data = die.unsigned(DW_AT.dataBitOffset);
  if (data !== undefined) return data;
  const start = (die.unsigned(DW_AT.dataMemberLocation) ?? offsetByExpression(die)) * 8;
  const fromTop = die.unsigned(DW_AT.bitOffset);
  if (fromTop === undefined) return start;
  // Counted from the most significant bit of a storage unit of byte_size (or the type's) bytes.
  const storage = die.unsigned(DW_AT.byteSize) ?? storageSize(typeRef);
  return start + storage * 8 - fromTop - bitSize;
}

/** DWARF 2: DW_OP_plus_uconst or a constant. */
function offsetByExpression(die: DieCursor): number {
  const block = die.block(DW_AT.dataMemberLocation);
  if (block === undefined || block.length < 2) return 0;
  const data = new DwarfCursor(block, 'DW_AT_data_member_location');
  const opcode = data.u8();
  return opcode === DW_OP.plusUconst || opcode === DW_OP.constu ? data.uleb() : 0;
}

function storageSize(ref: DieRef | undefined): number {
  let current = ref;
  for (let i = 0; i < 32 && current !== undefined; i++) {
    const die = openDie(current);
    const size = die.unsigned(DW_AT.byteSize);
    if (size !== undefined) return size;
    current = die.reference(DW_AT.type);
  }
  return 0;
}

/** Lengths of an array's dimensions, outermost first; 0 where it is not told (`[]`, `[0]`). */
export function dimensionsOf(ref: DieRef): number[] {
  const lengths: number[] = [];
  openDie(ref).forEachChild((die) => {
    if (die.tag !== DW_TAG.subrangeType && die.tag !== DW_TAG.enumerationType) return;
    if (lengths.length >= 32) return;
    const count = die.integer(DW_AT.count);
    const upper = die.integer(DW_AT.upperBound);
    // -1 is the upper bound of an array of none; some writers give it as 64 unsigned bits.
    const length = count ?? (upper === undefined ? 0n : BigInt.asIntN(64, upper) + 1n);
    lengths.push(length < 0n || length > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(length));
  });
  return lengths.length === 0 ? [0] : lengths;
}

export function enumeratorsOf(ref: DieRef, size: number): EnumType['enumerators'] {
  const list: { name: string; value: bigint }[] = [];
  const signed = isSignedEnum(ref);
  openDie(ref).forEachChild((die) => {
    if (die.tag !== DW_TAG.enumerator || list.length >= MAX_CHILDREN) return;
    const value = die.integer(DW_AT.constValue) ?? 0n;
    const bits = Math.min(Math.max(size, 1), 8) * 8;
    const fixed = signed === false ? BigInt.asUintN(bits, value) : value;
    list.push({ name: die.string(DW_AT.name) ?? '', value: fixed });
  });
  return list;
}

/** By DW_AT_encoding or the underlying type; undefined when neither is told (DWARF 4 and older). */
export function isSignedEnum(ref: DieRef): boolean | undefined {
  const die = openDie(ref);
  const base = die.reference(DW_AT.type);
  const encoding = die.unsigned(DW_AT.encoding) ?? (base && openDie(base).unsigned(DW_AT.encoding));
  return encoding === undefined ? undefined : isSignedEncoding(encoding);
}

export function isSignedEncoding(encoding: number): boolean {
  return encoding === DW_ATE.signed || encoding === DW_ATE.signedChar;
}

export function parametersOf(
  ref: DieRef,
  resolve: ResolveDie,
): { parameters: { name: string; type: Type }[]; variadic: boolean } {
  const parameters: { name: string; type: Type }[] = [];
  let variadic = false;
  openDie(ref).forEachChild((die) => {
    if (die.tag === DW_TAG.unspecifiedParameters) variadic = true;
    if (die.tag !== DW_TAG.formalParameter || parameters.length >= 1000) return;
    const type = resolve(die.reference(DW_AT.type));
    parameters.push({ name: die.string(DW_AT.name) ?? '', type });
  });
  return { parameters, variadic };
}
