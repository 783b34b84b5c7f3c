import { tryRead } from '../base/fault.ts';
import { resolveTypedef } from '../types/layout.ts';
import type { Type, TypeTag } from '../types/type.ts';
import type { ProgramDebugInfo } from './debug-info.ts';

/** Pointers to pointers, structs in structs; deeper is damage. */
const MAX_DEPTH = 32;
/** Types embedded in one, and members compared for one; `struct rq` has some thousand. */
const MAX_EMBEDDED = 20_000;
const MAX_COMPARED = 100_000;

/**
 * Types as DWARF has them where BTF tells less: pahole writes an array of arrays as one array
 * (`folios[4][2][5]` as `folios[40]`). Only what holds an array is asked for,
 * and only of parts whose debuginfo is there: looking a name up needs the index of names.
 */
export class ExactTypes {
  readonly #info: ProgramDebugInfo;
  readonly #known = new Map<Type, Type>();
  readonly #holdsArrays = new Map<Type, boolean>();

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
        return (
          (this.#holdsArray(type) ? this.#named(type.kind, type.name, type) : undefined) ?? type
        );
      case 'typedef':
        return (
          (this.#holdsArray(type) ? this.#named('typedef', type.name, type) : undefined) ?? type
        );
      default:
        return type;
    }
  }

  #named(tag: TypeTag, name: string, type: Type): Type | undefined {
    const part = this.#info.parts.find(
      (each) => type.origin === (each.name === 'vmlinux' ? 'BTF' : `BTF:${each.name}`),
    );
    if (part === undefined || name === '') return undefined;
    const budget = { members: MAX_COMPARED };
    // Units may define a name each their own way.
    return this.#info
      .typesOf(part)
      .findTypes(tag, name)
      .find((each) => isSameLayout(each, type, budget));
  }

  /** In itself or in what is embedded in it, each type once; not behind pointers. */
  #holdsArray(type: Type): boolean {
    const seen = new Set([type]);
    // What is added while it is gone over comes, too.
    for (const at of seen) {
      const known = this.#holdsArrays.get(at);
      if (at.kind === 'array' || known === true) {
        this.#holdsArrays.set(type, true);
        return true;
      }
      if (known === false) continue;
      if (at.kind === 'typedef' || at.kind === 'qualified') seen.add(at.target);
      else if (at.kind === 'struct' || at.kind === 'union') {
        for (const member of at.members) seen.add(member.type);
      }
      if (seen.size > MAX_EMBEDDED) return false;
    }
    for (const at of seen) this.#holdsArrays.set(at, false);
    return false;
  }
}

/**
 * Size, names and places of members; arrays only by what they hold in all. Pairs of types are compared
 * once: in damaged types one may be embedded in another any number of times, or in itself.
 * @param budget members that may still be compared; with none left the answer is no
 */
function isSameLayout(a: Type, b: Type, budget: { members: number }): boolean {
  const seen = new Map<Type, Set<Type>>();
  const pairs: [Type, Type][] = [[a, b]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [first, second] = pair.map((type) => tryRead(() => resolveTypedef(type)));
    if (first === undefined || second === undefined || first.kind !== second.kind) return false;
    if (first.kind === 'array') {
      const elements = elementsOf(first);
      if (elements === undefined || elements !== elementsOf(second)) return false;
    }
    if (first.kind !== 'struct' && first.kind !== 'union') continue;
    if (second.kind !== 'struct' && second.kind !== 'union') return false;
    const others = seen.get(first) ?? new Set();
    if (others.has(second)) continue;
    seen.set(first, others.add(second));
    if (
      first.size !== second.size ||
      first.incomplete !== second.incomplete ||
      first.members.length !== second.members.length
    ) {
      return false;
    }
    for (const [i, member] of first.members.entries()) {
      const other = second.members[i]!;
      if (
        budget.members-- <= 0 ||
        member.name !== other.name ||
        member.bitOffset !== other.bitOffset ||
        member.bitSize !== other.bitSize
      ) {
        return false;
      }
      pairs.push([member.type, other.type]);
    }
  }
  return true;
}

/** Of arrays of arrays in all; undefined for an endless chain. */
function elementsOf(type: Type): number | undefined {
  let elements = 1;
  let at = tryRead(() => resolveTypedef(type));
  for (let i = 0; at?.kind === 'array'; i++) {
    if (i === MAX_DEPTH) return undefined;
    const { element } = at;
    elements *= at.length;
    at = tryRead(() => resolveTypedef(element));
  }
  return at && elements;
}
