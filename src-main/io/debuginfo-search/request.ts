import type { CacheFolder } from '../cache-folder.ts';
import type { FoundFile } from './result.ts';
import type { WantedKernel, WantedModule } from './wanted.ts';

/** A file, folder or package that the user named. */
export interface GivenPath {
  readonly path: string;
  /** Take it in spite of another build-id. Recorded in what is found. */
  readonly override?: boolean | undefined;
}

export interface SearchProgress {
  /** Whose bytes: a package's or a compressed file's path. */
  readonly path: string;
  readonly done: number;
  readonly total: number;
}

export interface DebuginfoRequest extends WantedKernel {
  readonly modules?: readonly WantedModule[];
  readonly dumpPath?: string | undefined;
  /** Folders to look in, e.g. those of readDebuginfoFolders(). */
  readonly extraFolders?: readonly string[] | undefined;
  readonly given?: readonly GivenPath[] | undefined;
  readonly cache: CacheFolder;
  /**
   * Unpack packages and compressed files that were not named but lie beside the dump or in a folder
   * of the user's (default true). What was unpacked earlier is in the cache and found at once.
   */
  readonly opensPackages?: boolean | undefined;
  /** False: only what is named. */
  readonly searchesPlaces?: boolean | undefined;
  readonly onProgress?: ((progress: SearchProgress) => void) | undefined;
  /**
   * Called as soon as a file with DWARF is there (module undefined: vmlinux): out of a package
   * vmlinux comes long before the last module.
   */
  readonly onFound?: ((module: string | undefined, file: FoundFile) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For tests, and for the image of another machine. */
  readonly root?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}
