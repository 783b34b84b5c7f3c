import type { EngineService } from '../../../src-shared/contract/index.ts';
import { RpcError } from '../../../src-shared/rpc/index.ts';
import type { WindowHost } from './host-service.ts';

/** The engine, opening only files the user chose, and remembering what was opened. */
export function guardedEngine(engine: EngineService, host: WindowHost): EngineService {
  return {
    ...engine,
    open: async (request, call) => {
      const foreign = host.approved.findForeign(request.paths);
      if (foreign !== undefined)
        throw new RpcError('open', `${foreign} was not chosen in a dialog, dropped or given`);
      // Debuginfo cannot be chosen in the window yet, so none that the page names is opened.
      const session = await engine.open({ paths: request.paths }, call);
      host.opened(request.paths, session.release);
      return session;
    },
  };
}
