import type { ValueBlock } from './block.ts';

/** Objects found by walking a structure (`list`, `tree`), in its order; several blocks make one answer. */
export interface EntriesBlock {
  readonly type: 'entries';
  /** `list`, `tree`. */
  readonly name: string;
  readonly entries: readonly Entry[];
}
export interface Entry {
  readonly address: bigint;
  /** `tree -p`: the index it is stored under, and the way from the root (`root/l/r`, `root/0/5`). */
  readonly index?: bigint;
  readonly position?: string;
  /** What was asked for of each (`-s`). */
  readonly values?: readonly ValueBlock[];
}
