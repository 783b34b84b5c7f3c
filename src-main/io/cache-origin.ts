import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { DebuginfoOrigin } from '../../src-shared/contract/index.ts';
import { fileOriginOf } from './file-origin.ts';

/** What a file of the cache was taken out of, and for which kernel. */
export interface CacheOrigin extends DebuginfoOrigin {
  /** `uname -r` of the dump it was wanted for. */
  readonly release: string | undefined;
}

/** Ends the name of the note beside a file; no file of the cache has a name that ends so. */
export const ORIGIN_SUFFIX = '.origin';
const MAX_BYTES = 64 * 1024;

/** A package or archive as it is now. @throws Error with `code` */
export async function originOf(
  path: string,
  entry: string,
  release: string | undefined,
): Promise<CacheOrigin> {
  const { size, mtimeMs } = await stat(path);
  return { path, entry, size, mtimeMs, release };
}

/**
 * Notes where a file came from. The note names the very file it is about: one that another process
 * put in its place has no origin rather than a wrong one.
 * @param of the file, by fileOriginOf() before it got its name
 * @throws Error with `code`
 */
export async function writeOrigin(path: string, of: string, origin: CacheOrigin): Promise<void> {
  const part = `${path}${ORIGIN_SUFFIX}.${process.pid}.part`;
  const { path: from, entry, size, mtimeMs, release } = origin;
  const note = { of, from, entry, size, mtimeMs, release };
  await writeFile(part, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  await rename(part, `${path}${ORIGIN_SUFFIX}`);
}

/** Undefined where nothing is noted: made by an earlier version, or not taken out of anything. */
export async function findOrigin(path: string): Promise<CacheOrigin | undefined> {
  try {
    const file = `${path}${ORIGIN_SUFFIX}`;
    if ((await stat(file)).size > MAX_BYTES) return undefined;
    const note: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof note !== 'object' || note === null) return undefined;
    const { of, from, entry, size, mtimeMs, release } = note as Record<string, unknown>;
    const isSound =
      typeof from === 'string' &&
      typeof entry === 'string' &&
      typeof size === 'number' &&
      typeof mtimeMs === 'number' &&
      (release === undefined || typeof release === 'string');
    if (!isSound || of !== fileOriginOf(path)) return undefined;
    return { path: from, entry, size, mtimeMs, release };
  } catch {
    return undefined;
  }
}

export async function removeOrigin(path: string): Promise<void> {
  await rm(`${path}${ORIGIN_SUFFIX}`, { force: true });
}
