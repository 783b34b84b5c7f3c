import { resolve } from 'node:path';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { givenSourceText, parseGivenSource } from '../../../src-shared/text/given-source.ts';
import type { Named } from './open-session.ts';

/**
 * The engine, opening every dump with the debuginfo and source text named on the command line. What
 * a request says itself stands: a window that is reloaded names all that it had.
 */
export function withDebuginfo<Engine extends EngineService>(
  engine: Engine,
  named: Omit<Named, 'files'>,
): Engine {
  const absolute = (files: readonly string[]) => files.map((file) => resolve(file));
  return {
    ...engine,
    open: (request, call) =>
      engine.open(
        {
          ...request,
          debuginfo: request.debuginfo ?? absolute(named.debuginfo),
          override: request.override ?? absolute(named.override),
          sources: request.sources ?? named.sources.map(absoluteSource),
          search: request.search ?? named.search,
        },
        call,
      ),
  };
}

/** `PREFIX=PATH` with its path absolute; the prefix is a name of the build's machine. */
function absoluteSource(given: string): string {
  const { prefix, path } = parseGivenSource(given);
  return givenSourceText({ prefix, path: resolve(path) });
}
