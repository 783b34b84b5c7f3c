import { isBaseWord } from '../../types/base-names.ts';
import { ExpressionError } from './expression-error.ts';
import type { BinaryOperator, Syntax, UnaryOperator } from './syntax.ts';
import { tokensOf, type Token } from './token.ts';

/** Parentheses, operators and casts inside each other. */
const MAX_DEPTH = 100;

/** C's precedences, and gdb's `@` (an array of that many), which binds looser than `+`. */
const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '<=': 7,
  '>': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '@': 9,
  '+': 10,
  '-': 10,
  '*': 11,
  '/': 11,
  '%': 11,
};
const UNARY: ReadonlySet<string> = new Set(['-', '+', '!', '~', '*', '&']);
const WRITES: ReadonlySet<string> = new Set([
  '=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '<<=',
  '>>=',
  '++',
  '--',
]);
const TAGS: ReadonlySet<string> = new Set(['struct', 'union', 'enum']);
const QUALIFIERS: ReadonlySet<string> = new Set(['const', 'volatile', 'restrict']);

/**
 * Parses a C expression over kernel objects. Beyond C: gdb's `a @ n`, `{type} address`, `$1` and
 * `function::variable`;
 * `offsetof(type, member)`, `container_of(pointer, type, member)`, `per_cpu(variable, cpu)`.
 * @param isTypeName whether a name that is no keyword names a type
 * @throws ExpressionError
 */
export function parseExpression(text: string, isTypeName: (name: string) => boolean): Syntax {
  return new ExpressionParser(text, isTypeName).whole();
}

class ExpressionParser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #isTypeName: (name: string) => boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, isTypeName: (name: string) => boolean) {
    this.#text = text;
    this.#tokens = tokensOf(text);
    this.#isTypeName = isTypeName;
  }

  whole(): Syntax {
    const syntax = this.#expression();
    const rest = this.#token();
    if (rest.kind !== 'end') throw this.#unexpected(rest, 'an operator or the end');
    return syntax;
  }

  #expression(): Syntax {
    return this.#nested(() => {
      const condition = this.#binary(0);
      const question = this.#accept('?');
      if (question === undefined) return condition;
      const whenTrue = this.#expression();
      this.#expect(':', 'of `? :`');
      const whenFalse = this.#expression();
      return { kind: 'conditional', condition, whenTrue, whenFalse, column: question.column };
    });
  }

  #binary(least: number): Syntax {
    let left = this.#unary();
    for (;;) {
      const token = this.#token();
      const operator = binaryOperator(token);
      if (operator === undefined || PRECEDENCE[operator] <= least) return left;
      this.#at++;
      const right = this.#nested(() => this.#binary(PRECEDENCE[operator]));
      left = { kind: 'binary', operator, left, right, column: token.column };
    }
  }

  #unary(): Syntax {
    return this.#nested(() => {
      const token = this.#token();
      const { column } = token;
      if (token.kind === 'operator' && UNARY.has(token.text)) {
        this.#at++;
        return {
          kind: 'unary',
          operator: token.text as UnaryOperator,
          operand: this.#unary(),
          column,
        };
      }
      if (token.kind === 'operator' && token.text === '--') {
        // C would decrement; nobody writes that to a dump, and `--1` is what is left.
        throw new ExpressionError('a dump cannot be written to', column);
      }
      if (token.kind === 'operator' && token.text === '(' && this.#startsType(this.#at + 1)) {
        this.#at++;
        const typeName = this.#typeName(')');
        this.#expect(')', 'after the type of a cast');
        return { kind: 'cast', typeName, operand: this.#unary(), column };
      }
      if (token.kind === 'operator' && token.text === '{') {
        this.#at++;
        const typeName = this.#typeName('}');
        this.#expect('}', 'after the type');
        const pointer: Syntax = {
          kind: 'cast',
          typeName: `${typeName} *`,
          operand: this.#unary(),
          column,
        };
        return { kind: 'unary', operator: '*', operand: pointer, column };
      }
      if (token.kind === 'name' && token.text === 'sizeof') return this.#sizeof();
      return this.#postfix(this.#primary());
    });
  }

  #sizeof(): Syntax {
    const { column } = this.#next();
    if (this.#token().text === '(' && this.#startsType(this.#at + 1)) {
      this.#at++;
      const typeName = this.#typeName(')');
      this.#expect(')', 'of sizeof');
      return { kind: 'sizeof-type', typeName, column };
    }
    return { kind: 'sizeof', operand: this.#unary(), column };
  }

  #postfix(first: Syntax): Syntax {
    let object = first;
    for (;;) {
      const token = this.#token();
      if (token.kind !== 'operator') return object;
      const { column } = token;
      if (token.text === '.' || token.text === '->') {
        this.#at++;
        const name = this.#token();
        if (name.kind !== 'name') throw this.#unexpected(name, 'the name of a member');
        this.#at++;
        // A name may not hold dots here: `a.part` is a member.
        for (const [i, part] of name.text.split('.').entries()) {
          object = { kind: 'member', object, name: part, column: i === 0 ? name.column : column };
        }
      } else if (token.text === '[') {
        this.#at++;
        const index = this.#expression();
        this.#expect(']', 'after the index');
        object = { kind: 'index', object, index, column };
      } else if (token.text === '(') {
        throw new ExpressionError('functions cannot be called in a dump', column);
      } else if (WRITES.has(token.text)) {
        throw new ExpressionError('a dump cannot be written to', column);
      } else return object;
    }
  }

  #primary(): Syntax {
    const token = this.#token();
    const { column } = token;
    if (token.kind === 'number') {
      this.#at++;
      return { kind: 'number', value: token.value, typeName: token.typeName, column };
    }
    if (token.kind === 'history') {
      this.#at++;
      return { kind: 'history', name: token.text, column };
    }
    if (token.kind === 'operator' && token.text === '(') {
      this.#at++;
      const inner = this.#expression();
      this.#expect(')', 'that closes the parenthesis');
      return inner;
    }
    if (token.kind !== 'name') throw this.#unexpected(token, 'a name, a number or `(`');
    if (this.#tokens[this.#at + 1]?.text === '(') {
      const builtIn = this.#builtIn(token.text);
      if (builtIn !== undefined) return builtIn;
    }
    if (this.#startsType(this.#at) && isKeyword(token.text)) {
      throw new ExpressionError(
        'a type stands in parentheses: `(type) value`, `sizeof(type)`',
        column,
      );
    }
    this.#at++;
    if (this.#accept('::') === undefined) return { kind: 'name', name: token.text, column };
    const name = this.#next();
    if (name.kind !== 'name') throw this.#unexpected(name, 'the name of a static variable');
    return { kind: 'static-local', function: token.text, name: name.text, column };
  }

  #builtIn(name: string): Syntax | undefined {
    const { column } = this.#token();
    switch (name) {
      case 'offsetof': {
        this.#at += 2;
        const typeName = this.#typeName(',');
        this.#expect(',', 'of offsetof(type, member)');
        const path = this.#path();
        this.#expect(')', 'of offsetof(type, member)');
        return { kind: 'offsetof', typeName, path, column };
      }
      case 'container_of': {
        this.#at += 2;
        const operand = this.#expression();
        this.#expect(',', 'of container_of(pointer, type, member)');
        const typeName = this.#typeName(',');
        this.#expect(',', 'of container_of(pointer, type, member)');
        const path = this.#path();
        this.#expect(')', 'of container_of(pointer, type, member)');
        return { kind: 'container-of', operand, typeName, path, column };
      }
      case 'per_cpu': {
        this.#at += 2;
        const operand = this.#expression();
        this.#expect(',', 'of per_cpu(variable, cpu)');
        const cpu = this.#expression();
        this.#expect(')', 'of per_cpu(variable, cpu)');
        return { kind: 'per-cpu', operand, cpu, column };
      }
      case 'per_cpu_ptr': {
        this.#at += 2;
        const pointer = this.#expression();
        this.#expect(',', 'of per_cpu_ptr(pointer, cpu)');
        const cpu = this.#expression();
        this.#expect(')', 'of per_cpu_ptr(pointer, cpu)');
        const operand: Syntax = { kind: 'unary', operator: '*', operand: pointer, column };
        const object: Syntax = { kind: 'per-cpu', operand, cpu, column };
        return { kind: 'unary', operator: '&', operand: object, column };
      }
      default:
        return undefined;
    }
  }

  /** Member path up to `)`: names, dots and constant indexes. */
  #path(): string {
    const first = this.#token();
    let end = first.end;
    const start = first.column - 1;
    while (this.#token().kind !== 'end' && this.#token().text !== ')') end = this.#next().end;
    const path = this.#text.slice(start, end).replaceAll(/\s/g, '');
    if (path === '') throw this.#unexpected(first, 'the name of a member');
    return path;
  }

  /** Whether the token begins a type's name. */
  #startsType(at: number): boolean {
    const token = this.#tokens[at];
    if (token?.kind !== 'name') return false;
    return isKeyword(token.text) || this.#isTypeName(token.text);
  }

  /** The text of a type's name, up to `closing` outside of its own parentheses. */
  #typeName(closing: string): string {
    const first = this.#token();
    if (!this.#startsType(this.#at)) throw this.#unexpected(first, 'the name of a type');
    let depth = 0;
    let end = first.end;
    for (;;) {
      const token = this.#token();
      if (token.kind === 'end') throw this.#unexpected(token, `\`${closing}\` after the type`);
      if (depth === 0 && token.text === closing) break;
      if (token.text === '(' || token.text === '[') depth++;
      if (token.text === ')' || token.text === ']') depth--;
      if (depth < 0) throw this.#unexpected(token, `\`${closing}\` after the type`);
      end = token.end;
      this.#at++;
    }
    return this.#text.slice(first.column - 1, end);
  }

  #token(): Token {
    return this.#tokens[this.#at] ?? this.#tokens.at(-1)!;
  }

  #next(): Token {
    const token = this.#token();
    this.#at++;
    return token;
  }

  #accept(text: string): Token | undefined {
    const token = this.#token();
    return token.kind === 'operator' && token.text === text ? this.#next() : undefined;
  }

  #expect(text: string, why: string): void {
    if (this.#accept(text) === undefined)
      throw this.#unexpected(this.#token(), `\`${text}\` ${why}`);
  }

  #unexpected(token: Token, expected: string): ExpressionError {
    if (WRITES.has(token.text)) {
      return new ExpressionError('a dump cannot be written to', token.column);
    }
    const found = token.kind === 'end' ? 'the end' : `\`${token.text}\``;
    return new ExpressionError(`expected ${expected}, found ${found}`, token.column);
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH * 4) {
      throw new ExpressionError('the expression is nested too deeply', this.#token().column);
    }
    const result = parse();
    this.#depth--;
    return result;
  }
}

function binaryOperator(token: Token): BinaryOperator | undefined {
  if (token.kind !== 'operator') return undefined;
  return Object.hasOwn(PRECEDENCE, token.text) ? (token.text as BinaryOperator) : undefined;
}

function isKeyword(word: string): boolean {
  return isBaseWord(word) || TAGS.has(word) || QUALIFIERS.has(word);
}
