import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isFile } from '../is-file.ts';
import { isPackageName } from '../packages/open-package.ts';
import { placesOf, type Place } from './places.ts';
import type { DebuginfoRequest, GivenPath } from './request.ts';
import type { DebuginfoSearchResult } from './result.ts';
import { Search } from './search.ts';
import { DEEP, indexFolder, isCompressedName, type FolderIndex } from './walk.ts';

/** The place of what was named: what it starts with. */
export const NAMED = 'named by the user';

/**
 * Looks for vmlinux and the modules' debuginfo, offline: what the user named, the cache, beside
 * the dump, folders of the user's, where distributions install, trees by build-id, debuginfod's
 * cache, and last packages that lie around. Everything that was looked at is told in `steps`; a
 * damaged or foreign file is a step, never an error.
 * @throws the signal's reason; CacheFullError when a package has no room
 */
export async function findDebuginfo(request: DebuginfoRequest): Promise<DebuginfoSearchResult> {
  const search = new Search(request);
  const { findings } = search;
  // An override is the user's word, and so is a file by its name: nothing that is found first, the
  // cache's copy out of some package neither, may stand against it.
  const later: GivenPath[] = [];
  for (const given of request.given ?? []) {
    if (given.override || isPlainFile(given.path)) await askGiven(search, given, request);
    else later.push(given);
  }
  const asksCache = request.searchesPlaces !== false || later.some(({ path }) => isPacked(path));
  if (asksCache && !findings.isDone()) await search.askCache();
  for (const given of later) await askGiven(search, given, request);
  if (request.searchesPlaces === false) return findings.result();
  const packages = new Set<string>();
  for (const place of placesOf({ ...request, folders: request.extraFolders })) {
    if (findings.isDone()) break;
    request.signal?.throwIfAborted();
    for (const path of await askPlace(search, place, request.signal)) packages.add(path);
  }
  if (request.opensPackages === false) search.skipCompressed();
  else await search.askCompressed();
  for (const path of packages) {
    if (findings.isDone()) break;
    if (!search.mayHoldKernel(path)) continue;
    if (request.opensPackages === false) search.skipPackage(path);
    else await search.askPackage(path, 'a package that lies there');
  }
  return findings.result();
}

function isPacked(path: string): boolean {
  return isPackageName(path) || isCompressedName(path);
}

/** Nothing has to be unpacked. */
function isPlainFile(path: string): boolean {
  return !isPacked(path) && isFile(path);
}

async function askGiven(
  search: Search,
  { path, override }: GivenPath,
  { signal }: DebuginfoRequest,
): Promise<void> {
  const place = NAMED;
  const { findings } = search;
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const message = missing ? `${path} does not exist` : `${path}: ${String(error)}`;
    return findings.say({ place, what: path, outcome: 'unreadable', message, path });
  }
  if (!isFolder && isPackageName(path)) {
    if (!findings.isDone() || override) await search.askPackage(path, place, override);
    return;
  }
  if (!isFolder) return search.askFile({ place, path, trusted: true, override });
  const index = await indexFolder(path, DEEP, signal);
  await askFolder(search, place, index, index.vmlinux, true);
  await search.askCompressed();
  for (const found of index.packages) {
    if (!findings.isDone() && search.mayHoldKernel(found)) await search.askPackage(found, place);
  }
}

/** @returns packages seen there */
async function askPlace(
  search: Search,
  place: Place,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  if (place.kind === 'by-id') {
    await search.askById(place.name, (id) => place.pathsOf(id));
    return [];
  }
  const { folder, name, limits } = place;
  const index = await indexFolder(folder, limits, signal);
  const vmlinux = place.vmlinux?.map((file) => join(folder, file)) ?? index.vmlinux;
  await askFolder(search, name, index, vmlinux, false, place.isInstalled);
  return place.mayHoldPackages === true ? index.packages : [];
}

async function askFolder(
  search: Search,
  name: string,
  index: FolderIndex,
  vmlinux: readonly string[],
  trusted: boolean,
  isInstalled = false,
): Promise<void> {
  const place = `${name} (${index.folder})`;
  if (!index.exists) return search.findings.absent(place, 'there is no such folder');
  await search.askVmlinux(place, vmlinux, trusted);
  await search.askModules(place, index.modules, trusted, isInstalled);
  if (!index.truncated) return;
  search.findings.absent(place, 'it has too many files: not all were looked at');
}
