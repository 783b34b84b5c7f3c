/**
 * Entry of the command line. The engine runs in this very thread: nothing has to start first. An
 * interrupt is left to the system, which ends the process even while the engine computes.
 */
import { processOutput } from './output.ts';
import { removeFetch } from '../node/without-fetch.ts';
import { run } from './run.ts';
import { startFaster } from './start-faster.ts';

const status = await run(process.argv.slice(2), {
  output: processOutput,
  engine: async () => {
    startFaster();
    removeFetch();
    const [{ createEngineService }, { createEngineDeps }] = await Promise.all([
      import('../../engine/service/engine-service.ts'),
      import('../node/engine-deps.ts'),
    ]);
    return createEngineService(createEngineDeps());
  },
});
// Not process.exit: what is still being written goes out first.
process.exitCode = status;
