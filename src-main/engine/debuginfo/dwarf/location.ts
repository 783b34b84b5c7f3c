import type { DieRef } from './unit.ts';

/** Where (a part of) a value is. */
export type Place =
  | { readonly kind: 'memory'; readonly address: bigint }
  /** DWARF's register number and its 64 bits in this frame. */
  | { readonly kind: 'register'; readonly register: number; readonly value: bigint }
  /** The value itself, little-endian: a constant, or computed from registers and memory. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A pointer to something that has no address, but a value: another variable. */
  | { readonly kind: 'implicit-pointer'; readonly target: DieRef; readonly offset: bigint }
  | { readonly kind: 'absent'; readonly reason: AbsentReason; readonly why: string };

/**
 * `optimized-out`: the compiler kept it nowhere at this instruction. `unavailable`: it is kept where
 * the dump or the unwinder has nothing (a register that was not saved). `unsupported`: the
 * expression asks for what this evaluator has not. `damaged`: the expression makes no sense.
 */
export type AbsentReason = 'optimized-out' | 'unavailable' | 'unsupported' | 'damaged';

/** A part of a value that is kept in parts. */
export interface Piece {
  readonly place: Place;
  /** From the value's first bit. */
  readonly bitOffset: number;
  readonly bitSize: number;
  /** First bit used within the place. */
  readonly placeBitOffset: number;
}

export interface ValueLocation {
  /** The whole value, or, when `pieces` is given, not to be used. */
  readonly place: Place;
  readonly pieces: readonly Piece[] | undefined;
  /** How registers of the past were recovered, full sentences; empty when none were needed. */
  readonly recovered: readonly string[];
  /** The expression names an address and asks for nothing of the frame: a static variable. */
  readonly isStatic?: true;
}

export function absent(reason: AbsentReason, why: string): Place {
  return { kind: 'absent', reason, why };
}

export function absentLocation(reason: AbsentReason, why: string): ValueLocation {
  return { place: absent(reason, why), pieces: undefined, recovered: [] };
}
