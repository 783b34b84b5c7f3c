import { realpath, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CacheFolder } from '../cache-folder.ts';
import { ContainerReader } from './container-reader.ts';
import { importArchive } from './import-archive.ts';
import { MAX_ROOTS, type SourceStore } from './source-store.ts';
import { nodeCrypto } from '../node-on-demand.ts';

/** Another way to keep them gets another number. */
const FORMAT = 1;

export interface ArchiveOptions {
  readonly cache: CacheFolder;
  readonly onProgress?: ((fraction: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Source files of a package or archive, out of the cache; they are put there once, and again when
 * the file's size or time is another.
 * @throws PackageError, CacheFullError, Error with `code`, the signal's reason
 */
export async function openArchiveStore(
  path: string,
  { cache, onProgress, signal }: ArchiveOptions,
): Promise<SourceStore> {
  const { size, mtimeMs } = await stat(path);
  const identity = JSON.stringify([FORMAT, await realpath(path), size, mtimeMs]);
  const key = nodeCrypto().createHash('sha256').update(identity).digest('hex').slice(0, 40);
  const name = basename(path);
  const known = await cache.find(key, `${name}.sources`);
  const reader = known === undefined ? undefined : await tryOpen(known);
  if (reader !== undefined) return storeOf(path, reader);
  const container = await importArchive(path, { cache, key, name, onProgress, signal });
  return storeOf(path, new ContainerReader(container));
}

/** A damaged one is made again. */
async function tryOpen(container: string): Promise<ContainerReader | undefined> {
  try {
    return new ContainerReader(container);
  } catch {
    await rm(container, { force: true });
    return undefined;
  }
}

function storeOf(path: string, reader: ContainerReader): SourceStore {
  return {
    kind: `${reader.count.toLocaleString('en')} source files of the archive`,
    roots: rootsOf(reader.names),
    read(name) {
      const shown = `${path}:${name.replaceAll(':/', ':')}`;
      try {
        const bytes = reader.read(name);
        return bytes && { path: shown, bytes };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return { refused: `${shown} cannot be read: ${error.message}` };
      }
    },
    close: () => reader.close(),
  };
}

/**
 * Folders that hold include/linux (but for those inside such a one, as tools/ is), the folder that
 * all files lie in, and the archive's own top.
 */
function rootsOf(names: Iterable<string>): string[] {
  const trees = new Set<string>();
  let common: string | undefined;
  for (const name of names) {
    const folder = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    common = common === undefined ? folder : commonFolder(common, folder);
    const tree = /^(?:(.*?)\/)?include\/linux\/[^/]+\.h$/.exec(name);
    if (tree !== null && trees.size < 4 * MAX_ROOTS) trees.add(tree[1] ?? '');
  }
  const outermost = [...trees].filter((tree) => {
    return ![...trees].some((other) => other !== tree && isInside(tree, other));
  });
  const sorted = outermost.sort((a, b) => a.length - b.length).slice(0, MAX_ROOTS);
  return [...new Set([...sorted, common ?? '', ''])];
}

function isInside(folder: string, other: string): boolean {
  return other === '' || folder.startsWith(`${other}/`);
}

function commonFolder(a: string, b: string): string {
  if (a === b) return a;
  const [left, right] = [a.split('/'), b.split('/')];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  return left.slice(0, same).join('/');
}
