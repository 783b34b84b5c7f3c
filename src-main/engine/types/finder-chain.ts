import { FaultError } from '../base/fault.ts';
import type { Enumerator, FunctionType, Type, TypeFinder, TypeTag } from './type.ts';

/** Asks its finders in order; the first complete answer wins, else the first answer. */
export class TypeFinderChain implements TypeFinder {
  readonly name = 'types';
  readonly #finders: TypeFinder[] = [];

  constructor(finders: Iterable<TypeFinder> = []) {
    for (const finder of finders) this.add(finder);
  }

  /** Names of the finders, in the order in which they are asked. */
  get finderNames(): readonly string[] {
    return this.#finders.map((finder) => finder.name);
  }

  /** @param before name of the finder to go in front of; at the end when absent or not there */
  add(finder: TypeFinder, before?: string): void {
    const at = before === undefined ? -1 : this.#finders.findIndex((f) => f.name === before);
    if (at < 0) this.#finders.push(finder);
    else this.#finders.splice(at, 0, finder);
  }

  findType(tag: TypeTag, name: string): Type | undefined {
    let incomplete: Type | undefined;
    for (const finder of this.#finders) {
      const type = finder.findType(tag, name);
      if (type === undefined) continue;
      if (!((type.kind === 'struct' || type.kind === 'union') && type.incomplete)) return type;
      incomplete ??= type;
    }
    return incomplete;
  }

  /** @throws FaultError `unknown-type`, listing who was asked */
  typeNamed(tag: TypeTag, name: string): Type {
    const type = this.findType(tag, name);
    if (type !== undefined) return type;
    const shown = tag === 'typedef' || tag === 'base' ? name : `${tag} ${name}`;
    throw new FaultError({ kind: 'unknown-type', name: shown, asked: this.finderNames });
  }

  findVariableType(name: string): Type | undefined {
    return firstOf(this.#finders, (finder) => finder.findVariableType(name));
  }

  findFunctionType(name: string): FunctionType | undefined {
    return firstOf(this.#finders, (finder) => finder.findFunctionType(name));
  }

  findEnumerator(name: string): Enumerator | undefined {
    return firstOf(this.#finders, (finder) => finder.findEnumerator?.(name));
  }

  *iterateTypedVariables(): Generator<{ readonly name: string; readonly type: Type }> {
    for (const finder of this.#finders) yield* finder.iterateTypedVariables?.() ?? [];
  }

  /** Each name once. */
  *iterateNames(): Generator<{ readonly tag: TypeTag; readonly name: string }> {
    const seen = new Set<string>();
    for (const finder of this.#finders) {
      for (const entry of finder.iterateNames()) {
        const key = `${entry.tag} ${entry.name}`;
        if (seen.has(key)) continue;
        seen.add(key);
        yield entry;
      }
    }
  }
}

function firstOf<T>(
  finders: readonly TypeFinder[],
  ask: (finder: TypeFinder) => T | undefined,
): T | undefined {
  for (const finder of finders) {
    const answer = ask(finder);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
