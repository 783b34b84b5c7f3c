import type { SourceText } from './frame.ts';

/** Where source text is read for a session, as the user said it. */
export interface SourcePlace {
  /** Build prefix that stands for the path; absent: found by the ends of the names. */
  readonly prefix?: string;
  readonly path: string;
  /** What it is, e.g. `folder, Linux 6.1.192 by its Makefile`; or why it cannot be used. */
  readonly how: string;
  readonly ok: boolean;
}

export interface AttachSourcesRequest {
  readonly session: string;
  /** All places from now on, each `PATH` or `PREFIX=PATH`; empty: none any more. */
  readonly given: readonly string[];
}

export interface SourceRequest {
  readonly session: string;
  /** As the debug information names it. */
  readonly file: string;
  /** Number of the first line, from 1 (default 1). */
  readonly first?: number;
  /** At most 2000 (default). */
  readonly count?: number;
  /** Code that was compiled from it: its line table may carry the file's MD5, and tells a line. */
  readonly address?: bigint;
}

/** Lines of a listing's files that its instructions were compiled from, and a few around them. */
export interface SourceExcerpt extends SourceText {
  /** Some lines of the file; a file may have several excerpts, ascending and apart. */
  readonly lines: readonly string[];
}
