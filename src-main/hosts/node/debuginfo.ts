import type { DebuginfoOrigin, DebuginfoStep } from '../../../src-shared/contract/index.ts';
import type {
  DebuginfoWanted,
  FoundDebuginfo,
  OpenedDebugFile,
} from '../../engine/service/engine-deps.ts';
import { openCacheFolder, type CacheFolder } from '../../io/cache-folder.ts';
import { debuginfoAdvice } from '../../io/debuginfo-search/advice.ts';
import { findDebuginfo, NAMED } from '../../io/debuginfo-search/find-debuginfo.ts';
import {
  openDebuginfoFolders,
  type RememberedFolders,
} from '../../io/debuginfo-search/folders-file.ts';
import { InflateLimitError } from '../../io/debuginfo-search/inflate-sections.ts';
import { openDebugFile } from '../../io/debuginfo-search/open-debug-file.ts';
import type { DebuginfoSearchResult, FoundFile } from '../../io/debuginfo-search/result.ts';

/** Where debuginfo is looked for; tests and images of other machines give their own. */
export interface DebuginfoPlaces {
  readonly cache?: CacheFolder;
  /** Folders named once by the user. */
  readonly folders?: () => RememberedFolders;
  /** Instead of `/`. */
  readonly root?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** .debug_info of which the names are read beside the engine: less is read in a moment. */
const LARGE_INFO = 8 * 2 ** 20;
/** What may be inflated of a file that nobody named: a module's sections, not a vmlinux's. */
const UNASKED_INFLATE = 32 * 2 ** 20;
/** … and in all. */
const UNASKED_INFLATE_ALL = 128 * 2 ** 20;

/** Searches for debuginfo by build-id and opens what is found; what is refused says why. */
export async function openDebuginfo(
  wanted: DebuginfoWanted,
  places: DebuginfoPlaces = {},
): Promise<FoundDebuginfo> {
  const cache = places.cache ?? openCacheFolder();
  const remembered = (places.folders ?? (() => openDebuginfoFolders().read()))();
  const { folders } = remembered;
  const { signal, release = '', buildId } = wanted;
  const { root, env } = places;
  const result = await findDebuginfo({
    release,
    buildId,
    banner: wanted.banner,
    compare: wanted.compare,
    modules: wanted.modules,
    dumpPath: wanted.dumpPath,
    given: wanted.given,
    searchesPlaces: wanted.search,
    opensPackages: false,
    extraFolders: folders,
    cache,
    onProgress: ({ path, done, total }) =>
      wanted.onProgress(`Reading ${path}`, total > 0 ? done / total : undefined),
    signal,
    root,
    env,
  });
  const opened = new OpenedFiles();
  let left = UNASKED_INFLATE_ALL;
  const add = async (name: string, found: FoundFile): Promise<void> => {
    const module = wanted.modules.find((each) => each.name === name);
    const inflateLimit = found.how.startsWith(NAMED) ? undefined : Math.min(left, UNASKED_INFLATE);
    wanted.onProgress(`Opening ${found.path}`, undefined);
    const file = await openDebugFile(found.path, {
      cache,
      signal,
      sectionAddress: module?.sectionAddress,
      folders,
      inflateLimit,
      onProgress: (done, total) => {
        wanted.onProgress(`Inflating sections of ${found.path}`, total > 0 ? done / total : 1);
        if (inflateLimit !== undefined && done === total) left -= total;
      },
      root,
      env,
    });
    const { dwarf } = file;
    const readNames =
      dwarf !== undefined && dwarf.info.size >= LARGE_INFO
        ? async (end: AbortSignal) => {
            const { readNameIndex } = await import('./name-index.ts');
            const { path, buildId: id } = found;
            return readNameIndex({ path, buildId: id, dwarf, folders }, cache, end);
          }
        : undefined;
    const readers =
      module === undefined
        ? { readKernelSymbols: file.readKernelSymbols }
        : { readSymbols: file.readSymbols };
    const { findSymbolFile } = file;
    const part = { ...partOf(name, found), dwarf, readNames, findSymbolFile, ...readers };
    opened.add(part, () => file.close(), file.warnings);
  };
  /** A damaged file costs its own answers, not the dump's. */
  const tryAdd = async (name: string, found: FoundFile): Promise<void> => {
    try {
      await add(name, found);
    } catch (error) {
      if (signal?.aborted === true || !(error instanceof Error)) throw error;
      opened.fail(name, found, error);
    }
  };
  try {
    if (result.vmlinux !== undefined) await tryAdd('vmlinux', result.vmlinux);
    for (const [name, found] of result.modules) await tryAdd(name, found);
  } catch (error) {
    opened.close();
    throw error;
  }
  const unknown = wanted.search ? unknownFolders(remembered) : [];
  return {
    files: opened.files,
    steps: [...result.steps, ...opened.steps, ...unknown],
    stepsLeftOut: result.leftOut,
    problems: [
      ...problemsOf(result),
      ...doubtsOf(result),
      ...opened.problems,
      ...unknown.map(problemOf),
    ],
    advice: result.vmlinux?.hasDwarf === true ? [] : debuginfoAdvice(release, buildId).ways,
    close: () => opened.close(),
  };
}

class OpenedFiles {
  readonly files: OpenedDebugFile[] = [];
  readonly steps: DebuginfoStep[] = [];
  readonly problems: string[] = [];
  readonly #closers: (() => void)[] = [];

  add(file: OpenedDebugFile, close: () => void, warnings: readonly string[]): void {
    this.files.push(file);
    this.problems.push(...warnings);
    this.#closers.push(close);
  }

  fail(name: string, { path, how, buildId }: FoundFile, error: Error): void {
    const skipped = error instanceof InflateLimitError;
    const message = `${path} cannot be used: ${error.message}`;
    if (!skipped) this.problems.push(`debuginfo of ${name}: ${message}`);
    this.steps.push({
      place: how,
      what: name,
      outcome: skipped ? 'skipped' : 'unreadable',
      message: skipped ? `${path}: ${error.message}` : message,
      path,
      buildId,
    });
  }

  close(): void {
    for (const close of this.#closers.splice(0)) close();
  }
}

/** Folders that are remembered, but not by us. */
function unknownFolders({ problem }: RememberedFolders): DebuginfoStep[] {
  if (problem === undefined) return [];
  const message = `${problem}: folders in it were not searched`;
  return [{ place: 'remembered folders', what: 'vmlinux', outcome: 'unreadable', message }];
}

/** What was named, and what lies beside the dump, was meant to be used: that it is not is told. */
function problemsOf({ steps }: DebuginfoSearchResult): string[] {
  return steps
    .filter(({ outcome, place }) => {
      const meant = place.startsWith(NAMED) || place.startsWith('beside the dump');
      return meant && (outcome === 'mismatch' || outcome === 'unreadable');
    })
    .map(problemOf);
}

/** A file that is used though some of its content is not the dump's. */
function doubtsOf({ vmlinux, modules }: DebuginfoSearchResult): string[] {
  const files = new Map([...(vmlinux ? [['vmlinux', vmlinux] as const] : []), ...modules]);
  return [...files].flatMap(([name, { path, doubt }]) =>
    doubt === undefined ? [] : [`debuginfo of ${name}: ${path} ${doubt}. It is used all the same.`],
  );
}

function problemOf({ what, message }: DebuginfoStep): string {
  return `debuginfo of ${what}: ${message}`;
}

function partOf(name: string, { path, match, buildId, how, hasDwarf, origin }: FoundFile) {
  return { name, path, match, buildId, how, hasDwarf, ...(origin && { origin: plain(origin) }) };
}

function plain({ path, entry, size, mtimeMs }: DebuginfoOrigin): DebuginfoOrigin {
  return { path, entry, size, mtimeMs };
}
