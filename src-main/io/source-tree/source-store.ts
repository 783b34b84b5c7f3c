/** A folder or archive with source files, by their paths inside it. */
export interface SourceStore {
  /** What it is, for the user: `folder`, `archive with 54,321 source files`. */
  readonly kind: string;
  /** Folders in it that may be the top of a source tree, most likely first; '' is its own top. */
  readonly roots: readonly string[];
  /** @param path relative, with no `.` or `..`, but hostile otherwise */
  read(path: string): StoredFile | Refused | undefined;
  close(): void;
}

export interface StoredFile {
  /** For the user: of a folder the path, of an archive `ARCHIVE:PATH`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The file is there and is not given out; why, as a full sentence. */
export interface Refused {
  readonly refused: string;
}

/** The largest source file of a kernel (register masks of graphics chips) has 24 MB, and no code. */
export const MAX_SOURCE_FILE = 4 * 2 ** 20;
/** Tops of trees that are looked at in one folder or archive. */
export const MAX_ROOTS = 16;
