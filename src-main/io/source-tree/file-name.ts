/** A file name of the debug information, taken apart. */
export interface FileName {
  readonly isAbsolute: boolean;
  /** Never empty, `.` or `..`. */
  readonly parts: readonly string[];
}

/** Of a name or a path; more is damage or hostile. */
const MAX_LENGTH = 4096;
const MAX_PARTS = 256;

/**
 * `./kernel/../mm/memory.c` to `mm/memory.c`, by the letters alone. `..` above the start is
 * dropped, so that no name leads out of a tree.
 * @returns undefined for what is no name of a file
 */
export function parseFileName(name: string): FileName | undefined {
  if (name.length > MAX_LENGTH || name.includes('\0')) return undefined;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  if (parts.length === 0 || parts.length > MAX_PARTS) return undefined;
  return { isAbsolute: name.startsWith('/'), parts };
}

/** What is left of a name behind a prefix; undefined when it does not begin with it. */
export function withoutPrefix(name: FileName, prefix: FileName): readonly string[] | undefined {
  if (prefix.isAbsolute !== name.isAbsolute || prefix.parts.length >= name.parts.length) {
    return undefined;
  }
  const begins = prefix.parts.every((part, i) => part === name.parts[i]);
  return begins ? name.parts.slice(prefix.parts.length) : undefined;
}

/** Files that line tables name: C, assembler, Rust, what generates them, linker scripts. */
const SOURCE = /\.(?:[chSsly]|rs|cc|cpp|hpp|inc|lds|def|tbl|asm|c_shipped|h_shipped)$/;

/** Files of an archive that are worth keeping, and of a folder that are given out; Makefiles tell a tree's version. */
export function isSourceName(path: string): boolean {
  return SOURCE.test(path) || /(?:^|\/)Makefile$/.test(path);
}

/** Archives inside a package. */
export function isArchiveName(path: string): boolean {
  return /\.(?:tar|tar\.(?:xz|gz|zst|bz2)|t[gx]z|tbz2?)$/.test(path);
}
