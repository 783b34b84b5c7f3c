import { expect, test, type Page } from 'playwright/test';
import { realEngine } from '../support/engine.ts';
import { SAMPLE, serveWindow, type ServedWindow } from '../support/window.ts';

/** The Types view on the sample, which has the BTF of its kernel and of its modules. */
let served: ServedWindow;
let problems: string[];

test.beforeAll(async () => {
  served = await serveWindow({ dump: SAMPLE });
});
test.afterAll(() => served.close());
test.beforeEach(async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  problems = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(served.url);
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible();
});
test.afterEach(() => {
  expect(problems).toEqual([]);
});

const list = (page: Page) => page.getByRole('grid', { name: 'Types' });
const members = (page: Page) => page.getByRole('treegrid', { name: 'Members' });
const chosen = (page: Page) => members(page).locator('[aria-selected="true"]');
const row = (page: Page, text: string | RegExp) =>
  members(page).getByRole('row').filter({ hasText: text });
/** A member by its name alone. */
const member = (page: Page, name: string) =>
  members(page)
    .getByRole('row')
    .filter({ has: page.getByText(name, { exact: true }) });
const object = (page: Page) => page.getByLabel('Object', { exact: true });
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
async function visit(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => (location.hash = to), hash);
}
async function show(page: Page, text: string): Promise<void> {
  await object(page).fill(text);
  await page.keyboard.press('Enter');
}

test('a type is found by name, and its holes, padding and cache lines are rows', async ({
  page,
}) => {
  await page.keyboard.press('6');
  await expect(list(page)).toBeVisible();
  await page.keyboard.press('t');
  await page.keyboard.type('page_po');
  await expect(list(page).getByRole('row').nth(1)).toContainText('page_pool');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('struct rq');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/types\/rq$/);
  await expect(page.getByRole('heading', { name: 'struct rq' })).toBeVisible();
  // What pahole says of it: test/corpus/parity/layout.corpus.test.ts compares all.
  const layout = page.getByRole('list', { name: 'Layout' });
  for (const fact of [/3.264 bytes/, '73 members', '51 cache lines', '11 holes: 182 bytes', 'BTF'])
    await expect(layout).toContainText(fact);
  await expect(layout).toContainText('padding: 56 bytes');
  await expect(row(page, 'hole, 28 bytes')).toContainText('0x24');
  await expect(row(page, 'cache line 1')).toContainText('0x40');
  await page.getByRole('group', { name: 'Offsets' }).getByRole('button', { name: '10' }).click();
  await expect(row(page, 'hole, 28 bytes')).toContainText('36');
});

test('an object is named by symbol, expression or per-CPU variable, and what is wrong is said', async ({
  page,
}) => {
  await visit(page, '#/types/task_struct');
  await show(page, 'init_task');
  await expect(page).toHaveURL(/#\/types\/task_struct\/ffffffff\w{8}$/);
  await page.getByLabel('Filter members').fill('comm');
  await expect(member(page, 'comm')).toContainText('swapper/0');
  await page.getByLabel('Filter members').fill('mm');
  await expect(member(page, 'mm')).toContainText('NULL');
  await page.getByLabel('Filter members').fill('comm');
  await show(page, '&((struct rq *)0)->curr');
  await expect(page.getByText(/address of user space|invalid kernel/)).toBeVisible();
  await show(page, '*current_task:1');
  await expect(page).toHaveURL(/#\/types\/task_struct\/ffff8d79\w{8}$/);
  await expect(member(page, 'comm')).toContainText('spinner');
  await show(page, 'no_such_symbol');
  await expect(page.getByText(/symbol not found: no_such_symbol/)).toBeVisible();

  await visit(page, '#/types/rq');
  await page.getByRole('button', { name: 'runqueues:0' }).click();
  await expect(page.getByText('runqueues of CPU 0')).toBeVisible();
  await expect(member(page, 'nr_switches')).toBeVisible();
  await show(page, 'runqueues:a');
  await expect(page.getByText('runqueues:a names 2 objects')).toBeVisible();
});

test('members by keyboard: open, close, follow a pointer, come back to what was open', async ({
  page,
}) => {
  await page.keyboard.press('6');
  await page.getByRole('link', { name: /task_struct of the task that died/ }).click();
  await expect(members(page)).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('thread_info');
  await page.keyboard.press('Enter');
  await expect(members(page)).toBeFocused();
  await expect(chosen(page)).toContainText('thread_info');
  await page.keyboard.press('ArrowRight');
  await expect(chosen(page)).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('ArrowRight');
  await expect(chosen(page)).toContainText('flags');
  await expect(page).toHaveURL(/\/thread_info\.flags$/);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(chosen(page)).toHaveAttribute('aria-expanded', 'false');

  await page.keyboard.press('/');
  await page.keyboard.type('files');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect(member(page, 'fdt')).toContainText('struct fdtable *');
  await expect(row(page, 'padding, 32 bytes')).toBeVisible();
  await page.keyboard.press('End');
  await expect(chosen(page)).toContainText('padding, 32 bytes');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'struct files_struct' })).toBeVisible();
  await expect(page.getByText('files_cache object')).toBeVisible();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(member(page, 'fdt')).toBeVisible();
  await expect(page.getByLabel('Filter members')).toHaveValue('files');
});

test('a ring of pointers ends', async ({ page }) => {
  await visit(page, '#/types/list_head');
  await show(page, 'init_task.tasks.next->prev');
  await expect(member(page, 'next')).toContainText('0xffff');
  await members(page).focus();
  await page.keyboard.press('Home');
  // To the next one, from there back to this one, and from there on.
  await page.keyboard.press('ArrowRight');
  await expect(member(page, 'prev')).toHaveCount(2);
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
  await expect(member(page, 'prev')).toHaveCount(3);
  for (const key of ['ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
  await expect(row(page, /A cycle: this object is open already, 2 pointers above/)).toBeVisible();
});

test('members are filtered at any depth, with their paths', async ({ page }) => {
  await visit(page, '#/types/task_struct');
  await page.getByLabel('Filter members').fill('vruntime');
  await expect(member(page, 'se.vruntime')).toContainText('0xd0');
  await expect(page.getByRole('status').filter({ hasText: 'member found' })).toBeVisible();
  await page.getByLabel('Filter members').fill('rb_node');
  await expect(member(page, 'se.run_node')).toContainText('struct rb_node');
  await page.getByLabel('Filter members').fill('nothing at all');
  await expect(page.getByText(/No member’s name or type contains/)).toBeVisible();
});

test('a link leads to a member, opened where it stands', async ({ page }) => {
  await visit(page, '#/types/rq/-/cfs.tasks_timeline');
  await expect(chosen(page)).toContainText('tasks_timeline');
  await expect(chosen(page)).toBeInViewport();
  await visit(page, '#/types/rq/-/no_such_member');
  await expect(page.getByText('There is no member no_such_member.')).toBeVisible();
});

test('the type as C, its values and JSON are copied', async ({ page }) => {
  await visit(page, '#/types/list_head');
  await page.getByRole('tab', { name: 'Definition' }).click();
  await page.getByRole('button', { name: 'Copy C' }).click();
  await expect
    .poll(() => clipboard(page))
    .toBe(
      'struct list_head {\n    struct list_head *next;\n    struct list_head *prev;\n}\nSIZE: 16',
    );
  // A variable has the same name: it is the type that is meant.
  await visit(page, '#/types/kmem_cache');
  await expect(page.getByText('struct kmem_cache_cpu')).toBeVisible();
  await visit(page, '#/types/list_head');
  await page.getByRole('tab', { name: 'Members' }).click();
  await show(page, 'modules');
  await page.getByRole('button', { name: 'Values' }).click();
  await expect.poll(() => clipboard(page)).toMatch(/struct list_head \*next = 0xffffffffc0\w+/);
  await page.getByRole('button', { name: 'JSON' }).click();
  await expect.poll(() => clipboard(page)).toContain('"typeName": "struct list_head"');
});

test('who uses a type leads to the member that does', async ({ page }) => {
  await visit(page, '#/types/rq');
  await page.getByRole('tab', { name: 'Used by' }).click();
  const users = page.getByRole('grid', { name: 'Users of the type' });
  await expect(users.getByRole('row')).toHaveCount(4);
  await users.getByRole('link', { name: 'cfs_rq' }).click();
  await page.getByRole('tab', { name: 'Members' }).click();
  await expect(chosen(page)).toContainText('struct rq *');
});

test('the next and the previous object, as in an array', async ({ page }) => {
  await visit(page, '#/types/list_head');
  await show(page, 'modules');
  await expect(page).toHaveURL(/#\/types\/list_head\/ffffffff\w{7}0$/);
  const before = BigInt(`0x${page.url().split('/').at(-1) ?? ''}`);
  await members(page).focus();
  await page.keyboard.press(']');
  await expect(object(page)).toHaveValue((before + 16n).toString(16));
  await page.getByRole('button', { name: 'Previous object' }).click();
  await page.keyboard.press('[');
  await expect(object(page)).toHaveValue((before - 16n).toString(16));
});

test('types elsewhere lead here: palette, console, variables, a task’s menu', async ({ page }) => {
  await page.keyboard.press('Control+k');
  await page.keyboard.type('struct net_devic');
  await page
    .getByRole('option', { name: /struct net_device/ })
    .first()
    .click();
  await expect(page.getByRole('heading', { name: 'struct net_device' })).toBeVisible();

  await page.keyboard.press('`');
  await page.getByLabel('Command').fill('struct list_head modules');
  await page.keyboard.press('Enter');
  const answers = page.getByRole('log', { name: 'Answers' });
  await answers.getByRole('link', { name: 'struct list_head *' }).first().press('Enter');
  await expect(page).toHaveURL(/#\/types\/list_head\/ffffffffc0\w+$/);

  await page.keyboard.press('Escape');
  await visit(page, '#/stack');
  const variables = page.getByRole('tabpanel', { name: 'Variables' });
  await variables.getByRole('link', { name: 'struct demo_session *' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'struct demo_session' })).toBeVisible();
  await expect(member(page, 'name')).toContainText('session-11');
  await expect(page.getByRole('list', { name: 'Layout' })).toContainText('BTF:oops_demo');

  await visit(page, '#/stack');
  await page.locator('[data-task]').first().click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Open task_struct in Types view' }).click();
  await expect(page).toHaveURL(/#\/types\/task_struct\/ffff\w{12}$/);
});

test('what cannot be shown says why', async ({ page }) => {
  await visit(page, '#/types/no_such_type');
  await expect(
    page.getByText(/invalid data structure reference: no_such_type \(asked BTF/),
  ).toBeVisible();
  await visit(page, '#/types/task_struct/1000');
  await expect(page.getByText(/address of user space/)).toBeVisible();
  await visit(page, '#/types/page/ffffea0000000000');
  await expect(page.getByText(/Nothing of this object can be read: not mapped/)).toBeVisible();
  await expect(member(page, 'flags')).toContainText('not mapped');
  await visit(page, '#/types/rpc_sysfs_client');
  await expect(page.getByText(/only declared/)).toBeVisible();
  await visit(page, '#/types/enum:pid_type');
  await expect(page.getByText('PIDTYPE_TGID = 1')).toBeVisible();
  await visit(page, '#/types/pid_t');
  await expect(page.getByText(/typedef int pid_t/)).toBeVisible();
});

test('a dump without types says so, and where they could come from', async ({ page }) => {
  const engine = realEngine();
  const own = await serveWindow({
    dump: SAMPLE,
    engine: {
      ...engine,
      open: async (request, call) => {
        const info = await engine.open(request, call);
        const capabilities = info.capabilities.map((each) =>
          each.name === 'types' ? { ...each, ok: false, how: 'no BTF in the dump' } : each,
        );
        return { ...info, capabilities };
      },
    },
  });
  await page.goto(own.url);
  await page
    .getByRole('navigation', { name: 'Views' })
    .getByRole('link', { name: 'Types' })
    .click();
  await expect(page.getByText('no BTF in the dump.')).toBeVisible();
  await page.getByRole('button', { name: /Find or add debuginfo/ }).click();
  await expect(page.getByRole('dialog', { name: 'Debuginfo' })).toBeVisible();
  await own.close();
});

test('nothing is cut without a sign: the field for an object, the kind of a long name', async ({
  page,
}) => {
  for (const width of [1440, 1024]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${served.url.split('#')[0]}#/types/task_struct`);
    const field = page.getByLabel('Object', { exact: true });
    await expect(field).toHaveAttribute('title', /variable:cpu/);
    const room = await field.evaluate((input: HTMLInputElement) => {
      const { font, paddingLeft, paddingRight } = getComputedStyle(input);
      const context = document.createElement('canvas').getContext('2d')!;
      context.font = font;
      const padding = parseFloat(paddingLeft) + parseFloat(paddingRight);
      return input.clientWidth - padding - context.measureText(input.placeholder).width;
    });
    expect(room).toBeGreaterThanOrEqual(0);

    await page.getByLabel('Kind of type').selectOption('typedef');
    const find = page.getByRole('searchbox', { name: 'Find a type' });
    await find.fill('compat_');
    const rows = page
      .getByRole('grid', { name: 'Types' })
      .getByRole('gridcell', { name: /typedef/ });
    await expect(rows.first()).toBeVisible();
    const cut = await rows.evaluateAll(
      (cells) =>
        cells.filter((cell) => {
          const kind = cell.querySelector('.kind')!.getBoundingClientRect();
          return kind.right > cell.getBoundingClientRect().right;
        }).length,
    );
    expect(cut).toBe(0);
  }
});
