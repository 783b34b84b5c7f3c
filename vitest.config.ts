import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  test: {
    include: ['test/**/*.test.ts'],
    // Tests over real kernels have their own run (`npm run test:corpus`); test/e2e is Playwright's.
    exclude: ['test/**/*.corpus.test.ts', 'test/e2e/**'],
    testTimeout: 30_000,
  },
});
