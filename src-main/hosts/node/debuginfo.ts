import type {
  DebuginfoWanted,
  FoundDebuginfo,
  OpenedDebugFile,
} from '../../engine/service/engine-deps.ts';
import { openCacheFolder } from '../../io/cache-folder.ts';
import { findDebuginfo } from '../../io/debuginfo-search/find-debuginfo.ts';
import { openDebugFile } from '../../io/debuginfo-search/open-debug-file.ts';
import { adviceText, debuginfoAdvice } from '../../io/debuginfo-search/advice.ts';
import type { FoundFile } from '../../io/debuginfo-search/result.ts';

/** Searches for debuginfo by build-id and opens what is found; what is refused says why. */
export async function openDebuginfo(wanted: DebuginfoWanted): Promise<FoundDebuginfo> {
  const cache = openCacheFolder();
  const { signal } = wanted;
  const result = await findDebuginfo({
    release: wanted.release ?? '',
    buildId: wanted.buildId,
    banner: wanted.banner,
    modules: wanted.modules,
    dumpPath: wanted.dumpPath,
    given: wanted.given.map((path) => ({ path })),
    cache,
    onProgress: ({ path, done, total }) => wanted.onProgress(`Reading ${path}`, done / total),
    signal,
  });
  const closers: (() => void)[] = [];
  const files: OpenedDebugFile[] = [];
  const problems = result.steps
    .filter(({ outcome }) => outcome === 'mismatch' || outcome === 'unreadable')
    .map(({ what, message }) => `debuginfo of ${what}: ${message}`);
  const add = async (name: string, found: FoundFile): Promise<void> => {
    const module = wanted.modules.find((each) => each.name === name);
    const file = await openDebugFile(found.path, {
      cache,
      signal,
      sectionAddress: module?.sectionAddress,
    });
    closers.push(() => file.close());
    problems.push(...file.warnings);
    files.push({ name, path: found.path, match: found.match, dwarf: file.dwarf });
  };
  /** A damaged file costs its own answers, not the dump's. */
  const tryAdd = async (name: string, found: FoundFile): Promise<void> => {
    try {
      await add(name, found);
    } catch (error) {
      if (signal?.aborted === true || !(error instanceof Error)) throw error;
      problems.push(`debuginfo of ${name}: ${found.path} cannot be used: ${error.message}`);
    }
  };
  if (result.vmlinux !== undefined) await tryAdd('vmlinux', result.vmlinux);
  else problems.push(adviceText(debuginfoAdvice(wanted.release ?? '', wanted.buildId)));
  for (const [name, found] of result.modules) await tryAdd(name, found);
  return {
    files,
    problems,
    close: () => {
      for (const close of closers.splice(0)) close();
    },
  };
}
