import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { FaultError } from '../../engine/base/fault.ts';
import {
  ownerOfIndex,
  parseNameIndex,
  serializeNameIndex,
} from '../../engine/debuginfo/dwarf/name-index-file.ts';
import { mergeNameIndexes, type NameIndex } from '../../engine/debuginfo/dwarf/name-index.ts';
import type { DwarfSections } from '../../engine/debuginfo/dwarf/sections.ts';
import type { CacheFolder } from '../../io/cache-folder.ts';
import { fileOriginOf } from '../../io/file-origin.ts';
import type { NameIndexShare } from './name-index-worker.ts';

/** Name of the file in the cache's folder of a build-id. */
export const INDEX_NAME = 'dwarf-names';
/** More workers wait for memory rather than read. */
const MAX_WORKERS = 4;
/** A file with less of .debug_info is read by one worker: starting a second takes longer. */
const BYTES_PER_WORKER = 16 * 2 ** 20;
const WORKER_HEAP_MIB = 1024;

export interface IndexedFile {
  readonly path: string;
  /** Without one the index is not kept. */
  readonly buildId: string | undefined;
  readonly dwarf: DwarfSections;
  /** Where its dwz file may be. */
  readonly folders: readonly string[];
}

/**
 * The index of a file's names: from the cache, or made by workers and kept there. What the cache
 * holds is checked; damaged, of another layout or of another file that claims the same build-id, it
 * is made anew and replaced.
 * @throws Error when no worker could do it; the signal's reason
 */
export async function readNameIndex(
  file: IndexedFile,
  cache: CacheFolder,
  signal: AbortSignal,
): Promise<NameIndex> {
  const { path, buildId, dwarf } = file;
  if (buildId === undefined) return buildInWorkers(file, cache, signal);
  const owner = `${ownerOfIndex(buildId, dwarf)} ${fileOriginOf(path)}`;
  const kept = await findKept(cache, buildId, owner);
  if (kept !== undefined) return kept;
  const index = await buildInWorkers(file, cache, signal);
  // An index with gaps says so only to who made it: the next session is to hear it, too.
  if (index.warnings.length === 0) await keep(cache, buildId, serializeNameIndex(index, owner));
  return index;
}

async function findKept(
  cache: CacheFolder,
  buildId: string,
  owner: string,
): Promise<NameIndex | undefined> {
  try {
    const path = await cache.find(buildId, INDEX_NAME);
    if (path === undefined) return undefined;
    const bytes = await readFile(path);
    return parseNameIndex(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), owner);
  } catch (error) {
    if (error instanceof FaultError || isFileError(error)) return undefined;
    throw error;
  }
}

/** A cache that cannot be written is only slower. */
async function keep(cache: CacheFolder, buildId: string, bytes: Uint8Array): Promise<void> {
  try {
    const draft = await cache.draft();
    try {
      await draft.reserve(bytes.length);
      await draft.write(bytes);
      await draft.commit(buildId, INDEX_NAME);
    } finally {
      await draft.discard();
    }
    await cache.evict();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

async function buildInWorkers(
  { path, dwarf, folders }: IndexedFile,
  cache: CacheFolder,
  signal: AbortSignal,
): Promise<NameIndex> {
  signal.throwIfAborted();
  const wanted = Math.ceil(dwarf.info.size / BYTES_PER_WORKER);
  const shares = Math.max(1, Math.min(availableParallelism(), MAX_WORKERS, wanted));
  const { folder, limit } = cache;
  const workers = Array.from({ length: shares }, (_, share) => {
    const data: NameIndexShare = { path, cache: { folder, limit }, folders, share, shares };
    return new Worker(new URL('./name-index-worker.ts', import.meta.url), {
      name: 'oopscope-names',
      workerData: data,
      // Pages of a mapping would stay in the process's memory, and these are read once.
      env: { ...process.env, OOPSCOPE_NO_MMAP: '1' },
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB, maxYoungGenerationSizeMb: 8 },
    });
  });
  try {
    return mergeNameIndexes(await Promise.all(workers.map((worker) => answerOf(worker, signal))));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function answerOf(worker: Worker, signal: AbortSignal): Promise<NameIndex> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    worker.once('message', (index: NameIndex) => resolve(index));
    worker.once('error', reject);
    worker.once('exit', (code) => {
      signal.removeEventListener('abort', abort);
      reject(new Error(`a worker that reads names ended (code ${code})`));
    });
  });
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}
