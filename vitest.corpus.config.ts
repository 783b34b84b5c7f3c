import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests over the real dumps that `npm run corpus` makes. */
export default defineConfig({
  test: {
    include: ['test/**/*.corpus.test.ts'],
    // Worker threads run the sources as they are: without it each strips types anew, by WebAssembly of
    // Node's own, and V8 may abort the process (SIGTRAP) when threads make and drop that many times
    // over (nodejs/node issue 64500).
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/code') },
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // The dumps are large and the machines small: one file at a time.
    fileParallelism: false,
  },
});
