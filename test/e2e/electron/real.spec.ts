import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { _electron, expect, test } from 'playwright/test';
import { NO_ELECTRON } from '../../../build/chromium.ts';
import { findElectronApp } from '../../../src-main/hosts/cli/project-files.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const sample = join(root, 'build', 'sample', 'sample.kdump');
const executablePath = findElectronApp()?.binary;

test.skip(executablePath === undefined, NO_ELECTRON);
test.skip(!existsSync(sample), 'build/sample/sample.kdump is not in this checkout');

test('the app opens the sample in a sandboxed window', async () => {
  const app = await _electron.launch({
    ...(executablePath && { executablePath }),
    // Root has no user namespace to sandbox in.
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root, sample],
  });
  try {
    const page = await app.firstWindow();
    expect(page.url()).toBe('app://oopscope/index.html');
    await expect(page.locator('#app')).not.toBeEmpty();
    expect(await page.evaluate(() => 'require' in globalThis || 'process' in globalThis)).toBe(
      false,
    );
    await expect(page).toHaveTitle(/sample\.kdump/);
    await expect(page.getByText(/cloud-amd64/).first()).toBeVisible();
  } finally {
    await app.close();
  }
});
