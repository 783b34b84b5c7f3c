import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type {
  DebuginfoFolder,
  DebuginfoFolderList,
  DebuginfoFolderRequest,
  DebuginfoFoldersRequest,
} from '../../../src-shared/contract/index.ts';
import { RpcError } from '../../../src-shared/rpc/index.ts';
import { openCacheFolder } from '../../io/cache-folder.ts';
import { openDebuginfoFolders } from '../../io/debuginfo-search/folders-file.ts';
import { placesOf } from '../../io/debuginfo-search/places.ts';

/** The folders of the user's and the usual ones, as hosts tell them and change them. */
export interface FolderSettings {
  list(request: DebuginfoFoldersRequest): Promise<DebuginfoFolderList>;
  /** @throws RpcError `usage` when it is no folder, or cannot be kept */
  add(request: DebuginfoFolderRequest): Promise<DebuginfoFolderList>;
  /** @throws RpcError `usage` when it is not remembered, or the file cannot be changed */
  remove(request: DebuginfoFolderRequest): Promise<DebuginfoFolderList>;
}

export interface FolderSettingsOptions {
  /** The settings file, for tests. */
  readonly file?: string;
  readonly cache?: { readonly folder: string; readonly limit: number };
  /** Instead of `/`. */
  readonly root?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A network folder whose server is gone answers never. */
const PATIENCE_MS = 2000;
const RELEASE = 'RELEASE';

export function createFolderSettings(options: FolderSettingsOptions = {}): FolderSettings {
  const { root, env } = options;
  const remembered = openDebuginfoFolders(options.file);
  const list = async ({ release }: DebuginfoFoldersRequest): Promise<DebuginfoFolderList> => {
    const { folders, problem } = remembered.read();
    const { folder, limit } = options.cache ?? openCacheFolder();
    const places = placesOf({ release: release ?? RELEASE, root, env });
    const usual = places.map(async ({ kind, name: told, folder: path }) => {
      const dependsOnRelease = release === undefined && path.split(/[\\/]/).includes(RELEASE);
      const why = dependsOnRelease ? undefined : await problemOf(path);
      // A tree's name has its path in it, which is told beside.
      const name = kind === 'by-id' ? told.replace(/ \/.*$/, '') : told;
      return { name, path, problem: why, dependsOnRelease };
    });
    return {
      folders: await Promise.all(
        folders.map(async (path): Promise<DebuginfoFolder> => {
          return { path, problem: await problemOf(path) };
        }),
      ),
      usual: await Promise.all(usual),
      file: remembered.file,
      problem,
      cache: { folder, limit },
    };
  };
  return {
    list,
    add: async ({ path, ...rest }) => {
      if (!isAbsolute(path)) throw new RpcError('usage', `${path} is no absolute path`);
      // One name for one folder: without `..` and a slash at its end.
      const folder = resolve(path);
      const problem = await problemOf(folder);
      if (problem !== undefined) throw new RpcError('usage', `${folder} ${problem}`);
      await sentence(remembered.add(folder));
      return list(rest);
    },
    remove: async ({ path, ...rest }) => {
      if (!(await sentence(remembered.remove(path)))) {
        throw new RpcError('usage', `${path} is not among the remembered folders`);
      }
      return list(rest);
    },
  };
}

/** What cannot be kept is no bug. */
async function sentence<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    throw new RpcError('usage', error instanceof Error ? error.message : String(error));
  }
}

async function problemOf(path: string): Promise<string | undefined> {
  const end = new AbortController();
  const late = setTimeout(PATIENCE_MS, 'does not answer', { signal: end.signal, ref: false });
  late.catch(() => undefined);
  try {
    return await Promise.race([look(path), late]);
  } finally {
    end.abort();
  }
}

async function look(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return 'is no folder';
    await access(path, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read (${code})`;
  }
}
