import type { CodeValues } from './code-values.ts';

/** How a value was computed from another one: it is the other one plus `add`, in its low `bits`. */
export interface Kept {
  readonly add: bigint;
  readonly bits: number;
}

/** What a value tells of the other one; undefined where it was not computed from it. */
export function keptOf(values: CodeValues, id: number, other: number): Kept | undefined {
  let add = 0n;
  let bits = 64;
  for (let at = id; ;) {
    if (at === other) return { add, bits };
    const value = values.get(at);
    if (value?.kind === 'sum') add += value.add;
    else if (value?.kind === 'extended') bits = Math.min(bits, value.bits);
    else return undefined;
    at = value.of;
  }
}
