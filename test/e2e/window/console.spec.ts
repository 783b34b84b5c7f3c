import { expect, test, type Page } from 'playwright/test';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { SAMPLE, serveWindow, type ServedWindow } from '../support/window.ts';

let served: ServedWindow;
test.beforeAll(async () => {
  served = await serveWindow({ dump: SAMPLE });
});
test.afterAll(() => served.close());
test.beforeEach(async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(served.url);
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible();
  await page.keyboard.press('`');
});

/** Runs a command. @returns its answer, once it is whole */
async function ask(page: Page, line: string) {
  await page.getByLabel('Command').fill(line);
  await page.keyboard.press('Enter');
  const answer = page.getByRole('log', { name: 'Answers' }).getByRole('article').last();
  await expect(answer).toContainText(line);
  await expect(answer.getByRole('button', { name: /^Copy/ }).first()).toBeVisible();
  return answer;
}

test('frame N has its parameters and registers, in the copy too', async ({ page }) => {
  const answer = await ask(page, 'frame 1');
  await expect(answer.getByRole('list', { name: 'Parameters' })).toContainText('session');
  await expect(answer.getByRole('button', { name: 'derived' }).first()).toBeVisible();
  const registers = answer.getByRole('table', { name: 'Registers as they stood in this frame' });
  await expect(registers.getByRole('row', { name: /^rbx/ })).toContainText('crash note');
  await answer.getByRole('button', { name: /^Copy/ }).first().click();
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).toMatch(/RBX: ffff\w{12} {2}crash note/);
  expect(await copied()).toContain('derived');
});

test('bt -v has variables, bt -f and -F the words, bt -e the registers of exceptions', async ({
  page,
}) => {
  const variables = await ask(page, 'bt -v');
  await expect(variables.getByRole('list', { name: 'Parameters' }).first()).toContainText(
    'session',
  );
  const words = (await ask(page, 'bt -f')).getByRole('table', { name: /^Words/ });
  await expect(words.nth(2)).toContainText('6873617263');
  const named = (await ask(page, 'bt -F')).getByRole('table', { name: /^Words/ });
  await expect(named.nth(1)).toContainText('demo_write+191');
  const explained = (await ask(page, 'frame -f 1')).getByRole('table', { name: /^Words/ });
  await expect(explained).toContainText('return address');
  const saved = await ask(page, 'bt -e');
  await expect(saved).toContainText(/Kernel-mode exception frame at ffff/);
  await expect(saved).toContainText(/User-mode exception frame at ffff/);
  await expect(saved.getByRole('term').filter({ hasText: 'RIP' })).toHaveCount(2);
  await expect(saved).not.toContainText('no symbol');
});

test('struct --layout has sizes, holes and their sum, with values at an address', async ({
  page,
}) => {
  const plain = await ask(page, 'struct --layout demo_session');
  await expect(plain).toContainText('hole, 4 bytes');
  await expect(plain).toContainText('1 cache line');
  const session = (await ask(page, 'frame 1'))
    .getByRole('list', { name: 'Parameters' })
    .getByRole('listitem')
    .first();
  const address = await session.locator('[data-address]').first().getAttribute('data-address');
  const placed = await ask(page, `struct --layout demo_session ${address}`);
  await expect(placed).toContainText('session-11');
  await expect(placed.locator('.leaf', { hasText: 'name' })).toContainText('[20]');
  await expect(placed).toContainText('hole, 4 bytes');
  await expect(placed).toContainText('1 hole: 4 bytes');
});

test('ps -m has milliseconds', async ({ page }) => {
  const answer = await ask(page, 'ps -m 1');
  await expect(answer.getByRole('cell').first()).toHaveText(/^00:00:\d\d\.\d{3}$/);
  await expect(answer.getByRole('cell').first()).not.toHaveText(/\.000$/);
});

test('Tab completes types, members and long options', async ({ page }) => {
  const field = page.getByLabel('Command');
  const complete = async (typed: string, whole: string) => {
    await field.fill(typed);
    await field.press('Tab');
    await expect(field).toHaveValue(whole);
  };
  await complete('struct demo_sess', 'struct demo_session ');
  await complete('struct demo_session.na', 'struct demo_session.name ');
  await complete('struct --lay', 'struct --layout ');
  await field.fill('struct task_struct.comm init_ta');
  await field.press('Tab');
  await expect(field).toHaveValue(/^struct task_struct\.comm init_task/);
});

test('a completion that comes late leaves the line as it is typed by then', async ({ page }) => {
  const engine = createEngineService(createEngineDeps());
  let asked = 0;
  let answered = 0;
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  const own = await serveWindow({
    dump: SAMPLE,
    engine: {
      ...engine,
      complete: async (request) => {
        const found = await engine.complete(request);
        if (asked++ === 0) await held;
        answered++;
        return found;
      },
    },
  });
  await page.goto(own.url);
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible();
  await page.keyboard.press('`');
  const field = page.getByLabel('Command');
  await field.fill('struct demo_sess');
  await field.press('Tab');
  await expect.poll(() => asked).toBe(1);
  await field.pressSequentially('ion.id');
  answer();
  await expect.poll(() => answered).toBe(1);
  // The next answer comes after the late one.
  await field.press('Tab');
  await expect(field).toHaveValue('struct demo_session.id ');
  await own.close();
});
