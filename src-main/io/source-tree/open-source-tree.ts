import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SourcePlace } from '../../../src-shared/contract/source.ts';
import { parseGivenSource } from '../../../src-shared/text/given-source.ts';
import type { SourcesWanted, SourceTree } from '../../engine/program/source-tree.ts';
import { CacheFullError, type CacheFolder } from '../cache-folder.ts';
import { PackageError } from '../packages/package-error.ts';
import { openArchiveStore } from './archive-store.ts';
import { findFile, type OpenedPlace } from './find-file.ts';
import { openFolderStore } from './folder-store.ts';
import { findTreeVersion, versionMismatch } from './kernel-version.ts';
import type { SourceStore } from './source-store.ts';
import { nodeCrypto } from '../node-on-demand.ts';

export interface SourceTreeRequest extends Partial<SourcesWanted> {
  readonly given: readonly string[];
  readonly cache: CacheFolder;
}

/**
 * Opens the places with source text. One that cannot be used costs its own files only, and says why
 * in `problems`. Archives are read once into the cache.
 * @throws the signal's reason
 */
export async function openSourceTree(request: SourceTreeRequest): Promise<SourceTree> {
  const opened: OpenedPlace[] = [];
  const places: SourcePlace[] = [];
  const problems: string[] = [];
  try {
    for (const given of request.given) {
      const { prefix, path } = parseGivenSource(given);
      const named = { path, ...(prefix !== undefined && { prefix }) };
      try {
        const store = await openStore(path, request);
        opened.push({ path, prefix, store });
        const notes = notesOf(path, store, request);
        problems.push(...notes.problems);
        places.push({ ...named, how: notes.how, ok: true });
      } catch (error) {
        const why = sentenceOf(path, error);
        problems.push(`source text: ${why}`);
        places.push({ ...named, how: why, ok: false });
      }
    }
  } catch (error) {
    for (const { store } of opened) store.close();
    throw error;
  }
  return treeOf(opened, places, problems);
}

function treeOf(
  opened: readonly OpenedPlace[],
  places: readonly SourcePlace[],
  problems: readonly string[],
): SourceTree {
  return {
    places,
    problems,
    read(file) {
      if (opened.length === 0) return { absent: 'unknown', why: 'no source text was given' };
      const found = findFile(opened, file);
      if ('absent' in found) return found;
      const { path, bytes } = found.file;
      const text = new TextDecoder().decode(bytes);
      return { path, text, how: found.how, md5: () => md5Of(bytes) };
    },
    close() {
      for (const { store } of opened) store.close();
    },
  };
}

async function openStore(path: string, request: SourceTreeRequest): Promise<SourceStore> {
  const { cache, signal } = request;
  const status = await stat(path);
  if (status.isDirectory()) return openFolderStore(path);
  if (!status.isFile()) throw new PackageError(`${path} is no file and no folder`);
  const onProgress = (fraction: number): void => {
    request.onProgress?.(`Reading ${basename(path)}`, fraction);
  };
  return openArchiveStore(path, { cache, signal, onProgress });
}

function notesOf(
  path: string,
  store: SourceStore,
  { release, banner }: SourceTreeRequest,
): { how: string; problems: string[] } {
  const problems: string[] = [];
  const version = findTreeVersion(store);
  const mismatch = version && versionMismatch(version, release, banner);
  if (mismatch !== undefined) problems.push(`source text: ${path} ${mismatch}.`);
  const notes = [store.kind];
  if (version !== undefined) notes.push(`Linux ${version.text} by its Makefile`);
  // Distributions' patches lie beside the original.
  if (/\.orig\.tar\.[a-z0-9]+$|\.src\.rpm$/.test(path)) {
    const note = `without the distribution's patches: lines of patched files are off`;
    notes.push(note);
    problems.push(`source text: ${path} is ${note}.`);
  }
  return { how: notes.join(', '), problems };
}

function md5Of(bytes: Uint8Array): string | undefined {
  try {
    return nodeCrypto().createHash('md5').update(bytes).digest('hex');
  } catch {
    // A system in FIPS mode has none.
    return undefined;
  }
}

/** What the file or the system makes impossible; bugs and cancelling go on. */
function sentenceOf(path: string, error: unknown): string {
  if (error instanceof PackageError || error instanceof CacheFullError) return error.message;
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? error.code : '';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `${path}: there is no such file or folder`;
    case 'EACCES':
    case 'EPERM':
      return `${path}: no permission to read it`;
    case '':
      throw error;
    default:
      return `${path} cannot be read (${String(code)})`;
  }
}
