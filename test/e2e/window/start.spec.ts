import { mkdirSync, mkdtempSync, rmSync, truncateSync, copyFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import { endlessEngine, guessingEngine, HOSTILE, hostileEngine } from '../support/doubles.ts';
import { withDebuginfo } from '../../../src-main/hosts/cli/with-debuginfo.ts';
import { drawVmlinux } from '../../support/packages/draw-debuginfo.ts';
import { realEngine } from '../support/engine.ts';
import { SAMPLE, serveWindow } from '../support/window.ts';

let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-start-'));
});
test.afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a dump is opened by its path, and is among the recent ones after that', async ({ page }) => {
  const served = await serveWindow();
  await page.goto(served.url);
  await page.getByLabel(/Path of a dump/).fill(SAMPLE);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('BUG:');
  await page.getByRole('button', { name: /Close this dump/ }).click();
  const recent = page.getByRole('region', { name: 'Recent' });
  await expect(recent).toContainText('sample.kdump');
  await recent.getByRole('button', { name: /Forget sample/ }).click();
  await expect(recent).toHaveCount(0);
  await served.close();
});

test('a reload opens again what the tab had open, where it looked; closing forgets it', async ({
  page,
}) => {
  const served = await serveWindow();
  const other = join(folder, 'vmlinux');
  writeFileSync(other, drawVmlinux({ buildId: '00112233', release: '5.10.0-1-amd64' }));
  const tree = join(folder, 'linux');
  mkdirSync(tree, { recursive: true });
  await page.goto(served.url);
  await page.getByLabel(/Path of a dump/).fill(SAMPLE);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('BUG:');
  await page.getByRole('link', { name: 'Modules', exact: true }).click();
  await page.getByRole('link', { name: 'Log', exact: true }).click();
  await page.keyboard.press('d');
  const sheet = page.getByRole('dialog', { name: 'Debuginfo' });
  await sheet.getByLabel(/Path of a vmlinux/).fill(other);
  await sheet.getByRole('button', { name: 'Add', exact: true }).click();
  await sheet.getByRole('button', { name: 'Use vmlinux anyway…' }).click();
  await sheet.getByRole('button', { name: 'Use another build' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'OVERRIDE' })).toBeVisible();
  await sheet.getByLabel('Path of the sources').fill(tree);
  await sheet.getByRole('button', { name: 'Add sources' }).click();
  await expect(sheet.getByRole('list', { name: 'Places of source text' })).toContainText(tree);

  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Log' })).toBeVisible();
  await expect(page.locator('#debuginfo-state')).toContainText('OVERRIDE');
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Modules' })).toBeVisible();
  await page.keyboard.press('d');
  await expect(sheet.getByRole('list', { name: 'Places of source text' })).toContainText(tree);
  await expect(sheet.getByRole('list', { name: 'Named so far' })).toContainText(other);
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: /Close this dump/ }).click();
  await page.reload();
  await expect(page.getByLabel(/Path of a dump/)).toBeVisible();
  await served.close();
});

test('what the command line named and the user let go of does not come back by a reload', async ({
  page,
}) => {
  const other = join(folder, 'vmlinux-other');
  writeFileSync(other, drawVmlinux({ buildId: '00112233', release: '5.10.0-1-amd64' }));
  const named = { debuginfo: [other], override: [], sources: [], search: false };
  const served = await serveWindow({ dump: SAMPLE, engine: withDebuginfo(realEngine(), named) });
  await page.goto(served.url);
  await expect(page.locator('#debuginfo-state')).toHaveText(/1 refused/);
  await page.keyboard.press('d');
  const sheet = page.getByRole('dialog', { name: 'Debuginfo' });
  await sheet.getByRole('button', { name: 'Take vmlinux-other off the list' }).click();
  await expect(page.locator('#debuginfo-state')).toHaveText(/no debuginfo$/);
  await page.reload();
  await expect(page.locator('#debuginfo-state')).toHaveText(/no debuginfo$/);
  await served.close();
});

test('a file that is no dump, or a part of one, gives a screen that says so', async ({ page }) => {
  const served = await serveWindow();
  await page.goto(served.url);
  const text = join(folder, 'notes.txt');
  writeFileSync(text, 'no dump at all\n');
  await page.getByLabel(/Path of a dump/).fill(text);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'notes.txt cannot be opened' })).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('notes.txt');
  await expect(page.getByRole('heading', { name: 'What to do' })).toBeVisible();

  const cut = join(folder, 'cut.kdump');
  copyFileSync(SAMPLE, cut);
  truncateSync(cut, 5000);
  await page.getByLabel(/Path of a dump/).fill(cut);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'cut.kdump cannot be opened' })).toBeVisible();
  await expect(page.getByRole('alert')).not.toBeEmpty();
  await page.getByLabel(/Path of a dump/).fill(join(folder, 'nothing'));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'nothing cannot be opened' })).toBeVisible();

  await page.getByRole('button', { name: 'Open another dump' }).click();
  await page.getByLabel(/Path of a dump/).fill(SAMPLE);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('BUG:');
  await served.close();
});

test('opening shows its phases and is cancelled', async ({ page }) => {
  const engine = endlessEngine();
  const served = await serveWindow({ dump: SAMPLE, engine });
  await page.goto(served.url);
  await expect(page.getByText('Decoding kallsyms').first()).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Symbols' })).toHaveAttribute('value', '0.4');
  await page.getByRole('button', { name: /Cancel/ }).click();
  await expect(page.getByLabel(/Path of a dump/)).toBeVisible();
  await expect.poll(() => engine.cancelled()).toBe(true);
  await served.close();
});

test('when the engine goes away, the window says so', async ({ page }) => {
  const served = await serveWindow({ dump: SAMPLE });
  await page.goto(served.url);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('BUG:');
  await served.close();
  await expect(page.getByRole('heading', { name: 'The engine is not there' })).toBeVisible();
});

test('hostile names and messages are only ever text', async ({ page }) => {
  const served = await serveWindow({ dump: SAMPLE, engine: hostileEngine() });
  await page.goto(served.url);
  const shown = HOSTILE.slice(0, 60);
  for (const view of ['Overview', 'Tasks', 'Log', 'Types', 'Modules']) {
    await page.getByRole('link', { name: view, exact: true }).click();
    await expect(page.getByText(shown).first()).toBeVisible();
    expect(await page.evaluate(() => 'owned' in globalThis)).toBe(false);
    const raw = await page.evaluate(() => /[\u202e\u0007]/.test(document.body.textContent));
    expect(raw, `characters that are not seen in ${view}`).toBe(false);
    await expect(page.locator('main img, main script')).toHaveCount(0);
    const overflow = await page.evaluate(() => document.body.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  }
  await served.close();
});

test('frames that are a guess are marked as such, on the screen and in the copy', async ({
  page,
  context,
}) => {
  const served = await serveWindow({ dump: SAMPLE, engine: guessingEngine() });
  await page.goto(served.url);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const stack = page.getByRole('region', { name: 'Backtrace of the task that died' });
  await expect(stack.getByText('guess', { exact: true }).first()).toBeVisible();
  await expect(stack.locator('li').first().getByText('guess')).toHaveCount(0);
  await expect(stack).toContainText('The trace stops here.');
  await stack.getByRole('button', { name: 'Copy' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/#0 \[\w{16}\] demo_account/);
  expect(copied).toMatch(/#3 \[\w{16}\] \? \w+/);
  expect(copied).toContain('excluded by the dump filter');
  await served.close();
});

test('the theme follows the system, and is the one chosen after that', async ({ page }) => {
  const served = await serveWindow();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(served.url);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.getByRole('button', { name: 'Light theme' }).click();
  await expect.poll(background).not.toBe(dark);
  await page.reload();
  await expect.poll(background).not.toBe(dark);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect.poll(background).toBe(dark);
  await served.close();
});
