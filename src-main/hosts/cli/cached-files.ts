import type { CachedFile, CacheFolder } from '../../io/cache-folder.ts';
import { findOrigin, type CacheOrigin } from '../../io/cache-origin.ts';
import { probeDebugFile } from '../../io/debuginfo-search/probe.ts';
import { FaultError } from '../../engine/base/fault.ts';
import { OpenError } from '../../engine/dump/open-error.ts';

/** A file of the cache with what is known of it. */
export interface KnownCachedFile extends CachedFile {
  /** Taken out of a package or compressed file; else made from such a file. */
  readonly isTaken: boolean;
  /** Undefined where nothing was noted. */
  readonly origin: CacheOrigin | undefined;
  readonly release: string | undefined;
}

/**
 * Everything in the cache, the file used last first. Where no release was noted, vmlinux or the
 * module itself is asked; what was made from it (indexes, inflated sections) is of the same one.
 */
export async function readCachedFiles(cache: CacheFolder): Promise<readonly KnownCachedFile[]> {
  const files: KnownCachedFile[] = [];
  for (const file of await cache.list()) {
    const isTaken = !/^(?:dwarf-names$|sections-)/.test(file.name);
    const origin = isTaken ? await findOrigin(file.path) : undefined;
    const isDebugFile = /^vmlinux|\.ko/.test(file.name);
    const release = origin?.release ?? (isDebugFile ? releaseOf(file.path) : undefined);
    files.push({ ...file, isTaken, origin, release });
  }
  const releases = new Map(files.flatMap(({ key, release }) => (release ? [[key, release]] : [])));
  return files.map((file) => ({ ...file, release: file.release ?? releases.get(file.key) }));
}

function releaseOf(path: string): string | undefined {
  try {
    return probeDebugFile(path).release();
  } catch (error) {
    if (error instanceof FaultError || error instanceof OpenError) return undefined;
    throw error;
  }
}
