import type { Type, TypeTag } from '../types/type.ts';
import type { ProgramDebugInfo } from './debug-info.ts';

/** Pointers to pointers, structs in structs; deeper is damage. */
const MAX_DEPTH = 32;

/**
 * Types as DWARF has them where BTF tells less: pahole writes an array of arrays as one array
 * (`folios[4][2][5]` as `folios[40]`). Only what holds an array is asked for,
 * and only of parts whose debuginfo is there: looking a name up needs the index of names.
 */
export class ExactTypes {
  readonly #info: ProgramDebugInfo;
  readonly #known = new Map<Type, Type>();

  constructor(info: ProgramDebugInfo) {
    this.#info = info;
  }

  /** The same type by DWARF, else itself. */
  of(type: Type): Type {
    let exact = this.#known.get(type);
    if (exact === undefined) {
      exact = this.#find(type, 0);
      this.#known.set(type, exact);
    }
    return exact;
  }

  #find(type: Type, depth: number): Type {
    if (depth > MAX_DEPTH) return type;
    switch (type.kind) {
      case 'pointer': {
        const target = this.#find(type.target, depth + 1);
        return target === type.target ? type : { ...type, target };
      }
      case 'array': {
        const element = this.#find(type.element, depth + 1);
        return element === type.element ? type : { ...type, element };
      }
      case 'qualified': {
        const target = this.#find(type.target, depth + 1);
        return target === type.target ? type : { ...type, target };
      }
      case 'struct':
      case 'union':
        return (holdsArray(type, 0) ? this.#named(type.kind, type.name, type) : undefined) ?? type;
      case 'typedef':
        return (holdsArray(type, 0) ? this.#named('typedef', type.name, type) : undefined) ?? type;
      default:
        return type;
    }
  }

  #named(tag: TypeTag, name: string, type: Type): Type | undefined {
    const part = this.#info.parts.find(
      (each) => type.origin === (each.name === 'vmlinux' ? 'BTF' : `BTF:${each.name}`),
    );
    if (part === undefined || name === '') return undefined;
    // Units may define a name each their own way.
    return this.#info
      .typesOf(part)
      .findTypes(tag, name)
      .find((each) => isSameLayout(each, type, 0));
  }
}

/** In itself or in what is embedded in it; not behind pointers. */
function holdsArray(type: Type, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (type.kind === 'array') return true;
  if (type.kind === 'typedef' || type.kind === 'qualified') {
    return holdsArray(type.target, depth + 1);
  }
  if (type.kind !== 'struct' && type.kind !== 'union') return false;
  return type.members.some((member) => holdsArray(member.type, depth + 1));
}

/** Size, names and places of members; arrays only by what they hold in all. */
function isSameLayout(a: Type, b: Type, depth: number): boolean {
  const [first, second] = [plain(a), plain(b)];
  if (depth > MAX_DEPTH || first.kind !== second.kind) return false;
  if (first.kind === 'array' && second.kind === 'array') {
    return elementsOf(first) === elementsOf(second);
  }
  if (first.kind !== 'struct' && first.kind !== 'union') return true;
  if (second.kind !== 'struct' && second.kind !== 'union') return false;
  return (
    first.size === second.size &&
    first.incomplete === second.incomplete &&
    first.members.length === second.members.length &&
    first.members.every((member, i) => {
      const other = second.members[i]!;
      return (
        member.name === other.name &&
        member.bitOffset === other.bitOffset &&
        member.bitSize === other.bitSize &&
        isSameLayout(member.type, other.type, depth + 1)
      );
    })
  );
}

function plain(type: Type): Type {
  let at = type;
  while (at.kind === 'typedef' || at.kind === 'qualified') at = at.target;
  return at;
}

function elementsOf(type: Type): number {
  const at = plain(type);
  return at.kind === 'array' ? at.length * elementsOf(at.element) : 1;
}
