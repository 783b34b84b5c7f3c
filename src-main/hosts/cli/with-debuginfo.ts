import { resolve } from 'node:path';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import type { Named } from './open-session.ts';

/** The engine, opening every dump with the debuginfo named on the command line. */
export function withDebuginfo<Engine extends EngineService>(
  engine: Engine,
  named: Omit<Named, 'files'>,
): Engine {
  const absolute = (files: readonly string[] = []) => files.map((file) => resolve(file));
  return {
    ...engine,
    open: (request, call) =>
      engine.open(
        {
          ...request,
          debuginfo: [...(request.debuginfo ?? []), ...absolute(named.debuginfo)],
          override: [...(request.override ?? []), ...absolute(named.override)],
          search: named.search && request.search !== false,
        },
        call,
      ),
  };
}
