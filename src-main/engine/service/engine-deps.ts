import type { FileIdentity, HashProgress } from '../../../src-shared/contract/index.ts';
import type { ByteSource, Decompressors } from '../base/byte-source.ts';

/** What the engine needs of the world; io/ supplies it, tests supply arrays. */
export interface EngineDeps {
  /**
   * Opens files for reading, in the order given.
   * @throws Error with a sentence naming the file (missing, no permission, a directory, empty)
   */
  openSources(paths: readonly string[]): readonly ByteSource[];
  closeSources(sources: readonly ByteSource[]): void;
  codecs(): Promise<Decompressors>;
  /** Size, mtime and SHA-256, reading the files in pieces. */
  identify(
    paths: readonly string[],
    onProgress: (progress: HashProgress) => void,
    signal: AbortSignal | undefined,
  ): Promise<readonly FileIdentity[]>;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Lets waiting messages (a cancel) in. */
  pause(): Promise<void>;
}
