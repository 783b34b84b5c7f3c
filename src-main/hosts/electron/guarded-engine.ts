import type { EngineService } from '../../../src-shared/contract/index.ts';
import { parseGivenSource } from '../../../src-shared/text/given-source.ts';
import type { WindowHost } from './host-service.ts';

/** The engine, opening only files the user chose, and remembering what was opened. */
export function guardedEngine(engine: EngineService, host: WindowHost): EngineService {
  const check = (paths: readonly string[]): void => host.approved.check(paths);
  return {
    ...engine,
    open: async (request, call) => {
      const { paths, debuginfo = [], override = [], sources = [] } = request;
      check([...paths, ...debuginfo, ...override, ...pathsOf(sources)]);
      const session = await engine.open(request, call);
      host.approveFound(session.debuginfo);
      host.opened(paths, session.release);
      return session;
    },
    attachDebuginfo: async (request, call) => {
      check(request.given.map(({ path }) => path));
      const session = await engine.attachDebuginfo(request, call);
      host.approveFound(session.debuginfo);
      return session;
    },
    attachSources: async (request, call) => {
      check(pathsOf(request.given));
      return engine.attachSources(request, call);
    },
  };
}

/** A prefix is a name only. */
function pathsOf(sources: readonly string[]): string[] {
  return sources.map((given) => parseGivenSource(given).path);
}
