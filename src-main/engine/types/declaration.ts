import { displayBaseName } from './base-names.ts';
import type { EnumType, FunctionType, Type } from './type.ts';

/** Deeper than any kernel declaration; damaged type information may contain itself. */
const MAX_DEPTH = 64;
/** Types and enumerators named in one declaration: a self-containing one may branch, too. */
const MAX_PARTS = 500;

/**
 * A C declaration on one line, as gdb writes it: `struct list_head *next`, `int (*fn)(void *, int)`,
 * `char comm[16]`. Without a name the type's name. Bodies of anonymous structs are `{...}`.
 */
export function declarationOf(type: Type, name = ''): string {
  return declare(type, name, { depth: 0, zeroArray: '[0]', budget: { parts: MAX_PARTS } });
}

/** As a member is declared: arrays without a length are `[]` at the end of a struct. */
export function memberDeclaration(type: Type, name: string, isLast: boolean): string {
  const zeroArray = isLast ? '[]' : '[0]';
  return declare(type, name, { depth: 0, zeroArray, budget: { parts: MAX_PARTS } });
}

interface Style {
  readonly depth: number;
  /** BTF gives length 0 to `a[0]` and to `a[]` alike. */
  readonly zeroArray: string;
  readonly budget: { parts: number };
}

/** C declarators read inside out: `inner` is the name with what is around it so far. */
function declare(type: Type, inner: string, style: Style): string {
  if (style.depth > MAX_DEPTH || style.budget.parts-- <= 0) return joined('...', inner);
  const deeper = { ...style, depth: style.depth + 1 };
  switch (type.kind) {
    case 'pointer':
      return declarePointer(type.target, `*${inner}`, deeper);
    case 'array': {
      const length = type.length === 0 ? style.zeroArray : `[${type.length}]`;
      return declare(type.element, `${inner}${length}`, deeper);
    }
    case 'function':
      return declare(type.result, `${inner}(${parametersOf(type, deeper)})`, deeper);
    case 'qualified':
      return declareQualified(type, inner, deeper);
    case 'void':
    case 'int':
    case 'float':
    case 'enum':
    case 'struct':
    case 'union':
    case 'typedef':
      return joined(specifierOf(type), inner);
  }
}

function declarePointer(target: Type, inner: string, style: Style): string {
  const binds = target.kind === 'array' || target.kind === 'function';
  return declare(target, binds ? `(${inner})` : inner, style);
}

function declareQualified(
  type: Extract<Type, { kind: 'qualified' }>,
  inner: string,
  style: Style,
): string {
  const qualifiers = new Set<string>();
  let target: Type = type;
  for (let i = 0; target.kind === 'qualified' && i < MAX_DEPTH; i++) {
    qualifiers.add(target.qualifier);
    target = target.target;
  }
  const words = ['const', 'volatile', 'restrict'].filter((word) => qualifiers.has(word)).join(' ');
  if (target.kind === 'pointer') {
    return declarePointer(target.target, `* ${words}${inner === '' ? '' : ` ${inner}`}`, style);
  }
  if (target.kind === 'array') {
    // A qualified array is an array of qualified elements.
    const element: Type = { ...type, target: target.element };
    return declare({ ...target, element }, inner, style);
  }
  return `${words} ${declare(target, inner, style)}`;
}

function joined(specifier: string, inner: string): string {
  return inner === '' ? specifier : `${specifier} ${inner}`;
}

function specifierOf(
  type: Extract<Type, { kind: 'void' | 'int' | 'float' | 'enum' | 'struct' | 'union' | 'typedef' }>,
): string {
  switch (type.kind) {
    case 'void':
      return 'void';
    case 'int':
    case 'float':
      return displayBaseName(type.name);
    case 'typedef':
      return type.name;
    case 'enum':
      return type.name === '' ? `enum ${enumBody(type)}` : `enum ${type.name}`;
    case 'struct':
    case 'union':
      return type.name === '' ? `${type.kind} {...}` : `${type.kind} ${type.name}`;
  }
}

/** `{A, B, C = 5}`: values only where they do not follow from the one before. */
function enumBody(type: EnumType): string {
  let next = 0n;
  const parts = type.enumerators.slice(0, MAX_PARTS).map(({ name, value }) => {
    const text = value === next ? name : `${name} = ${value}`;
    next = value + 1n;
    return text;
  });
  if (type.enumerators.length > MAX_PARTS) parts.push('...');
  return `{${parts.join(', ')}}`;
}

function parametersOf(type: FunctionType, style: Style): string {
  const parts = type.parameters
    .slice(0, MAX_PARTS)
    .map((parameter) => declare(parameter.type, '', style));
  if (type.variadic) parts.push('...');
  return parts.length === 0 ? 'void' : parts.join(', ');
}
