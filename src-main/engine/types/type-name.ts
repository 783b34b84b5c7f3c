import { baseNameSpellings, isBaseWord, shortBaseName } from './base-names.ts';
import type { QualifiedType, Type, TypeFinder } from './type.ts';

const QUALIFIERS: Readonly<Record<string, QualifiedType['qualifier']>> = {
  const: 'const',
  volatile: 'volatile',
  restrict: 'restrict',
  __restrict: 'restrict',
};
/** Longer is no type name, and deeper nesting of declarators neither. */
const MAX_LENGTH = 1000;
const MAX_DEPTH = 20;
const POINTER_SIZE = 8;
const ORIGIN = 'C';

/**
 * Type of a C type name: `struct list_head`, `unsigned long`, `u64[4]`, `const struct file *`,
 * `void (*)(struct work_struct *)`. Derived types (pointers, arrays) are made here; named ones come
 * from the finder. Undefined when it is no type name or a name in it is not known.
 */
export function parseTypeName(finder: TypeFinder, text: string): Type | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const parser = new TypeNameParser(finder, tokens);
  const type = parser.typeName(0);
  return parser.atEnd ? type : undefined;
}

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  for (const match of text.matchAll(
    /\s+|([A-Za-z_][A-Za-z_0-9]*|0[xX][0-9a-fA-F]+|[0-9]+|\.\.\.|[*()[\],])|(.)/g,
  )) {
    if (match[2] !== undefined) return undefined;
    if (match[1] !== undefined) tokens.push(match[1]);
  }
  return tokens;
}

/** What a declarator makes of the type in front of it. */
type Wrap = (type: Type) => Type | undefined;

class TypeNameParser {
  readonly #finder: TypeFinder;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(finder: TypeFinder, tokens: readonly string[]) {
    this.#finder = finder;
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  typeName(depth: number): Type | undefined {
    const qualifiers = this.#qualifiers();
    let type = this.#specifier();
    if (type === undefined) return undefined;
    for (const qualifier of [...qualifiers, ...this.#qualifiers()].reverse()) {
      type = { kind: 'qualified', origin: ORIGIN, qualifier, target: type };
    }
    return this.#declarator(depth)?.(type);
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #accept(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #qualifiers(): QualifiedType['qualifier'][] {
    const found: QualifiedType['qualifier'][] = [];
    for (;;) {
      const token = this.#peek();
      const qualifier =
        token !== undefined && Object.hasOwn(QUALIFIERS, token) ? QUALIFIERS[token] : undefined;
      if (qualifier === undefined) return found;
      found.push(qualifier);
      this.#at++;
    }
  }

  #specifier(): Type | undefined {
    const word = this.#peek();
    if (word === undefined || !/^[A-Za-z_]/.test(word)) return undefined;
    this.#at++;
    if (word === 'struct' || word === 'union' || word === 'enum') {
      const name = this.#tokens[this.#at++];
      return name === undefined ? undefined : this.#finder.findType(word, name);
    }
    if (!isBaseWord(word)) {
      return this.#finder.findType('typedef', word) ?? this.#finder.findType('base', word);
    }
    const words = [word];
    for (let next = this.#peek(); next !== undefined && isBaseWord(next); next = this.#peek()) {
      words.push(next);
      this.#at++;
    }
    return this.#baseType(words);
  }

  #baseType(words: readonly string[]): Type | undefined {
    const short = shortBaseName(words);
    if (short === undefined) return undefined;
    if (short === 'void') return { kind: 'void', origin: ORIGIN };
    for (const name of baseNameSpellings(short)) {
      const type = this.#finder.findType('base', name);
      if (type !== undefined) return type;
    }
    return undefined;
  }

  #declarator(depth: number): Wrap | undefined {
    if (depth > MAX_DEPTH) return undefined;
    if (this.#accept('*')) {
      const qualifiers = this.#qualifiers().reverse();
      const rest = this.#declarator(depth + 1);
      return rest && ((type) => rest(pointerTo(type, qualifiers)));
    }
    let inner: Wrap | undefined;
    // `(` opens a nested declarator only before `*` or another one; else it is a parameter list.
    if (this.#peek() === '(' && ['*', '('].includes(this.#tokens[this.#at + 1] ?? '')) {
      this.#at++;
      inner = this.#declarator(depth + 1);
      if (inner === undefined || !this.#accept(')')) return undefined;
    }
    const suffix = this.#suffixes(depth);
    if (suffix === undefined) return undefined;
    return (type) => {
      const suffixed = suffix(type);
      return suffixed && (inner === undefined ? suffixed : inner(suffixed));
    };
  }

  #suffixes(depth: number): Wrap | undefined {
    if (depth > MAX_DEPTH) return undefined;
    if (this.#accept('[')) {
      const digits = this.#accept(']') ? '0' : this.#tokens[this.#at++];
      if (digits === undefined || !/^[0-9]/.test(digits)) return undefined;
      if (this.#tokens[this.#at - 1] !== ']' && !this.#accept(']')) return undefined;
      const length = Number(digits);
      const rest = this.#suffixes(depth + 1);
      if (rest === undefined || !Number.isSafeInteger(length)) return undefined;
      // `a[2][3]` is an array of 2 arrays of 3: what follows applies first.
      return (type) => {
        const element = rest(type);
        return element && { kind: 'array', origin: ORIGIN, element, length };
      };
    }
    return this.#accept('(') ? this.#parameters(depth) : (type) => type;
  }

  #parameters(depth: number): Wrap | undefined {
    const parameters: { name: string; type: Type }[] = [];
    let variadic = false;
    while (!this.#accept(')')) {
      if (this.#accept('...')) variadic = true;
      else {
        const type = this.typeName(depth + 1);
        if (type === undefined) return undefined;
        if (type.kind !== 'void') parameters.push({ name: '', type });
      }
      if (!this.#accept(',') && this.#peek() !== ')') return undefined;
    }
    return (result) => ({ kind: 'function', origin: ORIGIN, result, parameters, variadic });
  }
}

function pointerTo(target: Type, qualifiers: readonly QualifiedType['qualifier'][]): Type {
  let type: Type = { kind: 'pointer', origin: ORIGIN, size: POINTER_SIZE, target };
  for (const qualifier of qualifiers)
    type = { kind: 'qualified', origin: ORIGIN, qualifier, target: type };
  return type;
}
