import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from 'playwright/test';
import { findPhysical } from '../support/doubles.ts';
import { SAMPLE, serveWindow, type ServedWindow } from '../support/window.ts';

/** The real window on the real sample dump, through the loopback host. */
let served: ServedWindow;
let problems: string[];

test.beforeAll(async () => {
  served = await serveWindow({ dump: SAMPLE });
});
test.afterAll(() => served.close());
test.beforeEach(async ({ page }) => {
  problems = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(served.url);
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible();
});
test.afterEach(() => {
  // Broken policy, failed loads and uncaught errors all end up here.
  expect(problems).toEqual([]);
});

const tasks = (page: Page) => page.getByRole('grid', { name: 'Tasks' });
const frames = (page: Page) => page.getByRole('region', { name: 'Frames' });
const hexdump = (page: Page) => page.getByRole('grid', { name: /^Memory/ });

test('the overview says why the kernel died, where, and how complete the dump is', async ({
  page,
}) => {
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    'BUG: kernel NULL pointer dereference',
  );
  const stack = page.getByRole('region', { name: 'Backtrace of the task that died' });
  await expect(stack.locator('li').first()).toContainText('demo_account');
  await expect(stack.locator('li').last()).toContainText('entry_SYSCALL_64_after_hwframe');
  const cpus = page.getByRole('region', { name: 'CPUs' }).getByRole('listitem');
  await expect(cpus).toHaveCount(2);
  await expect(cpus.first()).toContainText('died here');
  await expect(cpus.nth(1)).toContainText('in user mode');
  await expect(page.getByRole('region', { name: 'Taints' })).toContainText('oops_demo');
  await expect(
    page.getByRole('img', { name: /in the dump.*excluded by the filter/ }),
  ).toBeVisible();
  await expect(page.getByRole('region', { name: 'How we know' })).toContainText('BTF in the dump');
  await expect(page).toHaveTitle(/sample\.kdump/);
});

test('tasks are filtered and sorted, and a task shows its backtrace', async ({ page }) => {
  await page.getByRole('link', { name: 'Tasks' }).click();
  await expect(frames(page).locator('li').first()).toContainText('demo_account');
  await page.getByLabel('State').selectOption('UN');
  await expect(tasks(page).getByText('[kthreadd]')).toHaveCount(0);
  await tasks(page).getByText('[oops_waiter]').click();
  await expect(page).toHaveURL(/#\/tasks\/ffff/);
  await expect(frames(page)).toContainText('mutex_lock');
  await page.getByLabel('State').selectOption('');

  await page.getByRole('button', { name: 'User', exact: true }).click();
  await page.getByLabel('Filter tasks').fill('reporter');
  await expect(tasks(page).getByRole('row').nth(1)).toContainText('reporter');
  await expect(tasks(page).getByText('init', { exact: true })).toHaveCount(0);
  await page.getByLabel('Filter tasks').fill('lock-user');
  await page.keyboard.press('Enter');
  await expect(tasks(page)).toBeFocused();
  await expect(frames(page)).toContainText('demo_take_lock');
  await page.getByLabel('Filter tasks').fill('');
  await page.getByRole('button', { name: 'RSS' }).click();
  await expect(page.getByRole('columnheader', { name: 'RSS' })).toHaveAttribute(
    'aria-sort',
    'descending',
  );
  const rss = tasks(page).getByRole('row').nth(1).getByRole('gridcell').nth(5);
  const largest = await rss.innerText();
  await page.getByRole('button', { name: 'RSS' }).click();
  await expect(rss).not.toHaveText(largest);
});

test('columns beyond the edge of the window are hinted at, until one is there', async ({
  page,
}) => {
  await page.setViewportSize({ width: 1024, height: 700 });
  await page.getByRole('link', { name: 'Tasks', exact: true }).click();
  const grid = page.getByRole('grid', { name: 'Tasks' });
  await expect(grid.getByRole('row').nth(1)).toBeVisible();
  const hints = () =>
    grid.evaluate((element) =>
      ['::before', '::after'].map(
        (side) => getComputedStyle(element.parentElement!, side).content !== 'none',
      ),
    );
  await expect.poll(hints).toEqual([false, true]);
  await grid.evaluate((element) => {
    element.scrollLeft = element.scrollWidth;
  });
  await expect.poll(hints).toEqual([true, false]);
});

test('the log is searched and filtered by level, its symbols lead to memory', async ({ page }) => {
  await page.getByRole('link', { name: 'Log', exact: true }).click();
  const list = page.getByRole('region', { name: 'Kernel log' });
  await expect(list).toContainText('entry_SYSCALL_64_after_hwframe');
  await page.getByLabel('Search the log').fill('null pointer');
  await expect(page.getByText('1 of 1', { exact: true })).toBeVisible();
  await expect(list.locator('mark').first()).toHaveText('NULL pointer');
  await page.getByLabel('Levels').selectOption('1');
  await expect(page.getByRole('status').filter({ hasText: ' of ' }).last()).toContainText(
    'records',
  );
  await expect(list.locator('[data-level="6"]')).toHaveCount(0);
  await page.getByLabel('Levels').selectOption('7');
  await page.getByLabel('Search the log').fill('RIP: 0010:demo_account');
  await list
    .getByRole('button', { name: /demo_account\+0x9/ })
    .first()
    .click();
  await expect(hexdump(page)).toContainText('demo_account');
});

test('memory: goes to a symbol, tells apart what is known of bytes, reads numbers', async ({
  page,
}) => {
  await page.getByRole('link', { name: 'Memory' }).click();
  await page.getByLabel('Go to an address or symbol').fill('init_task+0x20');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/memory\/kernel\/ffffffff/);
  await expect(hexdump(page)).toContainText('init_task');
  const inspector = page.getByRole('region', { name: 'Bytes at the cursor' });
  await expect(inspector).toContainText('present');
  await expect(inspector.getByRole('row')).toHaveCount(5);

  await page.getByLabel('Go to an address or symbol').fill('no_such_symbol');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/no_such_symbol/)).toBeVisible();

  await page.getByLabel('Go to an address or symbol').fill('ffff800000000000');
  await page.keyboard.press('Enter');
  await expect(hexdump(page).locator('[data-state="not-mapped"]').first()).toBeVisible();
  await page.getByLabel('Go to an address or symbol').fill('1234567800000000');
  await page.keyboard.press('Enter');
  await expect(hexdump(page).locator('[data-state="non-canonical"]').first()).toBeVisible();

  await page.getByRole('link', { name: 'Physical' }).click();
  // Physical memory begins where RAM does, not at a number that was a virtual address.
  await expect(inspector.getByText('physical')).toBeVisible();
  await expect(hexdump(page)).toContainText(/^0{10}/);
  for (const state of ['zero', 'excluded', 'not-in-dump'] as const) {
    const address = await findPhysical(state);
    await page.getByLabel('Go to an address or symbol').fill(address.toString(16));
    await page.keyboard.press('Enter');
    await expect(hexdump(page).locator(`[data-state="${state}"]`).first()).toBeVisible();
  }
});

test('who holds the mutex: its owner leads to the task', async ({ page }) => {
  await page.keyboard.press('`');
  await page.getByLabel('Command').fill('struct mutex demo_lock -x');
  await page.keyboard.press('Enter');
  const owner = page.locator('.leaf', { hasText: 'counter = 0xffff8d' }).first();
  await expect(owner).toBeVisible();
  await owner.locator('a[data-address]').hover();
  await expect(page.getByRole('tooltip')).toContainText('oops_holder');

  await page.getByLabel('Command').fill('ps | grep UN');
  await page.keyboard.press('Enter');
  await expect(page.getByText('there is no shell here')).toBeVisible();
});

test('a pointer is followed by Enter, and back and forward return', async ({ page }) => {
  await page.getByRole('link', { name: 'Memory' }).click();
  await page.getByLabel('Go to an address or symbol').fill('init_task');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Words' }).click();
  const pointer = hexdump(page).locator('a[data-address^="ffff8d"]').first();
  const address = await pointer.getAttribute('data-address');
  await pointer.click();
  await expect(page).toHaveURL(new RegExp(`#/memory/kernel/${address}`));
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(page).not.toHaveURL(new RegExp(`#/memory/kernel/${address}`));
  await expect(hexdump(page)).toContainText('init_task');
  await page.keyboard.press('Alt+ArrowRight');
  await expect(page).toHaveURL(new RegExp(`#/memory/kernel/${address}`));
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('BUG:');
  await expect(page.getByRole('button', { name: 'Back' })).toBeDisabled();
});

test('the palette goes to a symbol, an address, a task and a view, and runs a command', async ({
  page,
}) => {
  await page.keyboard.press('Control+k');
  await page.keyboard.type('init_task');
  await expect(page.getByRole('dialog').getByRole('option').first()).toContainText('init_task');
  await page.keyboard.press('Enter');
  await expect(hexdump(page)).toContainText('init_task');
  await page.keyboard.press('Control+Shift+P');
  await page.keyboard.type('115');
  await page.keyboard.press('Enter');
  await expect(frames(page)).toContainText('demo_account');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('modules');
  await expect(page.getByRole('dialog').getByRole('option').first()).toContainText('Modules');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('sym init_task');
  await page.keyboard.press('Enter');
  const answers = page.getByRole('log', { name: 'Answers' });
  await expect(answers).toContainText('init_task');
});

test('the console runs commands, keeps their history and tells what is wrong', async ({ page }) => {
  await page.keyboard.press('`');
  const field = page.getByLabel('Command');
  await expect(field).toBeFocused();
  await field.fill('bt');
  await page.keyboard.press('Enter');
  const answers = page.getByRole('log', { name: 'Answers' });
  await expect(answers).toContainText('demo_account');
  await field.fill('nonsense');
  await page.keyboard.press('Enter');
  await expect(answers.getByText('error:')).toBeAttached();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(field).toHaveValue('bt');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(field).toHaveCount(0);
});

test('everything is reached without a mouse', async ({ page }) => {
  await page.keyboard.press('2');
  await page.getByLabel('Filter tasks').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('oops_');
  await expect(tasks(page).getByRole('row')).toHaveCount(4);
  while (!(await tasks(page).evaluate((grid) => grid === document.activeElement)))
    await page.keyboard.press('Tab');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(tasks(page).locator('[aria-selected="true"]')).toHaveCount(1);
  await page.keyboard.press('End');
  await expect(tasks(page).getByRole('row').last()).toHaveAttribute('aria-selected', 'true');
  await expect(frames(page)).toContainText('mutex');
  await page.keyboard.press('5');
  await expect(hexdump(page)).toBeFocused();
  const cursor = page
    .getByRole('region', { name: 'Bytes at the cursor' })
    .getByRole('definition')
    .first();
  const before = await cursor.innerText();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.getByRole('region', { name: 'Bytes at the cursor' })).toContainText('2 bytes');
  expect(BigInt(`0x${await cursor.innerText()}`)).toBe(BigInt(`0x${before}`) + 16n);
  await page.keyboard.press(']');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('g');
  await page.keyboard.type('jiffies');
  await page.keyboard.press('Enter');
  await expect(hexdump(page)).toContainText('jiffies');
  await page.keyboard.press('7');
  await expect(page.getByRole('grid', { name: 'Modules' })).toContainText('oops_demo');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the menu of an address offers what can be done with it', async ({ page }) => {
  const stack = page.getByRole('region', { name: 'Backtrace of the task that died' });
  await stack.locator('a[data-symbol="vfs_write"]').click({ button: 'right' });
  const menu = page.getByRole('menu');
  await expect(menu.getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(menu).toHaveCount(0);
  await stack.locator('a[data-symbol="vfs_write"]').click({ button: 'right' });
  await menu.getByRole('menuitem', { name: /Look the symbol up/ }).click();
  await expect(page.getByRole('log', { name: 'Answers' })).toContainText('vfs_write');
});

test('an address says what it is when one rests on it', async ({ page }) => {
  const task = page.locator('a[data-address^="ffff"]').first();
  await task.hover();
  await expect(page.getByRole('tooltip')).toBeVisible();
});

test('the file is identified by its SHA-256', async ({ page }) => {
  const file = page.getByRole('region', { name: 'File', exact: true });
  await file.getByRole('button', { name: 'Compute SHA-256' }).click();
  const expected = createHash('sha256').update(readFileSync(SAMPLE)).digest('hex');
  await expect(file).toContainText(expected);
});
