import {
  open,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  utimes,
  type FileHandle,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeCrypto } from './node-on-demand.ts';
import { ORIGIN_SUFFIX, removeOrigin, writeOrigin, type CacheOrigin } from './cache-origin.ts';
import { fileOriginOf } from './file-origin.ts';
import { isFile } from './is-file.ts';
import { makeFolder } from './make-folder.ts';

const GIB = 2 ** 30;
const DEFAULT_LIMIT = 12 * GIB;
/** Left free on the disk, whatever the cache's own limit says. */
const SPARE_BYTES = 512 * 2 ** 20;
/** A part file this old has lost its writer. */
const STALE_MS = 24 * 60 * 60 * 1000;
const PARTS = 'parts';

export interface CacheOptions {
  readonly folder?: string;
  /** Bytes of finished files; the least recently used go first. */
  readonly limit?: number;
}

/**
 * Files that cost time to make (debuginfo out of packages, inflated sections, indexes), keyed by
 * build-id: `<folder>/<2 digits>/<rest of the key>/<name>`. A file is written beside and renamed,
 * so that what is found is whole; several processes may share the folder. Modification times are
 * times of last use.
 */
export interface CacheFolder {
  readonly folder: string;
  readonly limit: number;
  /** Path of a finished file, marked as used now. */
  find(key: string, name: string): Promise<string | undefined>;
  /** A new file, to be committed under a key that may become known only at the end. */
  draft(): Promise<CacheDraft>;
  /** Deletes least recently used files above the limit, but none found or made by this process. */
  evict(): Promise<void>;
  /** Every finished file, the one used last first. */
  list(): Promise<readonly CachedFile[]>;
  /** Deletes every finished file, and what writers that died left. */
  clear(): Promise<ClearedCache>;
}

export interface CachedFile {
  readonly path: string;
  /** Hex; a build-id, of sources a digest. */
  readonly key: string;
  readonly name: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

export interface ClearedCache {
  readonly files: number;
  readonly bytes: number;
  /** Why others are still there, each a sentence. */
  readonly problems: readonly string[];
}

export interface CacheDraft {
  /** Readable while it is written. */
  readonly path: string;
  readonly size: number;
  /** @throws CacheFullError when so many more bytes have no room on the disk */
  reserve(bytes: number): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  /** Gives it its name; returns the path. @param origin what it was taken out of */
  commit(key: string, name: string, origin?: CacheOrigin): Promise<string>;
  /** Does nothing after commit(). */
  discard(): Promise<void>;
}

/** No room on the cache folder's disk. */
export class CacheFullError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CacheFullError';
  }
}

/** `$XDG_CACHE_HOME/oopscope/debuginfo`, or what stands for it on the platform. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'win32' && env['LOCALAPPDATA']) {
    return join(env['LOCALAPPDATA'], 'oopscope', 'cache', 'debuginfo');
  }
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'oopscope', 'debuginfo');
}

/** The limit in bytes: `$OOPSCOPE_CACHE_GIB`, or 12 GiB (some ten kernels with their modules). */
function defaultLimit(env: NodeJS.ProcessEnv = process.env): number {
  const told = Number(env['OOPSCOPE_CACHE_GIB']);
  return env['OOPSCOPE_CACHE_GIB'] && told >= 0 ? told * GIB : DEFAULT_LIMIT;
}

/** Makes nothing until something is written: a cache that cannot be used is only slower. */
export function openCacheFolder(options: CacheOptions = {}): CacheFolder {
  return new DiskCache(options.folder ?? defaultCacheFolder(), options.limit ?? defaultLimit());
}

/** A file name that stays in its folder, whatever a package called it. */
export function safeCacheName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9._+-]/g, '_').replace(/^\.+/, '_');
  return plain.slice(0, 120) || '_';
}

class DiskCache implements CacheFolder {
  readonly folder: string;
  readonly limit: number;
  readonly #used = new Set<string>();

  constructor(folder: string, limit: number) {
    this.folder = folder;
    this.limit = limit;
  }

  async find(key: string, name: string): Promise<string | undefined> {
    const path = this.#pathOf(key, name);
    if (!isFile(path)) return undefined;
    await this.#markUsed(path);
    return path;
  }

  async draft(): Promise<CacheDraft> {
    const folder = join(this.folder, PARTS);
    await makeFolder(folder);
    const path = join(folder, `${process.pid}-${nodeCrypto().randomBytes(6).toString('hex')}.part`);
    const file = await open(path, 'wx+', 0o600);
    return new DiskDraft(path, file, async (key, name, origin) => {
      const target = this.#pathOf(key, name);
      await makeFolder(dirname(target));
      const identity = fileOriginOf(path);
      await rename(path, target);
      if (origin === undefined) await removeOrigin(target);
      // Without the note the file is as good; only nobody knows where it came from.
      else await writeOrigin(target, identity, origin).catch(() => undefined);
      await this.#markUsed(target);
      return target;
    });
  }

  async evict(): Promise<void> {
    await this.#removeStaleParts();
    const files = (await this.list()).toReversed();
    let total = files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files) {
      if (total <= this.limit) return;
      if (this.#used.has(path)) continue;
      await remove(path);
      total -= size;
    }
  }

  async clear(): Promise<ClearedCache> {
    await this.#removeStaleParts();
    const problems: string[] = [];
    let files = 0;
    let bytes = 0;
    for (const { path, size } of await this.list()) {
      try {
        await remove(path);
        files++;
        bytes += size;
      } catch (error) {
        problems.push(`${path} stays: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return { files, bytes, problems };
  }

  #pathOf(key: string, name: string): string {
    if (!/^[0-9a-f]{6,128}$/.test(key)) throw new Error(`not a cache key: ${key.slice(0, 40)}`);
    return join(this.folder, key.slice(0, 2), key.slice(2), safeCacheName(name));
  }

  async #markUsed(path: string): Promise<void> {
    this.#used.add(path);
    const now = new Date();
    // A folder of somebody else's can be read all the same.
    await utimes(path, now, now).catch(() => undefined);
  }

  async list(): Promise<CachedFile[]> {
    const found: CachedFile[] = [];
    for (const top of await namesIn(this.folder)) {
      if (!/^[0-9a-f]{2}$/.test(top)) continue;
      for (const rest of await namesIn(join(this.folder, top))) {
        for (const name of await namesIn(join(this.folder, top, rest))) {
          if (name.includes(ORIGIN_SUFFIX)) continue;
          const path = join(this.folder, top, rest, name);
          const status = await stat(path).catch(() => undefined);
          if (status?.isFile() !== true) continue;
          const { size, mtimeMs: usedAt } = status;
          found.push({ path, key: `${top}${rest}`, name, size, usedAt });
        }
      }
    }
    return found.sort((a, b) => b.usedAt - a.usedAt);
  }

  async #removeStaleParts(): Promise<void> {
    for (const name of await namesIn(join(this.folder, PARTS))) {
      const path = join(this.folder, PARTS, name);
      const status = await stat(path).catch(() => undefined);
      if (status !== undefined && Date.now() - status.mtimeMs > STALE_MS) {
        await rm(path, { force: true });
      }
    }
  }
}

class DiskDraft implements CacheDraft {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #commit: (key: string, name: string, origin?: CacheOrigin) => Promise<string>;
  #size = 0;
  #done = false;

  constructor(path: string, file: FileHandle, commit: DiskDraft['commit']) {
    this.path = path;
    this.#file = file;
    this.#commit = commit;
  }

  get size(): number {
    return this.#size;
  }

  async reserve(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.path));
    const free = Math.max(0, bavail * bsize - SPARE_BYTES);
    if (bytes <= free) return;
    const [needed, left] = [bytes, free].map((value) => `${(value / GIB).toFixed(2)} GiB`);
    throw new CacheFullError(`${needed} needed in ${dirname(this.path)}, ${left} can be used`);
  }

  async write(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#size);
      at += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  async commit(key: string, name: string, origin?: CacheOrigin): Promise<string> {
    this.#done = true;
    await this.#file.close();
    try {
      return await this.#commit(key, name, origin);
    } catch (error) {
      await rm(this.path, { force: true });
      throw error;
    }
  }

  async discard(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    await this.#file.close();
    await rm(this.path, { force: true });
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true });
  await removeOrigin(path);
  // Only an empty folder goes.
  await rmdir(dirname(path)).catch(() => undefined);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
