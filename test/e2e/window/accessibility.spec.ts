import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { expect, test, type Page } from 'playwright/test';
import { SAMPLE, serveWindow, type ServedWindow } from '../support/window.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let served: ServedWindow;
test.beforeAll(async () => {
  served = await serveWindow({ dump: SAMPLE });
});
test.afterAll(() => served.close());

/** What axe finds serious or critical, one line each. */
async function seriousIn(page: Page): Promise<readonly string[]> {
  // Through the debugger: the page's policy forbids scripts of others.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary ?? ''}`),
    );
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no view has serious faults of accessibility (${colorScheme})`, async ({ browser }) => {
    // axe looks at some twenty views, half a second each on a quiet machine.
    test.slow();
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1280, height: 800 },
    });
    const page = await context.newPage();
    await page.goto(served.url);
    await page.getByRole('region', { name: 'Last words' }).first().waitFor();
    const visit = async (name: string) => {
      await page.waitForTimeout(300);
      expect.soft(await seriousIn(page), name).toEqual([]);
    };
    await visit('overview');
    await page.keyboard.press('2');
    await page.getByRole('region', { name: 'Frames' }).locator('li').first().waitFor();
    await visit('tasks');
    await page.keyboard.press('3');
    await page.getByRole('listbox', { name: 'Frames' }).waitFor();
    await visit('stack: assembly and variables');
    await page.getByRole('tab', { name: 'Source' }).click();
    for (const name of ['Stack', 'Registers']) {
      await page.getByRole('tab', { name }).click();
      await visit(`stack: ${name}`);
    }
    await page.keyboard.press('4');
    await page.getByLabel('Search the log').fill('oops');
    await visit('log');
    await page.evaluate(() => (location.hash = '#/memory/physical/ffff0'));
    await page.locator('[data-state="not-in-dump"], [data-state="zero"]').first().waitFor();
    await visit('physical memory');
    await page.evaluate(() => (location.hash = '#/memory/kernel'));
    await page.getByRole('button', { name: 'Words' }).click();
    await visit('words');
    await page.evaluate(() => (location.hash = '#/types'));
    await page.getByRole('grid', { name: 'Types' }).waitFor();
    await visit('types');
    await page.getByRole('link', { name: /task_struct of the task that died/ }).click();
    await page.getByRole('treegrid', { name: 'Members' }).waitFor();
    await page.getByLabel('Filter members').fill('files');
    await page.getByRole('button', { name: 'Open files' }).click();
    await visit('types: an object');
    await page.evaluate(() => (location.hash = '#/types/page/ffffea0000000000'));
    await page.getByText(/Nothing of this object/).waitFor();
    await visit('types: an object that cannot be read');
    await page.evaluate(() => (location.hash = '#/types/rq'));
    for (const name of ['Definition', 'Used by', 'Members']) {
      await page.getByRole('tab', { name }).click();
      await visit(`types: ${name}`);
    }
    await page.evaluate(() => (location.hash = '#/modules/oops_demo'));
    await page.getByRole('region', { name: 'Selected module' }).waitFor();
    await visit('modules');
    await page.keyboard.press('`');
    for (const line of [
      'bt -a',
      'struct task_struct.se,comm,mm init_task',
      'bt -e',
      'struct --layout demo_session',
      'frame -f 1',
    ]) {
      await page.getByLabel('Command').fill(line);
      await page.keyboard.press('Enter');
    }
    await page.getByRole('table', { name: /^Registers as they stood/ }).waitFor();
    await visit('console');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('panic');
    await visit('palette');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Shortcuts' }).click();
    await visit('shortcuts');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Debuginfo:/ }).click();
    for (const fold of await page.locator('dialog summary').all()) await fold.click();
    await visit('debuginfo');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /Close this dump/ }).click();
    await page.getByRole('button', { name: 'Folders with debuginfo…' }).click();
    await page.locator('dialog summary').first().click();
    await visit('folders');
    await page.keyboard.press('Escape');
    await page.getByLabel(/Path of a dump/).fill('/nowhere');
    await visit('start');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await visit('bad file');
    await context.close();
  });
}
