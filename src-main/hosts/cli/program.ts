/**
 * The command line in this process. The engine runs in this very thread: nothing has to start first.
 * An interrupt is left to the system, which ends the process even while the engine computes.
 */
import { processOutput } from './output.ts';
import { removeFetch } from '../node/without-fetch.ts';
import { run } from './run.ts';

/** @returns the exit status */
export function program(args: readonly string[]): Promise<number> {
  return run(args, {
    output: processOutput,
    engine: async () => {
      removeFetch();
      const [{ createEngineService }, { createEngineDeps }] = await Promise.all([
        import('../../engine/service/engine-service.ts'),
        import('../node/engine-deps.ts'),
      ]);
      return createEngineService(createEngineDeps());
    },
  });
}
