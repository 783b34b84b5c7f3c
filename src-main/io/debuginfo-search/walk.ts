import { opendirSync, type Dir, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { debuginfoNameOf } from '../packages/debuginfo-names.ts';
import { isPackageName } from '../packages/open-package.ts';
import { pause } from '../pause.ts';

/** Files of a folder that look like debuginfo, by name. */
export interface FolderIndex {
  readonly folder: string;
  readonly exists: boolean;
  readonly vmlinux: readonly string[];
  /** By the kernel's name of the module; uncompressed ones first. */
  readonly modules: ReadonlyMap<string, readonly string[]>;
  readonly packages: readonly string[];
  /** Not everything was looked at. */
  readonly truncated: boolean;
}

export interface WalkLimits {
  /** 0: the folder itself only. */
  readonly depth: number;
  readonly entries: number;
}

/** Trees of a release have some 10 000 files; what is larger was named by mistake. */
export const DEEP: WalkLimits = { depth: 12, entries: 200_000 };
export const FLAT: WalkLimits = { depth: 0, entries: 20_000 };

/** Lists a folder, not following links to folders. A folder that cannot be read is empty. */
export async function indexFolder(
  folder: string,
  limits: WalkLimits,
  signal?: AbortSignal,
): Promise<FolderIndex> {
  const vmlinux: string[] = [];
  const modules = new Map<string, string[]>();
  const packages: string[] = [];
  const pending = [{ path: folder, depth: 0 }];
  let exists = false;
  let left = limits.entries;
  for (let next = pending.shift(); next !== undefined && left > 0; next = pending.shift()) {
    // A tree may be of many small folders: between them cancelling is heard, too.
    if (next.depth > 0) await pause();
    signal?.throwIfAborted();
    const entries = await entriesOf(next.path, left, signal);
    if (entries === undefined) continue;
    exists = true;
    left -= entries.length;
    for (const entry of entries) {
      const path = join(next.path, entry.name);
      if (entry.isDirectory()) {
        if (next.depth < limits.depth) pending.push({ path, depth: next.depth + 1 });
        continue;
      }
      if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      const name = debuginfoNameOf(entry.name);
      if (name?.kind === 'vmlinux') vmlinux.push(path);
      else if (name?.kind === 'module') addTo(modules, name.name, path);
      else if (isPackageName(entry.name)) packages.push(path);
    }
  }
  vmlinux.sort(plainFirst);
  for (const paths of modules.values()) paths.sort(plainFirst);
  packages.sort();
  return { folder, exists, vmlinux, modules, packages, truncated: left <= 0 };
}

export function isCompressedName(path: string): boolean {
  return /\.(xz|zst|gz|bz2)$/.test(path);
}

function plainFirst(a: string, b: string): number {
  return Number(isCompressedName(a)) - Number(isCompressedName(b)) || (a < b ? -1 : 1);
}

function addTo(map: Map<string, string[]>, key: string, value: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

/**
 * Read synchronously, as the way to another thread takes longer than most folders do.
 * @param limit a folder may have millions: the rest of them is not listed
 */
async function entriesOf(
  folder: string,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Dirent[] | undefined> {
  const entries: Dirent[] = [];
  let directory: Dir | undefined;
  try {
    directory = opendirSync(folder, { bufferSize: ENTRIES_AT_ONCE });
    while (entries.length < limit) {
      const entry = directory.readSync();
      if (entry === null) break;
      if (entries.push(entry) % ENTRIES_AT_ONCE > 0) continue;
      await pause();
      signal?.throwIfAborted();
    }
  } catch {
    signal?.throwIfAborted();
    return entries.length > 0 ? entries : undefined;
  } finally {
    directory?.closeSync();
  }
  return entries;
}

/** Between them cancelling is heard. */
const ENTRIES_AT_ONCE = 1024;
