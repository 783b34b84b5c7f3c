import { resolve } from 'node:path';
import type { EngineService } from '../../../src-shared/contract/index.ts';

/** The engine, adding to every dump it opens the debuginfo named on the command line. */
export function withDebuginfo<Engine extends EngineService>(
  engine: Engine,
  files: readonly string[],
): Engine {
  if (files.length === 0) return engine;
  const named = files.map((file) => resolve(file));
  return {
    ...engine,
    open: (request, call) =>
      engine.open({ ...request, debuginfo: [...(request.debuginfo ?? []), ...named] }, call),
  };
}
