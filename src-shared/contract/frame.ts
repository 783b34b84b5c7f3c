import type { SourceLine, ValueNode } from './block.ts';
import type { Absent } from './cell.ts';

/** A parameter or local variable of a function (or of one inlined into it), in one frame. */
export interface FrameVariable {
  readonly kind: 'parameter' | 'variable';
  /** Name, type and value; where the whole value is missing, `value` is an {@link Absent}. */
  readonly node: ValueNode;
  readonly place: VariablePlace;
  /** How registers or values of the past were recovered, full sentences; empty when none were. */
  readonly how: readonly string[];
  /** Not told by debug information: concluded from the calling convention and the machine code. */
  readonly derived?: true;
  /** DW_AT_decl_line, where known. */
  readonly line?: number;
}
export type VariablePlace =
  /** `isStatic`: it stands at an address of its own, not in a frame: the same for all tasks. */
  | { readonly kind: 'memory'; readonly address: bigint; readonly isStatic?: true }
  /** Named as in pt_regs, e.g. `rbx`. */
  | { readonly kind: 'register'; readonly register: string }
  /** A constant, or computed from registers and memory: it lies nowhere. */
  | { readonly kind: 'computed' }
  /** In several places. */
  | { readonly kind: 'pieces' }
  | { readonly kind: 'none' };

/** A register as it stood in a frame. */
export interface FrameRegister {
  /** As in pt_regs. */
  readonly name: string;
  readonly value: bigint;
  /** Where it comes from, e.g. `crash note`, `saved by schedule at ffffc900…`, `CFA`. */
  readonly how: string;
  /** Where in memory it was read; absent when it was in no memory. */
  readonly address?: bigint;
}

/** Eight bytes of a stack, and what is known of them. */
export interface StackWord {
  readonly address: bigint;
  readonly value: bigint | Absent;
  /** Most certain first; empty when nothing is known. */
  readonly labels: readonly WordLabel[];
  /** What its value names, as crash writes it: `symbol+offset`, `[cache]`; only for `bt -F`. */
  readonly name?: string;
}
export interface WordLabel {
  readonly kind:
    | 'return-address'
    | 'saved-register'
    | 'variable'
    | 'registers' // a word of a struct pt_regs
    | 'symbol'
    | 'slab'
    | 'task'
    | 'stack'
    | 'other';
  /** E.g. `return address to schedule+0x4f`, `rbx of do_exit`, `task_struct (kmalloc-4k)`. */
  readonly text: string;
  /** False when it rests on the value alone: a word that looks like an address of that thing. */
  readonly certain: boolean;
  /** What the word points to, for a link. */
  readonly address?: bigint;
}

/** Text of a source file of the kernel, for `source` and `dis -s`. */
export interface SourceBlock {
  readonly type: 'source';
  readonly source: SourceText;
  /** The line that executes. */
  readonly current?: SourceLine;
}
export interface SourceText {
  /** As the debug information names it. */
  readonly file: string;
  /** Where the text was read: a path, and inside an archive after `:`. */
  readonly path: string;
  /** Number of the first of `lines`. */
  readonly first: number;
  readonly lines: readonly string[];
  /** Lines the whole file has. */
  readonly count: number;
  /**
   * `verified`: the MD5 in the line table is the text's. `unverified`: the compiler wrote none, so
   * that the text is of the compiled kernel rests on the user's word. `different`: it is another text,
   * by its MD5 or because it has fewer lines than code was compiled from.
   */
  readonly check: 'verified' | 'unverified' | 'different';
  /** How the name led to the text, and what speaks against it. */
  readonly how?: string;
}
