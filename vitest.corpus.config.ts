import { defineConfig } from 'vitest/config';

/** Tests over the real dumps that `npm run corpus` makes. */
export default defineConfig({
  test: {
    include: ['test/**/*.corpus.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // The dumps are large and the machines small: one file at a time.
    fileParallelism: false,
  },
});
