/**
 * How the members of a struct or union lie (`struct --layout`). An anonymous struct or union counts
 * as one member.
 */
export interface StructLayout {
  readonly members: number;
  /** Bytes of the members that are no bit fields. */
  readonly memberBytes: number;
  readonly bitFieldBits: number;
  /** Ascending. Of a union none: its members lie over each other. */
  readonly gaps: readonly LayoutGap[];
  /** Padding at the end of structs that are members: how many of them have some, bytes of all. */
  readonly innerPadding: { readonly count: number; readonly bytes: number };
}

/** Bytes of a struct that no member has. */
export interface LayoutGap {
  /** Between members, or behind the last one. */
  readonly kind: 'hole' | 'padding';
  /** From the start of the struct. */
  readonly bitOffset: number;
  readonly bits: number;
  /** Bits of a bit field's storage unit that no member uses; whole bytes otherwise. */
  readonly inBitField: boolean;
  /** Index of the member it lies behind; -1 in front of the first. */
  readonly after: number;
}

/** Bytes that an x86-64 CPU loads and shares between CPUs at once. */
export const CACHE_LINE = 64;

/** What the gaps of a struct come to. */
export interface GapSums {
  readonly holes: number;
  readonly holeBytes: number;
  readonly bitHoles: number;
  readonly bitHoleBits: number;
  readonly paddingBytes: number;
  readonly paddingBits: number;
}

export function gapSums({ gaps }: StructLayout): GapSums {
  const sums = {
    holes: 0,
    holeBytes: 0,
    bitHoles: 0,
    bitHoleBits: 0,
    paddingBytes: 0,
    paddingBits: 0,
  };
  for (const { kind, inBitField, bits } of gaps) {
    if (kind === 'padding' && inBitField) sums.paddingBits += bits;
    else if (kind === 'padding') sums.paddingBytes += bits / 8;
    else if (inBitField) {
      sums.bitHoles++;
      sums.bitHoleBits += bits;
    } else {
      sums.holes++;
      sums.holeBytes += bits / 8;
    }
  }
  return sums;
}

/**
 * Cache lines that an object touches: by its address, and where that is not known as if it began
 * with one.
 */
export function cacheLinesOf(size: number, address = 0n): number {
  if (size <= 0) return 0;
  return Math.floor((Number(address % BigInt(CACHE_LINE)) + size - 1) / CACHE_LINE) + 1;
}
