import { homedir } from 'node:os';
import type {
  DebuginfoFolderRequest,
  EngineService,
  OpenRequest,
} from '../../../src-shared/contract/index.ts';
import { givenSourceText, parseGivenSource } from '../../../src-shared/text/given-source.ts';

/** `~` and `~/…` as a shell has them: nothing expands what is typed into the window's fields. */
export function expandHome(path: string, home = homedir()): string {
  return path === '~' || path.startsWith('~/') ? `${home}${path.slice(1)}` : path;
}

/** The engine, which takes each path that is typed with `~` for one in the user's home. */
export function withHomePaths(engine: EngineService): EngineService {
  return {
    ...engine,
    open: (request, call) => engine.open(openRequest(request), call),
    attachDebuginfo: (request, call) => {
      const given = request.given.map((each) => ({ ...each, path: expandHome(each.path) }));
      return engine.attachDebuginfo({ ...request, given }, call);
    },
    attachSources: (request, call) =>
      engine.attachSources({ ...request, given: request.given.map(expandSource) }, call),
  };
}

export function folderInHome(request: DebuginfoFolderRequest): DebuginfoFolderRequest {
  return { ...request, path: expandHome(request.path) };
}

function openRequest(request: OpenRequest): OpenRequest {
  const { paths, debuginfo, override, sources } = request;
  const expanded = (files: readonly string[]): string[] => files.map((file) => expandHome(file));
  return {
    ...request,
    paths: expanded(paths),
    ...(debuginfo && { debuginfo: expanded(debuginfo) }),
    ...(override && { override: expanded(override) }),
    ...(sources && { sources: sources.map(expandSource) }),
  };
}

/** A prefix is a name of the build's machine. */
function expandSource(given: string): string {
  const { prefix, path } = parseGivenSource(given);
  const expanded = expandHome(path);
  return expanded === path ? given : givenSourceText({ prefix, path: expanded });
}
