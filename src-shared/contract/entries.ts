import type { ValueBlock } from './block.ts';

/** Objects found by walking a structure (`list`, `tree`), in its order; several blocks make one answer. */
export interface EntriesBlock {
  readonly type: 'entries';
  /** `list`, `tree`. */
  readonly name: string;
  readonly entries: readonly Entry[];
  /** `tree -v`: the tree itself, on its first block. */
  readonly maple?: MapleRoot;
  /** Of the ranges of `tree -v`. */
  readonly radix?: 10 | 16;
}
export interface Entry {
  readonly address: bigint;
  /** `tree -p`: the index it is stored under, and the way from the root (`root/l/r`, `root/0/5`). */
  readonly index?: bigint;
  readonly position?: string;
  /** What was asked for of each (`-s`). */
  readonly values?: readonly ValueBlock[];
  /** `tree -v`: a node, an entry, or a range without one, in their order; `address` is what is there. */
  readonly maple?: MapleStep;
}

export interface MapleRoot {
  readonly address: bigint;
  readonly flags: number;
  readonly height: number;
  /** `ma_root`: an entry, or a node with its tag. */
  readonly root: bigint;
}

/** Both ends of a range inclusive; depth from the root, 0. */
export interface MapleStep {
  readonly depth: number;
  readonly first: bigint;
  readonly last: bigint;
  /** Absent: an entry, or nothing (address 0). */
  readonly node?: MapleNode;
}

/** What a node's memory holds, unused slots too. */
export interface MapleNode {
  /** `enum maple_type`. */
  readonly type: number;
  readonly parent: bigint;
  /** Of nodes that count gaps, with the metadata behind them. */
  readonly gaps?: readonly bigint[];
  readonly meta?: { readonly end: number; readonly gap: number };
  readonly slots: readonly bigint[];
  /** One less than slots. */
  readonly pivots: readonly bigint[];
}
