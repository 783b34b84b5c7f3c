/**
 * A value a register or stack slot holds, as far as a function's instructions tell. Values that are
 * equal have one id within a {@link CodeValues}; id 0 is any value.
 */
export type CodeValue =
  /** What a register held when the function was entered. */
  | { readonly kind: 'entry'; readonly register: number }
  /** CFA + offset. */
  | { readonly kind: 'stack'; readonly offset: number }
  | { readonly kind: 'constant'; readonly value: bigint }
  /** Not known, but the same in every place that has it: copied by the instruction at the offset. */
  | { readonly kind: 'copied'; readonly at: number }
  | { readonly kind: 'sum'; readonly of: number; readonly add: bigint }
  /** The low bits of another value, extended to 64. */
  | {
      readonly kind: 'extended';
      readonly of: number;
      readonly bits: number;
      readonly sign: boolean;
    };

export const UNKNOWN = 0;

/** Keeps one id for equal values, so that states compare by numbers. */
export class CodeValues {
  readonly #values: (CodeValue | undefined)[] = [undefined];
  readonly #ids = new Map<string, number>();

  /** Undefined for {@link UNKNOWN}. */
  get(id: number): CodeValue | undefined {
    return this.#values[id];
  }

  entry(register: number): number {
    return this.#intern(`e${register}`, { kind: 'entry', register });
  }

  stack(offset: number): number {
    return this.#intern(`s${offset}`, { kind: 'stack', offset });
  }

  constant(value: bigint): number {
    const wrapped = BigInt.asUintN(64, value);
    return this.#intern(`c${wrapped}`, { kind: 'constant', value: wrapped });
  }

  copied(at: number): number {
    return this.#intern(`d${at}`, { kind: 'copied', at });
  }

  sum(of: number, add: bigint): number {
    const value = this.#values[of];
    if (value === undefined) return UNKNOWN;
    const signed = BigInt.asIntN(64, add);
    switch (value.kind) {
      case 'constant':
        return this.constant(value.value + signed);
      case 'stack': {
        const offset = BigInt(value.offset) + signed;
        const small = offset > -(1n << 31n) && offset < 1n << 31n;
        return small ? this.stack(Number(offset)) : UNKNOWN;
      }
      case 'sum':
        return this.sum(value.of, value.add + signed);
      default:
        if (signed === 0n) return of;
        return this.#intern(`+${of},${signed}`, { kind: 'sum', of, add: signed });
    }
  }

  extended(of: number, bits: number, sign: boolean): number {
    const value = this.#values[of];
    if (value === undefined) return UNKNOWN;
    if (value.kind === 'constant') {
      return this.constant(
        sign ? BigInt.asIntN(bits, value.value) : BigInt.asUintN(bits, value.value),
      );
    }
    const key = `x${of},${bits},${sign}`;
    return this.#intern(key, { kind: 'extended', of, bits, sign });
  }

  /** CFA - the stack address it is; undefined when it is none. */
  depth(id: number): number | undefined {
    const value = this.#values[id];
    return value?.kind === 'stack' ? -value.offset : undefined;
  }

  /** The value is, or was computed from, the other one. */
  restsOn(id: number, other: number): boolean {
    for (let value = id; ;) {
      if (value === other) return true;
      const computed = this.#values[value];
      if (computed?.kind !== 'sum' && computed?.kind !== 'extended') return false;
      value = computed.of;
    }
  }

  #intern(key: string, value: CodeValue): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#values.push(value) - 1;
    this.#ids.set(key, id);
    return id;
  }
}
