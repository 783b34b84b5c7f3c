import { expect, test, type Page } from 'playwright/test';
import type { Block, EngineService } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
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

test('pointers open in place; a cycle and NULL say so', async ({ page }) => {
  await page.keyboard.press('3');
  const variables = page.getByRole('tabpanel', { name: 'Variables' });
  await variables.getByRole('button', { name: 'What session points to' }).click();
  await expect(variables).toContainText('name = session-11');
  await expect(variables.locator('.leaf', { hasText: 'stats' })).toContainText('NULL');

  await variables.getByRole('button', { name: 'What is in link' }).click();
  const follow = (name: string) =>
    variables.getByRole('button', { name: `What ${name} points to` });
  // From this session's node of the list to the one before it, back to this one, and on.
  await follow('prev').click();
  await expect(follow('next')).toHaveCount(2);
  await follow('next').last().press('Enter');
  await expect(follow('prev')).toHaveCount(3);
  await follow('prev').nth(1).press('Enter');
  await expect(variables).toContainText('A cycle: this object is open already, 2 pointers above.');
  await expect(follow('prev')).toHaveCount(3);
});

test('an argument that is no fact of debuginfo says so, by keyboard too', async ({ page }) => {
  await page.keyboard.press('3');
  const derived = page.getByRole('button', { name: 'derived' }).first();
  await expect(derived).toHaveAccessibleDescription(/calling convention and the machine code/);
  await derived.press('Enter');
  await expect(page.getByText(/^Not told by debuginfo/).last()).toBeVisible();
});

test('a task opens in the Stack view from its menu', async ({ page }) => {
  await page.keyboard.press('3');
  await page.locator('[data-task]').first().click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Open in Stack view' }).click();
  await expect(page).toHaveURL(/#\/stack\/ffff\w{12}$/);
});

test('Tasks and Stack look at the same task, back and forth', async ({ page }) => {
  const grid = page.getByRole('grid', { name: 'Tasks' });
  const stackOf = async (name: string) => {
    await expect(page).toHaveURL(/#\/stack\/ffff\w{12}$/);
    await expect(page.getByRole('region', { name: 'Backtrace' })).toContainText(name);
  };
  await page.keyboard.press('2');
  await page.getByLabel('Filter tasks').fill('lock-user');
  await page.keyboard.press('Enter');
  await expect(grid).toBeFocused();
  await page.keyboard.press('3');
  await stackOf('lock-user');
  await page.keyboard.press('2');
  await expect(grid.locator('[aria-selected="true"]')).toContainText('lock-user');
  await page
    .getByRole('navigation', { name: 'Views' })
    .getByRole('link', { name: 'Stack' })
    .click();
  await stackOf('lock-user');
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(grid.locator('[aria-selected="true"]')).toContainText('lock-user');

  await page.getByLabel('Filter tasks').fill('kthreadd');
  const pane = page.getByRole('region', { name: 'Backtrace' });
  await expect(pane).toContainText('the filter leaves it out');
  await expect(pane).not.toContainText('demo_take_lock');
  await pane.getByRole('button', { name: 'Show all tasks' }).click();
  await expect(grid.locator('[aria-selected="true"]')).toContainText('lock-user');
  await expect(pane).toContainText('demo_take_lock');
});

test('a task of the list opens in the Stack view: Enter, a double click, the link', async ({
  page,
}) => {
  const grid = page.getByRole('grid', { name: 'Tasks' });
  const shown = page.getByRole('region', { name: 'Backtrace' });
  await page.keyboard.press('2');
  await page.getByLabel('Filter tasks').fill('lock-user');
  await page.keyboard.press('Enter');
  await expect(grid).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(list(page)).toBeVisible();
  await expect(shown).toContainText('lock-user');
  await page.keyboard.press('2');
  await page.getByLabel('Filter tasks').fill('oops_waiter');
  await grid.getByText('[oops_waiter]').dblclick();
  await expect(list(page)).toBeVisible();
  await expect(shown).toContainText('oops_waiter');
  await page.keyboard.press('2');
  await shown.getByRole('link', { name: 'Stack view', exact: true }).click();
  await expect(list(page)).toBeVisible();
  await expect(shown).toContainText('oops_waiter');
});

test('a function of a backtrace leads to its frame; its memory is in the menu', async ({
  page,
}) => {
  const overview = page.getByRole('region', { name: 'Backtrace of the task that died' });
  const name = overview.locator('a[data-symbol="vfs_write"]');
  await name.click();
  await expect(chosen(page)).toContainText('vfs_write');
  await page.keyboard.press('Alt+ArrowLeft');
  await name.click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Open in Memory view' }).click();
  await expect(page).toHaveURL(/#\/memory\/kernel\/ffffffff/);

  // What merely lies on a stack is no frame of the backtrace.
  await page.keyboard.press('`');
  await page.getByLabel('Command').fill('bt -t');
  await page.keyboard.press('Enter');
  const found = page.getByRole('log', { name: 'Answers' }).locator('a[data-symbol="vfs_write"]');
  await expect(found).toHaveAttribute('href', /^#\/memory/);
  await page.evaluate(() => (location.hash = '#/overview'));
  const task = await overview.locator('a[href*="/stack/"]').first().getAttribute('href');
  await page.evaluate((hash) => (location.hash = hash), `${task?.replace(/\/\d+$/, '')}/99`);
  await expect(page.getByText('This backtrace has no frame 99.')).toBeVisible();
});

/** The sample's engine, with source text of 1000 lines for the frames of one function. */
function withSource(engine: EngineService): EngineService {
  const file = 'drivers/demo/demo.c';
  const located = (block: Block): Block =>
    block.type !== 'stack'
      ? block
      : {
          ...block,
          stack: {
            ...block.stack,
            frames: block.stack.frames.map((frame) =>
              frame.symbol?.name === 'demo_flush'
                ? { ...frame, source: { file, line: 500 } }
                : frame,
            ),
          },
        };
  return {
    ...engine,
    run: async (request, call) => {
      const result = await engine.run(request, call);
      return { ...result, blocks: result.blocks.map(located) };
    },
    readSource: async ({ first = 1, count = 2000 }) => ({
      file,
      path: `/src/${file}`,
      first,
      lines: Array.from(
        { length: Math.max(0, Math.min(count, 1001 - first)) },
        (_, index) => `\tif (x == ${first + index}) return "<b>"; /* line */`,
      ),
      count: 1000,
      check: 'different',
      how: 'its checksum differs',
    }),
  };
}

test('source text: the line that executes, what it is worth, and more of it on scrolling', async ({
  page,
}) => {
  const own = await serveWindow({
    dump: SAMPLE,
    engine: withSource(createEngineService(createEngineDeps())),
  });
  await page.goto(own.url);
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible();
  await page.keyboard.press('3');
  await page.getByRole('option', { name: /demo_flush/ }).click();
  const source = page.getByRole('region', { name: 'Source' });
  await expect(source.locator('[aria-current="location"]')).toHaveText(
    /^500\s*if \(x == 500\) return "<b>"; \/\* line \*\//,
  );
  await expect(source.locator('[aria-current="location"]')).toBeInViewport();
  await expect(page.getByRole('region', { name: 'Assembly' })).toContainText('demo_account');
  await expect(source.getByRole('button', { name: 'another text' })).toHaveAccessibleDescription(
    /not the text that was compiled.*checksum differs/,
  );

  const line = (number: number) => source.getByText(String(number), { exact: true }).first();
  await expect(source.locator('li')).toHaveCount(201);
  await source.evaluate((pane) => {
    pane.scrollTop = pane.scrollHeight;
  });
  await expect(source.locator('li')).toHaveCount(401);
  await source.evaluate((pane) => {
    pane.scrollTop = 0;
  });
  await expect(source.locator('li')).toHaveCount(601);
  await expect(line(400)).toBeInViewport();
  await own.close();
});

test('while sources are read, the closed sheet leaves word of it, and the Source pane waits', async ({
  page,
}) => {
  const engine = withSource(createEngineService(createEngineDeps()));
  let isGiven = false;
  let finish: (() => void) | undefined;
  const own = await serveWindow({
    dump: SAMPLE,
    engine: {
      ...engine,
      readSource: async (request) =>
        isGiven
          ? engine.readSource(request)
          : { absent: 'unknown', why: 'no source text was given' },
      attachSources: async (request, call) => {
        call?.onProgress?.({ phase: 'sources', text: 'Reading linux.tar.xz', fraction: 0.25 });
        await new Promise<void>((resolve) => (finish = resolve));
        isGiven = true;
        return engine.attachSources(request, call);
      },
    },
  });
  await page.goto(own.url);
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible();
  await page.keyboard.press('3');
  await page.getByRole('option', { name: /demo_flush/ }).click();
  const source = page.getByRole('region', { name: 'Source' });
  await source.getByRole('button', { name: 'Add sources…' }).click();
  const sheet = page.getByRole('dialog', { name: 'Debuginfo' });
  await sheet.getByLabel('Path of the sources').fill('/src/linux.tar.xz');
  await sheet.getByRole('button', { name: 'Add sources' }).click();
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await expect(source).toContainText('Sources are being read');
  await expect(source).not.toContainText('no source text was given');
  const bar = page.getByRole('contentinfo').getByRole('button', { name: /Reading linux\.tar\.xz/ });
  await expect(bar.getByRole('progressbar')).toHaveAttribute('value', '0.25');
  await bar.click();
  await expect(sheet.getByRole('progressbar')).toBeVisible();
  await page.keyboard.press('Escape');
  finish?.();
  await expect(source.locator('[aria-current="location"]')).toContainText('x == 500');
  await expect(bar).toHaveCount(0);
  await own.close();
});
