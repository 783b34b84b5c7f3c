import { addVirt, virtAddr } from '../../base/address.ts';
import { declarationOf } from '../../types/declaration.ts';
import { findMember, findSize, resolveTypedef, structOf } from '../../types/layout.ts';
import type { Type } from '../../types/type.ts';
import { KernelObject } from '../object.ts';
import { arithmeticName, converted, promoted, type Arithmetic } from './arithmetic.ts';
import { binaryValue } from './binary.ts';
import { ExpressionError } from './expression-error.ts';
import { parseExpression } from './parse.ts';
import type { ExpressionScope } from './scope.ts';
import type { Syntax } from './syntax.ts';
import { lvalue, operandOf, rvalue, type Operand, type Value } from './value.ts';

/** Elements of `a @ n`: more is a mistake. */
const MAX_REPEAT = 1_000_000n;
const MAX_SUGGESTIONS = 5;

/**
 * The value of a C expression. Nothing is read that the answer does not need: `&p->a.b` reads `p`,
 * `sizeof` reads nothing.
 * @throws ExpressionError for text that is no expression or has no meaning here; FaultError for
 * memory that is missing
 */
export function evaluateExpression(scope: ExpressionScope, text: string): Value {
  const isTypeName = (name: string) =>
    scope.findType(name) !== undefined && scope.findVariable(name) === undefined;
  return new Evaluator(scope).valueOf(parseExpression(text, isTypeName));
}

class Evaluator {
  readonly #scope: ExpressionScope;

  constructor(scope: ExpressionScope) {
    this.#scope = scope;
  }

  valueOf(syntax: Syntax): Value {
    switch (syntax.kind) {
      case 'number':
        return this.#number(syntax.value, syntax.typeName);
      case 'name':
        return this.#name(syntax.name, syntax.column);
      case 'history': {
        const value = this.#scope.findHistory(syntax.name);
        if (value !== undefined) return value;
        const what = /^\$\$?[0-9]*$/.test(syntax.name)
          ? `there is no value ${syntax.name} yet`
          : `registers and variables are not known here: ${syntax.name}`;
        throw new ExpressionError(what, syntax.column);
      }
      case 'unary':
        return this.#unary(syntax);
      case 'binary':
        return this.#binary(syntax);
      case 'conditional':
        return this.#isTrue(syntax.condition)
          ? this.valueOf(syntax.whenTrue)
          : this.valueOf(syntax.whenFalse);
      case 'member':
        return this.#member(this.valueOf(syntax.object), syntax.name, syntax.column);
      case 'index':
        return this.#index(syntax);
      case 'cast':
        return this.#cast(
          this.#type(syntax.typeName, syntax.column + 1),
          this.valueOf(syntax.operand),
          syntax.column,
        );
      case 'static-local':
        return this.#staticLocal(syntax);
      case 'sizeof-type':
        return this.#sizeOf(this.#type(syntax.typeName, syntax.column), syntax.column);
      case 'sizeof': {
        const value = this.valueOf(syntax.operand);
        this.#checkTyped(value, syntax.column);
        return this.#sizeOf(value.object.type, syntax.column);
      }
      case 'offsetof': {
        const type = this.#type(syntax.typeName, syntax.column);
        return this.#number(this.#offsetOf(type, syntax.path, syntax.column), 'unsigned long');
      }
      case 'container-of': {
        const type = this.#type(syntax.typeName, syntax.column);
        const offset = this.#offsetOf(type, syntax.path, syntax.column);
        const { value } = this.#operand(this.valueOf(syntax.operand), syntax.column);
        return this.#pointerTo(type, value - offset);
      }
      case 'per-cpu':
        return this.#perCpu(syntax);
    }
  }

  #number(value: bigint, typeName: string): Value {
    const { context, space } = this.#scope;
    return rvalue(context, space, context.type(typeName), value);
  }

  #pointerTo(target: Type, value: bigint): Value {
    const type: Type = { kind: 'pointer', origin: target.origin, size: 8, target };
    return rvalue(this.#scope.context, this.#scope.space, type, virtAddr(value));
  }

  #name(name: string, column: number): Value {
    const variable = this.#scope.findVariable(name);
    if (variable !== undefined) return variable;
    const enumerator = this.#scope.findEnumerator(name);
    if (enumerator !== undefined) {
      const { context, space } = this.#scope;
      return rvalue(context, space, enumerator.type, enumerator.value);
    }
    // `a.part` reads as the name of a part of a function first.
    const dot = name.indexOf('.');
    if (dot > 0) {
      const parts = name.split('.');
      let value = this.#name(parts[0]!, column);
      for (const part of parts.slice(1)) value = this.#member(value, part, column + dot + 1);
      return value;
    }
    const like = this.#scope.namesLike(name).slice(0, MAX_SUGGESTIONS);
    const hint = like.length === 0 ? '' : `; there are ${like.join(', ')}`;
    throw new ExpressionError(`no symbol or enumerator is named ${name}${hint}`, column);
  }

  /** `a::b.c` reads `c` as part of a symbol's name first, as elsewhere. */
  #staticLocal(syntax: Extract<Syntax, { kind: 'static-local' }>): Value {
    const [name = '', ...members] = syntax.name.split('.');
    const found = this.#scope.findStaticLocal(syntax.function, name);
    if (found === undefined) {
      const text = `no static variable ${name} of a function ${syntax.function} is known (debuginfo tells them)`;
      throw new ExpressionError(text, syntax.column);
    }
    let value = found;
    for (const member of members) value = this.#member(value, member, syntax.column);
    return value;
  }

  #type(name: string, column: number): Type {
    const type = this.#scope.findType(name);
    if (type !== undefined) return type;
    throw new ExpressionError(`unknown type: ${name}`, column);
  }

  #sizeOf(type: Type, column: number): Value {
    const size = findSize(type);
    if (size === undefined) {
      throw new ExpressionError(`the size of ${declarationOf(type)} is not known`, column);
    }
    return this.#number(BigInt(size), 'unsigned long');
  }

  #offsetOf(type: Type, path: string, column: number): bigint {
    const found = findMember(type, path);
    if (found === undefined) {
      throw new ExpressionError(`${declarationOf(type)} has no member ${path}`, column);
    }
    if (found.bitSize > 0) throw new ExpressionError('a bit field has no byte offset', column);
    return BigInt(found.bitOffset / 8);
  }

  #unary(syntax: Extract<Syntax, { kind: 'unary' }>): Value {
    const { operator, column } = syntax;
    const value = this.valueOf(syntax.operand);
    if (operator === '&') return this.#addressOf(value, column);
    if (operator === '*') return this.#deref(value, column);
    const operand = this.#operand(value, column);
    if (operator === '!') return this.#number(operand.value === 0n ? 1n : 0n, 'int');
    if (operand.target !== undefined) {
      throw new ExpressionError(`${operator} needs a number, not a pointer`, column);
    }
    const type = promoted(operand);
    const results = { '-': -operand.value, '+': operand.value, '~': ~operand.value };
    return this.#arithmetic(results[operator], type);
  }

  #arithmetic(value: bigint, type: Arithmetic): Value {
    return this.#number(converted(value, type), arithmeticName(type));
  }

  #addressOf(value: Value, column: number): Value {
    const { object } = value;
    if (!value.isLvalue) throw new ExpressionError('a computed value has no address', column);
    if (object.bitSize > 0) throw new ExpressionError('a bit field has no address', column);
    return this.#pointerTo(object.type, object.address);
  }

  #deref(value: Value, column: number): Value {
    const { value: address, target } = this.#operand(value, column);
    // As gdb does: a bare number points to a long.
    const type = target ?? this.#scope.context.type('long');
    const resolved = resolveTypedef(type);
    if (resolved.kind === 'void') {
      throw new ExpressionError(
        '* needs a pointer to a known type: cast it, e.g. *(long *)…',
        column,
      );
    }
    return this.#at(type, address);
  }

  #at(type: Type, address: bigint): Value {
    const { context, space } = this.#scope;
    return lvalue(new KernelObject(context, type, virtAddr(address), space));
  }

  /** `.` and `->` alike, as in gdb. */
  #member(value: Value, name: string, column: number): Value {
    this.#checkTyped(value, column);
    const type = resolveTypedef(value.object.type);
    const isPointer = type.kind === 'pointer' || type.kind === 'array';
    const target =
      type.kind === 'pointer' ? type.target : type.kind === 'array' ? type.element : type;
    const struct = structOf(target);
    if (struct === undefined) {
      const what = declarationOf(value.object.type);
      throw new ExpressionError(`${what} is no struct or union: it has no member ${name}`, column);
    }
    if (struct.incomplete) {
      throw new ExpressionError(`the members of ${declarationOf(struct)} are not known`, column);
    }
    if (findMember(struct, name) === undefined) {
      throw new ExpressionError(
        `${declarationOf(struct)} has no member ${name}${membersLike(struct, name)}`,
        column,
      );
    }
    const object = isPointer ? this.#deref(value, column).object : value.object;
    return { object: object.member(name), isLvalue: true };
  }

  #index(syntax: Extract<Syntax, { kind: 'index' }>): Value {
    const { column } = syntax;
    const value = this.valueOf(syntax.object);
    const { value: base, target } = this.#operand(value, column);
    if (target === undefined) throw new ExpressionError('[] needs an array or a pointer', column);
    const index = this.#operand(this.valueOf(syntax.index), column);
    if (index.target !== undefined) throw new ExpressionError('the index is a pointer', column);
    const size = this.#elementSize(target, column);
    const address = addVirt(virtAddr(base), index.value * BigInt(size));
    // An element of an object lies where the object lies; what a pointer points to, where it leads.
    if (resolveTypedef(value.object.type).kind !== 'array') return this.#at(target, address);
    return { object: value.object.at(target, address), isLvalue: value.isLvalue };
  }

  #elementSize(type: Type, column: number): number {
    const resolved = resolveTypedef(type);
    if (resolved.kind === 'void' || resolved.kind === 'function') return 1;
    const size = findSize(type);
    if (size !== undefined) return size;
    throw new ExpressionError(`the size of ${declarationOf(type)} is not known`, column);
  }

  #cast(type: Type, value: Value, column: number): Value {
    const resolved = resolveTypedef(type);
    const { object } = value;
    switch (resolved.kind) {
      case 'int':
      case 'enum':
      case 'pointer': {
        // A variable of unknown type is read as what it is cast to, as in gdb.
        if (value.untyped !== undefined) return { object: object.cast(type), isLvalue: true };
        const operand = this.#operand(value, column);
        const isBool = resolved.kind === 'int' && resolved.isBool;
        const number = isBool && operand.value !== 0n ? 1n : operand.value;
        return rvalue(this.#scope.context, this.#scope.space, type, number);
      }
      case 'struct':
      case 'union':
      case 'array': {
        const same = value.isLvalue && findSize(object.type) === findSize(type);
        if (value.untyped !== undefined || same)
          return { object: object.cast(type), isLvalue: true };
        const name = declarationOf(type);
        throw new ExpressionError(`no number becomes ${name}: did you mean *(${name} *)`, column);
      }
      default:
        throw new ExpressionError(`a cast to ${declarationOf(type)} has no value`, column);
    }
  }

  #isTrue(syntax: Syntax): boolean {
    return this.#operand(this.valueOf(syntax), syntax.column).value !== 0n;
  }

  #binary(syntax: Extract<Syntax, { kind: 'binary' }>): Value {
    const { operator, column } = syntax;
    if (operator === '&&' || operator === '||') {
      const left = this.#isTrue(syntax.left);
      const decided = operator === '&&' ? !left : left;
      const result = decided ? left : this.#isTrue(syntax.right);
      return this.#number(result ? 1n : 0n, 'int');
    }
    const left = this.valueOf(syntax.left);
    const right = this.#operand(this.valueOf(syntax.right), syntax.right.column);
    if (operator === '@') return this.#repeated(left, right, column);
    const result = binaryValue(operator, this.#operand(left, syntax.left.column), right, {
      column,
      sizeOf: (type) => this.#elementSize(type, column),
    });
    return result.target === undefined
      ? this.#number(result.value, result.typeName)
      : this.#pointerTo(result.target, result.value);
  }

  #repeated(value: Value, count: Operand, column: number): Value {
    this.#checkTyped(value, column);
    if (!value.isLvalue) throw new ExpressionError('@ needs an object in memory', column);
    if (count.value <= 0n || count.value > MAX_REPEAT) {
      throw new ExpressionError(`@ needs a number of 1 to ${MAX_REPEAT}`, column);
    }
    const element = value.object.type;
    const length = Number(count.value);
    const type: Type = { kind: 'array', origin: element.origin, element, length };
    return { object: value.object.cast(type), isLvalue: true };
  }

  #perCpu(syntax: Extract<Syntax, { kind: 'per-cpu' }>): Value {
    const value = this.valueOf(syntax.operand);
    const { value: cpu } = this.#operand(this.valueOf(syntax.cpu), syntax.cpu.column);
    if (!value.isLvalue) throw new ExpressionError('per_cpu needs a variable', syntax.column);
    const { object } = value;
    if (cpu < 0n || cpu > 65535n)
      throw new ExpressionError(`there is no CPU ${cpu}`, syntax.column);
    try {
      const address = this.#scope.perCpuAddress(object.address, Number(cpu));
      const moved = this.#at(object.type, address);
      return value.untyped === undefined ? moved : { ...moved, untyped: value.untyped };
    } catch (error) {
      if (error instanceof RangeError) throw new ExpressionError(error.message, syntax.cpu.column);
      throw error;
    }
  }

  #checkTyped(value: Value, column: number): void {
    if (value.untyped === undefined) return;
    throw new ExpressionError(untypedText(value.untyped), column);
  }

  #operand(value: Value, column: number): Operand {
    this.#checkTyped(value, column);
    const operand = operandOf(value);
    if (operand !== undefined) return operand;
    const what = declarationOf(value.object.type);
    throw new ExpressionError(`a number or pointer is needed, not ${what}`, column);
  }
}

/** What to do about a variable of which only the address is known. */
export function untypedText(name: string): string {
  return `the type of ${name} is not known; say it: (unsigned long)${name}, *(struct list_head *)&${name}, …`;
}

function membersLike(type: Type, name: string): string {
  const struct = structOf(type);
  const wanted = name.toLowerCase().replaceAll('_', '');
  const like = (struct?.members ?? [])
    .map((member) => member.name)
    .filter((each) => {
      const plain = each.toLowerCase().replaceAll('_', '');
      return plain !== '' && (plain.includes(wanted) || wanted.includes(plain));
    });
  if (wanted === '' || like.length === 0) return '';
  return `; there are ${like.slice(0, MAX_SUGGESTIONS).join(', ')}`;
}
