import { svelte } from '@sveltejs/vite-plugin-svelte';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  test: {
    include: ['test/**/*.test.ts'],
    // Tests over real kernels have their own run (`npm run test:corpus`); test/e2e is Playwright's.
    exclude: ['test/**/*.corpus.test.ts', 'test/e2e/**'],
    // Worker threads run the sources as they are: without it each strips types anew, by WebAssembly of
    // Node's own, and V8 may abort the process (SIGTRAP) when threads make and drop that many times
    // over (nodejs/node issue 64500).
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/code') },
    testTimeout: 30_000,
  },
});
