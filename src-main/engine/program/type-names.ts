import { FaultError } from '../base/fault.ts';
import { parseTypeName } from '../types/type-name.ts';
import type { TypeFinderChain } from '../types/finder-chain.ts';
import type { Type } from '../types/type.ts';

/** Types by C name, each parsed and looked up once: the same names are asked for all the time. */
export class TypeNames {
  readonly #chain: TypeFinderChain;
  readonly #known = new Map<string, Type | undefined>();

  constructor(chain: TypeFinderChain) {
    this.#chain = chain;
  }

  /** What was missed may be found now: a finder joined the chain. */
  forget(): void {
    this.#known.clear();
  }

  find(name: string): Type | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    const type = parseTypeName(this.#chain, name);
    this.#known.set(name, type);
    return type;
  }

  /** @throws FaultError `unknown-type` */
  require(name: string): Type {
    const type = this.find(name);
    if (type !== undefined) return type;
    throw new FaultError({ kind: 'unknown-type', name, asked: this.#chain.finderNames });
  }
}
