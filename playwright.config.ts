import { defineConfig } from 'playwright/test';
import { findTestChromium } from './build/chromium.ts';

const executablePath = findTestChromium();

/** The window, in a real browser. `npm test` finds or installs the browser and runs this. */
export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'node_modules/.cache/playwright',
  timeout: 60_000,
  // Two cores are common; the engine of each test wants one.
  workers: 1,
  forbidOnly: !!process.env['CI'],
  reporter: [['list'], ['./build/playwright-counts.ts']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      // Root has no user namespace to sandbox in; the pages are our own.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    trace: 'off',
  },
  projects: [
    { name: 'loopback', testMatch: /.*\.spec\.ts/, testIgnore: /electron\// },
    /** The Electron main process and preload over a double of the `electron` module. */
    { name: 'electron-double', testMatch: /electron\/double.*\.spec\.ts/ },
    /** The real thing, where its binary is installed. */
    { name: 'electron', testMatch: /electron\/real.*\.spec\.ts/ },
  ],
});
