/** Entry of a worker thread that reads the names of one share of a file's units. */
import { parentPort, workerData } from 'node:worker_threads';
import { DwarfFile } from '../../engine/debuginfo/dwarf/dwarf-file.ts';
import { buildNameIndex, unitsOfShare } from '../../engine/debuginfo/dwarf/name-index.ts';
import { openCacheFolder } from '../../io/cache-folder.ts';
import { openDebugFile } from '../../io/debuginfo-search/open-debug-file.ts';

/** What the host tells it. */
export interface NameIndexShare {
  readonly path: string;
  /** Of inflated sections. */
  readonly cache: { readonly folder: string; readonly limit: number };
  /** Where a dwz file may be. */
  readonly folders: readonly string[];
  readonly share: number;
  readonly shares: number;
}

const { path, cache, folders, share, shares } = workerData as NameIndexShare;
const opened = await openDebugFile(path, { cache: openCacheFolder(cache), folders });
try {
  if (opened.dwarf === undefined) throw new Error(`${path} has no DWARF`);
  const file = new DwarfFile(opened.dwarf);
  const { first, end } = unitsOfShare(file, share, shares);
  const index = buildNameIndex(file, first, end);
  const { unitOffsets, hashes, strings, dies, kinds, keys } = index;
  const arrays = [unitOffsets, hashes, strings, dies, kinds, keys];
  parentPort?.postMessage(
    index,
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  );
} finally {
  opened.close();
}
