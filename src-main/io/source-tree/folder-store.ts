import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { isSourceName } from './file-name.ts';
import {
  MAX_ROOTS,
  MAX_SOURCE_FILE,
  type Refused,
  type SourceStore,
  type StoredFile,
} from './source-store.ts';

/** Folders looked at for trees below the one given. */
const MAX_LISTED = 256;

/**
 * A source tree on disk, or a folder with several. Read as asked for: a file that changes is read as
 * it is then.
 * @throws Error with `code` when the folder cannot be resolved
 */
export function openFolderStore(folder: string): SourceStore {
  const top = realpathSync(folder);
  return {
    kind: 'folder',
    roots: rootsOf(top),
    read: (path) => readInside(folder, top, path),
    close: () => undefined,
  };
}

/** The folder itself, and kernel trees directly in it or in its usr/src, as packages unpack. */
function rootsOf(top: string): string[] {
  if (isKernelTree(top)) return [''];
  const found = [''];
  for (const parent of ['', 'usr/src', 'usr/src/debug']) {
    for (const name of foldersIn(join(top, parent))) {
      const root = parent === '' ? name : `${parent}/${name}`;
      if (found.length < MAX_ROOTS && isKernelTree(join(top, root))) found.push(root);
    }
  }
  return found;
}

function isKernelTree(folder: string): boolean {
  return (
    statSync(join(folder, 'include', 'linux'), { throwIfNoEntry: false })?.isDirectory() === true
  );
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return folders.sort().slice(0, MAX_LISTED);
  } catch {
    return [];
  }
}

/** Links are followed as long as they stay inside. */
function readInside(shown: string, top: string, path: string): StoredFile | Refused | undefined {
  // Separators and drives of Windows would get past the parts.
  if (sep === '\\' && /[\\:]/.test(path)) return undefined;
  const name = join(shown, path);
  let file: number | undefined;
  try {
    const real = realpathSync(join(top, path));
    const inside = top.endsWith(sep) ? top : top + sep;
    if (!real.startsWith(inside)) return { refused: `${name} leads out of ${shown}: not read` };
    // The name comes from the dump's debuginfo, and a home folder may have been given.
    if (!isSourceName(path) || !isSourceName(real)) {
      return statSync(real).isFile()
        ? { refused: `${name} is no source file by its name: not read` }
        : undefined;
    }
    // A FIFO would block; a link put in its place meanwhile is not followed.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    if (!statSync(real).isFile()) return undefined;
    file = openSync(real, flags);
    const status = fstatSync(file);
    if (!status.isFile()) return undefined;
    if (status.size > MAX_SOURCE_FILE) {
      return { refused: `${name} has ${status.size} bytes, more than source files have: not read` };
    }
    return { path: name, bytes: readWhole(file, status.size) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    if (code === undefined) throw error;
    return { refused: `${name} cannot be read (${String(code)})` };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readWhole(file: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let done = 0;
  while (done < size) {
    const count = readSync(file, bytes, done, size - done, done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
