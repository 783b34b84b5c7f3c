import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserType } from 'playwright';
import { findChromium } from '../src-main/hosts/cli/app-window.ts';

/** The one command that helps where no Chromium was found. */
export const CHROMIUM_COMMAND = 'npx playwright install --with-deps chromium';

/** Said wherever the binary would be wanted. */
export const NO_ELECTRON = 'no Electron binary here (npx install-electron fetches it)';

/** The Chromium that Playwright has installed. */
export function playwrightsChromium(): string | undefined {
  // Loaded only when asked for: it is large, and `npm start` seldom needs it.
  const { chromium } = createRequire(import.meta.url)('playwright') as { chromium: BrowserType };
  const path = chromium.executablePath();
  return path && existsSync(path) ? path : undefined;
}

/**
 * A Chromium for the tests: the one named in OOPSCOPE_CHROMIUM, Playwright's, the system's. As root
 * on Debian, one is installed where there is none.
 */
export function findOrInstallChromium(): string | undefined {
  const found = findTestChromium();
  if (found || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return found;
  console.log('No Chromium here: installing the one of the distribution (apt-get)…');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, encoding: 'utf8' } as const;
  const install = ['install', '-y', '--no-install-recommends', 'chromium'];
  let done = spawnSync('apt-get', install, options);
  if (done.status !== 0) {
    spawnSync('apt-get', ['update'], options);
    done = spawnSync('apt-get', install, options);
  }
  if (done.status !== 0) console.log(done.stderr.trim());
  return findTestChromium();
}

export function findTestChromium(): string | undefined {
  return process.env['OOPSCOPE_CHROMIUM'] ?? playwrightsChromium() ?? findChromium();
}
