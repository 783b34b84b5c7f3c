import type { Absent } from '../../../src-shared/contract/index.ts';
import type { SourcePlace } from '../../../src-shared/contract/source.ts';

/** Source files of the crashed kernel, where the user said they are. io/ supplies it. */
export interface SourceTree {
  /** In the order they were given. */
  readonly places: readonly SourcePlace[];
  /** What cannot be used, or may be of another version: full sentences. */
  readonly problems: readonly string[];
  /**
   * A file by the name that the debug information has for it; that name is hostile input. Reads
   * synchronously, since commands do. Why there is none is a sentence.
   */
  read(file: string): SourceFile | Absent;
  close(): void;
}

export interface SourceFile {
  /** Where it was read: a path, and inside an archive after `:`. */
  readonly path: string;
  readonly text: string;
  /** How the name led to it, e.g. `/build/linux-6.1 taken for the tree`. */
  readonly how: string;
  /** MD5 of its bytes, lower-case hex; undefined where it cannot be computed. */
  md5(): string | undefined;
}

/** What is asked of the host when source text is given. */
export interface SourcesWanted {
  /** Each `PATH` or `PREFIX=PATH`. */
  readonly given: readonly string[];
  /** `uname -r` and `linux_banner` of the dump: a tree of another version is told. */
  readonly release: string | undefined;
  readonly banner: string | undefined;
  readonly onProgress: (text: string, fraction: number) => void;
  readonly signal: AbortSignal | undefined;
}
