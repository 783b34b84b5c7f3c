import { expect, test, type Page } from 'playwright/test';
import { SAMPLE, serveWindow, type ServedWindow } from '../support/window.ts';

let served: ServedWindow;
test.beforeAll(async () => {
  served = await serveWindow({ dump: SAMPLE });
});
test.afterAll(() => served.close());
test.beforeEach(async ({ page }) => {
  await page.goto(served.url);
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible();
});
const list = (page: Page) => page.getByRole('listbox', { name: 'Frames' });
const chosen = (page: Page) => list(page).locator('[aria-selected="true"]');

test('the stack of the task that died: frames by keyboard, their code and registers', async ({
  page,
}) => {
  await page.keyboard.press('3');
  await expect(chosen(page)).toContainText('demo_account');
  await expect(list(page)).toBeFocused();
  const code = page.getByRole('tabpanel', { name: 'Assembly' });
  await expect(code.locator('[aria-current="location"]')).toContainText('executing here');

  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(page).toHaveURL(/#\/stack\/ffff\w{12}\/2$/);
  await expect(code.locator('[aria-current="location"]')).toContainText('demo_flush');
  // What was brought into view moved in its pane, not the window.
  await expect(page.getByRole('banner')).toBeInViewport();
  const tops = await page
    .locator('.workspace, main')
    .evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().top)));
  expect(tops[0]).toBe(0);

  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { selected: true }).first()).toBeFocused();
  await page.keyboard.press(']');
  await expect(page).toHaveURL(/\/3$/);
  await page.keyboard.press('[');
  await expect(page).toHaveURL(/\/2$/);
  await page.getByRole('tab', { name: 'Registers' }).click();
  await expect(page.getByRole('tabpanel', { name: 'Registers' })).toContainText('rip');
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(page).toHaveURL(/#\/stack$/);
});

test('a frame of the overview leads to the Stack view', async ({ page }) => {
  await page
    .getByRole('region', { name: 'Backtrace of the task that died' })
    .getByRole('link', { name: 'Frame 3 in the Stack view' })
    .click();
  await expect(chosen(page)).toContainText('proc_reg_write');
});
