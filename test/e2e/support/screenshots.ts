/**
 * Pictures of every view, of the real window on a real dump: to look at, and for the README.
 *
 *   node test/e2e/support/screenshots.ts [DUMP] [FOLDER] [WIDTHxHEIGHT…]
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { findTestChromium } from '../../../build/chromium.ts';
import { root, SAMPLE, serveWindow } from './window.ts';

const [dump = SAMPLE, folder = join(root, 'test-results', 'screenshots'), ...sizes] =
  process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const executablePath = findTestChromium();
const browser = await chromium.launch({
  ...(executablePath ? { executablePath } : {}),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});

for (const size of sizes.length ? sizes : ['1440x900', '1024x700']) {
  const [width = 1440, height = 900] = size.split('x').map(Number);
  for (const colorScheme of ['dark', 'light'] as const) {
    const served = await serveWindow();
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`${size} ${colorScheme}: ${message.text()}`);
    });
    page.on('pageerror', (error) => {
      console.error(`${size} ${colorScheme}: ${error.message}`);
    });
    await page.goto(served.url);
    await walk(page, async (name) => {
      await page.waitForTimeout(350);
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
    });
    await page.close();
    await served.close();
  }
}
await browser.close();
console.log(folder);

async function walk(page: Page, take: (name: string) => Promise<void>): Promise<void> {
  await page.getByLabel(/Path of a dump/).waitFor();
  await take('start');
  await page.getByRole('button', { name: 'Folders with debuginfo…' }).click();
  await page.getByLabel(/^Folder to search/).fill(join(root, 'build', 'sample'));
  await page.keyboard.press('Enter');
  await page.getByRole('list', { name: 'Remembered folders' }).getByRole('listitem').waitFor();
  await take('folders');
  await page.keyboard.press('Escape');
  const path = page.getByLabel(/Path of a dump/);
  await path.fill(join(root, 'package.json'));
  // On the field: a sheet that closes gives the focus back a moment later.
  await path.press('Enter');
  await page.getByRole('alert').waitFor();
  await take('bad-file');
  await path.fill(dump);
  await path.press('Enter');
  await page.getByRole('heading', { name: 'Backtrace of the task that died' }).waitFor();
  await take('overview');

  await page.keyboard.press('2');
  const grid = page.getByRole('grid', { name: 'Tasks' });
  await grid.waitFor();
  await page.getByRole('button', { name: 'On CPU' }).click();
  await page.getByRole('row').nth(1).click();
  await page.getByRole('button', { name: 'On CPU' }).click();
  await page.getByRole('region', { name: 'Frames' }).locator('li').first().waitFor();
  await take('tasks');

  await page.keyboard.press('3');
  await page.getByRole('listbox', { name: 'Frames' }).waitFor();
  await page.waitForTimeout(700);
  await take('stack');
  for (const name of ['Assembly', 'Stack', 'Registers']) {
    await page.getByRole('tab', { name }).click();
    await page.waitForTimeout(400);
    await take(`stack-${name.toLowerCase()}`);
  }

  await page.keyboard.press('4');
  await page.getByRole('region', { name: 'Kernel log' }).waitFor();
  await page.getByLabel('Search the log').fill('oops');
  await take('log');

  await page.keyboard.press('Escape');
  await page.evaluate(() => (location.hash = '#/memory/kernel'));
  await page.getByRole('grid', { name: /Memory/ }).waitFor();
  await page.getByLabel('Go to an address or symbol').fill('init_task');
  await page.keyboard.press('Enter');
  await take('memory');
  await page.getByRole('button', { name: 'Words' }).click();
  await take('memory-words');

  await page.keyboard.press('6');
  await page.getByRole('grid', { name: 'Types' }).waitFor();
  await take('types-start');
  await page.getByLabel('Find a type').fill('page');
  await page.keyboard.press('Enter');
  await page.getByRole('treegrid', { name: 'Members' }).waitFor();
  await take('types');
  await page.evaluate(() => (location.hash = '#/types'));
  await page.getByRole('link', { name: /task_struct of the task that died/ }).click();
  await page.getByRole('treegrid', { name: 'Members' }).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await take('types-object');
  await page.getByLabel('Filter members').fill('files');
  await page.getByRole('button', { name: 'Open files' }).click();
  await take('types-filter');
  await page.evaluate(() => (location.hash = '#/types/rq'));
  await page.getByRole('tab', { name: 'Used by' }).click();
  await take('types-users');
  await page.getByRole('tab', { name: 'Definition' }).click();
  await take('types-definition');
  await page.getByRole('tab', { name: 'Members' }).click();

  await page.evaluate(() => (location.hash = '#/modules'));
  await page.getByRole('grid', { name: 'Modules' }).waitFor();
  await take('modules');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('panic');
  await take('palette');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await take('help');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Debuginfo:/ }).click();
  await take('debuginfo');
  await page.getByRole('region', { name: 'Folders searched' }).locator('summary').click();
  await page.getByRole('region', { name: 'Folders searched' }).scrollIntoViewIfNeeded();
  await take('debuginfo-folders');
  await page.keyboard.press('Escape');
  // While the sheet is there, keys are its own.
  await page.getByRole('dialog', { name: 'Debuginfo' }).waitFor({ state: 'hidden' });
  await page.keyboard.press('`');
  await page.getByLabel('Command').fill('bt');
  await page.keyboard.press('Enter');
  await page.getByLabel('Command').fill('struct list_head init_task');
  await page.keyboard.press('Enter');
  await take('console');
}
