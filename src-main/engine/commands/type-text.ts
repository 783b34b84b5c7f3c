import { displayBaseName } from '../types/base-names.ts';
import type { Type } from '../types/type.ts';

/**
 * C declaration of a type around a name, e.g. `void (*handler)(int)`; an empty name gives the type
 * alone. Anonymous structs show as `struct {…}`.
 */
export function declarationText(type: Type, name = ''): string {
  switch (type.kind) {
    case 'void':
      return join('void', name);
    case 'int':
    case 'float':
      return join(displayBaseName(type.name), name);
    case 'typedef':
      return join(type.name, name);
    case 'enum':
    case 'struct':
    case 'union':
      return join(type.name === '' ? `${type.kind} {...}` : `${type.kind} ${type.name}`, name);
    case 'qualified': {
      if (type.target.kind === 'pointer') {
        return declarationText(type.target, `${type.qualifier} ${name}`.trimEnd());
      }
      return `${type.qualifier} ${declarationText(type.target, name)}`;
    }
    case 'pointer': {
      const { kind } = type.target;
      const inner = `*${name}`;
      return declarationText(
        type.target,
        kind === 'array' || kind === 'function' ? `(${inner})` : inner,
      );
    }
    case 'array': {
      // a type alone is written with a blank before its dimensions: `char [16]`
      const dimension = `[${type.length === 0 ? '' : type.length}]`;
      return declarationText(type.element, `${name}${dimension}`);
    }
    case 'function': {
      const parameters = type.parameters.map((parameter) => declarationText(parameter.type));
      if (type.variadic) parameters.push('...');
      const list = parameters.length === 0 ? 'void' : parameters.join(', ');
      return declarationText(type.result, `${name}(${list})`);
    }
  }
}

function join(type: string, name: string): string {
  return name === '' ? type : `${type} ${name}`;
}
