/** `npm run test:corpus`: the engine over the real dumps that `npm run corpus` made. */
import { runSteps } from './steps.ts';

const ok = await runSteps([
  {
    name: 'corpus',
    run: [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'vitest.corpus.config.ts',
      '--reporter=default',
      '--reporter=./build/vitest-counts.ts',
    ],
    counted: true,
    live: true,
    limitMinutes: 25,
  },
]);
process.exit(ok ? 0 : 1);
