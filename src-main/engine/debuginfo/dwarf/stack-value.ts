import { DW_AT, DW_ATE, DW_TAG } from './constants.ts';
import { DW_OP } from './operations.ts';
import type { AbsentReason } from './location.ts';
import type { DwarfUnit } from './unit.ts';

/** Ends an evaluation: the value cannot be had. */
export class EvaluationStop extends Error {
  readonly reason: AbsentReason;
  constructor(reason: AbsentReason, why: string) {
    super(why);
    this.reason = reason;
  }
}

/** Type of a stack entry; DWARF's generic type is 64 bits whose sign depends on the operation. */
export interface StackType {
  readonly bits: number;
  readonly kind: 'generic' | 'signed' | 'unsigned';
}

export interface StackValue {
  /** Always within the type's range; of the generic type unsigned. */
  readonly value: bigint;
  readonly type: StackType;
}

export const GENERIC: StackType = { bits: 64, kind: 'generic' };

export function generic(value: bigint): StackValue {
  return { value: BigInt.asUintN(64, value), type: GENERIC };
}

/** A value of a type from its bits. */
export function valueOf(bits: bigint, type: StackType): StackValue {
  const fit = type.kind === 'signed' ? BigInt.asIntN : BigInt.asUintN;
  return { value: fit(type.bits, bits), type };
}

/** The base type at an offset of the unit; 0 is the generic type. */
export function readStackType(unit: DwarfUnit, offset: number): StackType {
  if (offset === 0) return GENERIC;
  const die = unit.dieAt(unit.header.offset + offset);
  const bytes = die.unsigned(DW_AT.byteSize) ?? 0;
  if (die.tag !== DW_TAG.baseType || bytes < 1 || bytes > 16) {
    throw new EvaluationStop('damaged', 'an operation names a type that is no base type');
  }
  switch (die.unsigned(DW_AT.encoding)) {
    case DW_ATE.signed:
    case DW_ATE.signedChar:
      return { bits: bytes * 8, kind: 'signed' };
    case DW_ATE.unsigned:
    case DW_ATE.unsignedChar:
    case DW_ATE.boolean:
    case DW_ATE.address:
    case DW_ATE.utf:
      return { bits: bytes * 8, kind: 'unsigned' };
    default:
      throw new EvaluationStop('unsupported', 'an operation on floating-point values');
  }
}

/** DW_OP_abs, neg, not. */
export function unary(opcode: number, { value, type }: StackValue): StackValue {
  const signed = signedOfValue(value, type);
  if (opcode === DW_OP.abs) return valueOf(signed < 0n ? -signed : signed, type);
  return valueOf(opcode === DW_OP.neg ? -value : ~value, type);
}

/** Arithmetic and comparison of two entries; `b` was on top. */
export function binary(opcode: number, a: StackValue, b: StackValue): StackValue {
  if (a.type.bits !== b.type.bits || a.type.kind !== b.type.kind) {
    throw new EvaluationStop('damaged', 'an operation on values of two types');
  }
  const { type } = a;
  const compared = compare(opcode, signedOfValue(a.value, type), signedOfValue(b.value, type));
  if (compared !== undefined) return generic(compared ? 1n : 0n);
  return valueOf(arithmetic(opcode, a, b), type);
}

function compare(opcode: number, a: bigint, b: bigint): boolean | undefined {
  switch (opcode) {
    case DW_OP.eq:
      return a === b;
    case DW_OP.ne:
      return a !== b;
    case DW_OP.lt:
      return a < b;
    case DW_OP.le:
      return a <= b;
    case DW_OP.gt:
      return a > b;
    case DW_OP.ge:
      return a >= b;
    default:
      return undefined;
  }
}

function arithmetic(opcode: number, a: StackValue, b: StackValue): bigint {
  const { type } = a;
  switch (opcode) {
    case DW_OP.and:
      return a.value & b.value;
    case DW_OP.or:
      return a.value | b.value;
    case DW_OP.xor:
      return a.value ^ b.value;
    case DW_OP.plus:
      return a.value + b.value;
    case DW_OP.minus:
      return a.value - b.value;
    case DW_OP.mul:
      return a.value * b.value;
    case DW_OP.div:
      if (b.value === 0n) throw new EvaluationStop('damaged', 'a division by zero');
      return signedOfValue(a.value, type) / signedOfValue(b.value, type);
    case DW_OP.mod:
      if (b.value === 0n) throw new EvaluationStop('damaged', 'a division by zero');
      return a.value % b.value;
    case DW_OP.shl:
      return isWide(b, type) ? 0n : a.value << b.value;
    case DW_OP.shr:
      return isWide(b, type) ? 0n : BigInt.asUintN(type.bits, a.value) >> b.value;
    default: {
      const signed = BigInt.asIntN(type.bits, a.value);
      return isWide(b, type) ? (signed < 0n ? -1n : 0n) : signed >> b.value;
    }
  }
}

function isWide(count: StackValue, type: StackType): boolean {
  return count.value < 0n || count.value >= BigInt(type.bits);
}

function signedOfValue(value: bigint, type: StackType): bigint {
  return type.kind === 'generic' ? BigInt.asIntN(type.bits, value) : value;
}

/** Little-endian bytes of an entry. */
export function bytesOf({ value, type }: StackValue): Uint8Array {
  const bytes = new Uint8Array(type.bits / 8);
  let rest = BigInt.asUintN(type.bits, value);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** Unsigned value of at most 16 little-endian bytes. */
export function unsignedOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
