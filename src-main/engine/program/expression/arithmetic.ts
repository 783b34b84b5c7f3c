import type { BinaryOperator } from './syntax.ts';
import type { Operand } from './value.ts';

/** A number's type in C's arithmetic: `int` and what is wider. */
export interface Arithmetic {
  readonly size: 4 | 8 | 16;
  readonly signed: boolean;
}

/** Integer promotion: everything narrower than `int` becomes `int` (C11 6.3.1.1). */
export function promoted({ size, signed }: Pick<Operand, 'size' | 'signed'>): Arithmetic {
  if (size < 4) return { size: 4, signed: true };
  return { size: size <= 4 ? 4 : size <= 8 ? 8 : 16, signed };
}

/** The usual arithmetic conversions (C11 6.3.1.8); equal sizes have equal rank on LP64. */
export function commonOf(left: Arithmetic, right: Arithmetic): Arithmetic {
  if (left.size === right.size) {
    return { size: left.size, signed: left.signed && right.signed };
  }
  return left.size > right.size ? left : right;
}

/** The value as this type holds it: modulo 2^n. */
export function converted(value: bigint, { size, signed }: Arithmetic): bigint {
  return signed ? BigInt.asIntN(size * 8, value) : BigInt.asUintN(size * 8, value);
}

/** Name of the C type. */
export function arithmeticName({ size, signed }: Arithmetic): string {
  const name = size === 4 ? 'int' : size === 8 ? 'long' : '__int128';
  return signed ? name : `unsigned ${name}`;
}

/** C's operators over two values of one type; undefined where C has no value (x / 0, x % 0). */
export function computed(
  operator: BinaryOperator,
  left: bigint,
  right: bigint,
): bigint | undefined {
  switch (operator) {
    case '*':
      return left * right;
    case '/':
      return right === 0n ? undefined : left / right;
    case '%':
      return right === 0n ? undefined : left % right;
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '<<':
      return left << right;
    case '>>':
      return left >> right;
    case '&':
      return left & right;
    case '^':
      return left ^ right;
    case '|':
      return left | right;
    case '<':
      return truth(left < right);
    case '<=':
      return truth(left <= right);
    case '>':
      return truth(left > right);
    case '>=':
      return truth(left >= right);
    case '==':
      return truth(left === right);
    case '!=':
      return truth(left !== right);
    default:
      return undefined;
  }
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}

export const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(['<', '<=', '>', '>=', '==', '!=']);
