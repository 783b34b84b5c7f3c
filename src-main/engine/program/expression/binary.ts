import { virtAddr } from '../../base/address.ts';
import type { Type } from '../../types/type.ts';
import {
  arithmeticName,
  commonOf,
  COMPARISONS,
  computed,
  converted,
  promoted,
} from './arithmetic.ts';
import { ExpressionError } from './expression-error.ts';
import type { BinaryOperator } from './syntax.ts';
import type { Operand } from './value.ts';

/** A number of a C type, or a pointer. */
interface BinaryResult {
  readonly value: bigint;
  readonly typeName: string;
  readonly target?: Type;
}

interface Place {
  readonly column: number;
  /** Bytes that a pointer to the type moves by. */
  readonly sizeOf: (type: Type) => number;
}

/** `left operator right` for numbers and pointers. @throws ExpressionError */
export function binaryValue(
  operator: BinaryOperator,
  left: Operand,
  right: Operand,
  place: Place,
): BinaryResult {
  if (COMPARISONS.has(operator)) return comparison(operator, left, right);
  if (left.target !== undefined || right.target !== undefined) {
    return pointerArithmetic(operator, left, right, place);
  }
  if (operator === '<<' || operator === '>>') return shift(operator, left, right, place);
  const type = commonOf(promoted(left), promoted(right));
  const result = computed(operator, converted(left.value, type), converted(right.value, type));
  if (result === undefined) throw new ExpressionError('division by zero', place.column);
  return { value: converted(result, type), typeName: arithmeticName(type) };
}

function comparison(operator: BinaryOperator, left: Operand, right: Operand): BinaryResult {
  const type =
    left.target === undefined && right.target === undefined
      ? commonOf(promoted(left), promoted(right))
      : ({ size: 8, signed: false } as const);
  const result = computed(operator, converted(left.value, type), converted(right.value, type));
  return { value: result ?? 0n, typeName: 'int' };
}

/** Each side is promoted by itself; a count outside of the type has no value in C. */
function shift(
  operator: BinaryOperator,
  left: Operand,
  right: Operand,
  { column }: Place,
): BinaryResult {
  const type = promoted(left);
  const bits = type.size * 8;
  if (right.value < 0n || right.value >= BigInt(bits)) {
    const hint = bits === 32 ? '; a 64-bit constant is written 1UL' : '';
    throw new ExpressionError(
      `a shift of ${arithmeticName(type)} by ${right.value} has no value${hint}`,
      column,
    );
  }
  const result = computed(operator, converted(left.value, type), right.value) ?? 0n;
  return { value: converted(result, type), typeName: arithmeticName(type) };
}

function pointerArithmetic(
  operator: BinaryOperator,
  left: Operand,
  right: Operand,
  { column, sizeOf }: Place,
): BinaryResult {
  const size = (type: Type): bigint => BigInt(sizeOf(type));
  if (operator === '+' || operator === '-') {
    if (left.target !== undefined && right.target !== undefined && operator === '-') {
      const bytes = BigInt.asIntN(64, left.value - right.value);
      const [a, b] = [size(left.target), size(right.target)];
      if (a !== b || a === 0n) {
        throw new ExpressionError('these pointers point to things of different size', column);
      }
      return { value: bytes / a, typeName: 'long' };
    }
    if (left.target !== undefined && right.target === undefined) {
      const by = right.value * size(left.target);
      const value = virtAddr(operator === '+' ? left.value + by : left.value - by);
      return { value, typeName: '', target: left.target };
    }
    if (operator === '+' && left.target === undefined && right.target !== undefined) {
      const value = virtAddr(right.value + left.value * size(right.target));
      return { value, typeName: '', target: right.target };
    }
  }
  throw new ExpressionError(`${operator} is not for pointers: cast to unsigned long first`, column);
}
