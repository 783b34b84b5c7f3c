import type { RegisterSet, StackFrame } from '../../../src-shared/contract/block.ts';
import type { StackRange } from './environment.ts';

/** Registers saved in memory (or in a note). */
export interface SavedRegisters {
  readonly values: Readonly<Record<string, bigint>>;
  /** False for the five words of an interrupt frame. */
  readonly full: boolean;
}

/** Where the walk stands: one frame of the stack, innermost first. */
export interface UnwindState {
  readonly pc: bigint;
  readonly sp: bigint;
  readonly bp: bigint;
  /** Where the return address was read; the stack pointer where there is none. */
  readonly slot: bigint;
  /** pc is an interrupted instruction, not a return address. */
  readonly interrupted: boolean;
  /** Registers of exactly this frame, when they were saved. */
  readonly registers: SavedRegisters | undefined;
  /** Full registers of the frame before, when this one has only an interrupt frame. */
  readonly earlierRegisters: SavedRegisters | undefined;
  /** Further registers of this frame by DWARF's number, where call frame information may need them. */
  readonly known?: (() => ReadonlyMap<number, bigint>) | undefined;
  readonly method: StackFrame['method'];
  /** What told of a frame of method `cfi`. */
  readonly foundBy?: 'call-frame-information' | 'instructions';
  readonly exact: boolean;
  /** Stack that `sp` lies on, undefined when it is on none that is known. */
  readonly stack: StackRange | undefined;
}

/** What came of looking for the caller of a frame. */
export type UnwindStep =
  | { readonly kind: 'next'; readonly state: UnwindState; readonly saved?: SavedAt }
  | {
      readonly kind: 'end';
      readonly complete: boolean;
      readonly why: string;
      readonly saved?: SavedAt;
    };

/** Registers found at a boundary, and where. */
export interface SavedAt {
  readonly registers: SavedRegisters;
  readonly address: bigint;
}

/** A register of this frame, as the kernel's unwinder finds it. @source unwind_orc.c `get_reg()` */
export function registerOf(
  state: Pick<UnwindState, 'registers' | 'earlierRegisters'>,
  name: string,
): bigint | undefined {
  if (state.registers === undefined) return undefined;
  if (state.registers.full) return state.registers.values[name];
  return state.earlierRegisters?.values[name];
}

/** A walk's beginning. */
export interface UnwindStart {
  readonly pc: bigint;
  readonly sp: bigint;
  readonly bp: bigint;
  /** What crash prints in brackets for the first frame. */
  readonly slot: bigint;
  readonly interrupted: boolean;
  readonly registers?: SavedRegisters;
  /** Callee-saved registers by DWARF's number, where they were saved otherwise. */
  readonly known?: () => ReadonlyMap<number, bigint>;
  /** The beginning itself was searched for, so everything is a guess. */
  readonly guessed?: boolean;
}

export type RegisterOrigin = RegisterSet['origin'];
