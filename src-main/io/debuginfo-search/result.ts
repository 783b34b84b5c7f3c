import type { DebuginfoOrigin, DebuginfoStep } from '../../../src-shared/contract/index.ts';
import type { MatchKind } from './wanted.ts';

/** A file with the debuginfo (or at least the symbols) of the dump's kernel or of a module. */
export interface FoundFile {
  readonly path: string;
  readonly buildId: string | undefined;
  readonly match: MatchKind;
  /** Who had it: a place, or the package it came from. */
  readonly how: string;
  /** False: symbols only. */
  readonly hasDwarf: boolean;
  /** Where it is in the cache: what it was taken out of, as far as that was noted. */
  readonly origin?: DebuginfoOrigin | undefined;
  /** What of its content does not agree with the dump, though it is used. */
  readonly doubt?: string | undefined;
  /** It has no functions that could be compared with the dump's: what it says of itself is all. */
  readonly uncompared?: boolean;
  /** Taken against its build-id or its content, on the user's word: to be shown wherever its answers are. */
  readonly override?: true;
}

/** One question and its answer. */
export type SearchStep = DebuginfoStep;

export interface DebuginfoSearchResult {
  readonly vmlinux?: FoundFile | undefined;
  /** By the module's name in the kernel. */
  readonly modules: ReadonlyMap<string, FoundFile>;
  readonly steps: readonly SearchStep[];
  /** Answers beyond what is kept of their kind. */
  readonly leftOut: number;
}
