import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';

/** The one command that helps where no Chromium was found. */
export const CHROMIUM_COMMAND = 'npx playwright install --with-deps chromium';

/**
 * A Chromium to show or test the window in: the one named in OOPSCOPE_CHROMIUM, Playwright's, the
 * system's.
 */
export function findChromium(): string | undefined {
  const named = process.env['OOPSCOPE_CHROMIUM'];
  if (named) return named;
  const playwrights = chromium.executablePath();
  if (playwrights && existsSync(playwrights)) return playwrights;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  for (const name of names)
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (folder && isExecutable(path)) return path;
    }
  return ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find(isExecutable);
}

/** As {@link findChromium}, but as root on Debian installs one where there is none. */
export function findOrInstallChromium(): string | undefined {
  const found = findChromium();
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
  return findChromium();
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
