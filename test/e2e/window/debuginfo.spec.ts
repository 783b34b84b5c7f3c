import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from 'playwright/test';
import type { DebuginfoInfo } from '../../../src-shared/contract/index.ts';
import { drawVmlinux } from '../../support/packages/draw-debuginfo.ts';
import { drawDeb } from '../../support/packages/draw-packages.ts';
import { realEngine } from '../support/engine.ts';
import { SAMPLE, serveWindow, type ServedWindow } from '../support/window.ts';

const OTHER = 'ffeeddccbbaa99887766554433221100ffeeddcc';

let folder: string;
let dump: string;
let served: ServedWindow;
let wanted: { release: string; buildId: string };

test.beforeAll(async () => {
  const engine = realEngine();
  const { session, debuginfo } = await engine.open({ paths: [SAMPLE], search: false });
  wanted = idsOf(debuginfo);
  await engine.close({ session });
});
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-debuginfo-'));
  dump = join(folder, 'dump.kdump');
  copyFileSync(SAMPLE, dump);
});
test.afterEach(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

function idsOf({ wanted: { release, buildId } }: DebuginfoInfo) {
  if (release === undefined || buildId === undefined) throw new Error('the sample tells both');
  return { release, buildId };
}
function put(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}
async function open(page: Page): Promise<void> {
  served = await serveWindow({ dump });
  await page.goto(served.url);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('BUG:');
}
const sheet = (page: Page) => page.getByRole('dialog', { name: 'Debuginfo' });
const state = (page: Page) => page.getByRole('button', { name: /^Debuginfo:/ });

test('without debuginfo the sheet says what is needed, where was looked and how to get it', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page);
  await expect(state(page)).toContainText('no debuginfo');
  await page.keyboard.press('d');
  await expect(sheet(page)).toContainText(wanted.release);
  await expect(sheet(page)).toContainText('None: the dump itself answers');
  await sheet(page).getByRole('button', { name: 'Copy the build-id' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(wanted.buildId);
  await sheet(page)
    .getByText(/answers of places/)
    .click();
  await expect(sheet(page).getByText('there is no such folder').first()).toBeVisible();
  await sheet(page).getByText('debuginfod', { exact: true }).click();
  await expect(sheet(page)).toContainText(`debuginfod-find debuginfo ${wanted.buildId}`);
  await sheet(page).getByLabel('Path of the sources').fill(join(folder, 'nowhere'));
  await page.keyboard.press('Enter');
  await expect(sheet(page).getByRole('list', { name: 'Places of source text' })).toContainText(
    'cannot be used',
  );
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toHaveCount(0);
  await expect(state(page)).toBeFocused();
});

test('a file is attached by its path and let go of; views stay, answers are new', async ({
  page,
}) => {
  const path = put('elsewhere/vmlinux', drawVmlinux(wanted));
  await open(page);
  await page.keyboard.press('`');
  await page.getByLabel('Command').fill('set');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Log', exact: true }).click();
  await state(page).click();
  await sheet(page)
    .getByLabel(/Path of a vmlinux/)
    .fill(path);
  await page.keyboard.press('Enter');
  const parts = sheet(page).getByRole('region', { name: 'In use' });
  await expect(parts).toContainText('same build-id');
  await expect(parts).toContainText(path);
  await expect(sheet(page).getByRole('status')).toContainText('In use now: vmlinux');
  await page.keyboard.press('Escape');
  await expect(state(page)).toContainText(`vmlinux · ${wanted.buildId.slice(0, 12)}`);
  await expect(page.getByRole('region', { name: 'Kernel log' })).toBeVisible();
  await expect(page.getByRole('log', { name: 'Answers' })).toContainText('set');
  await page.getByRole('link', { name: 'Overview' }).click();
  await expect(page.getByRole('region', { name: 'Completeness' })).toContainText('vmlinux');

  await state(page).click();
  await sheet(page).getByRole('button', { name: 'Back to the dump alone' }).click();
  await expect(parts).toContainText('None: the dump itself answers');
  await page.keyboard.press('Escape');
  await expect(state(page)).toContainText('no debuginfo');
});

test('another build is refused with both ids, and taken only after a word that says what it means', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const path = put('vmlinux', drawVmlinux({ buildId: OTHER, release: '6.1.0-1-amd64' }));
  await open(page);
  await expect(state(page)).toContainText('no debuginfo · 1 refused');
  await state(page).click();
  const refused = sheet(page).getByRole('region', { name: /^Refused/ });
  for (const text of [OTHER, wanted.buildId, '6.1.0-1-amd64', wanted.release])
    await expect(refused).toContainText(text);
  await expect(page.getByRole('complementary', { name: /another build/ })).toHaveCount(0);
  await refused.getByRole('button', { name: 'Use vmlinux anyway…' }).click();
  await expect(refused).toContainText('may be wrong without any sign of it');
  await refused.getByRole('button', { name: 'Use another build' }).click();
  const banner = page.getByRole('complementary', { name: 'Debuginfo of another build' });
  await expect(sheet(page)).toContainText('ANOTHER BUILD');
  await page.keyboard.press('Escape');
  await expect(state(page)).toContainText('OVERRIDE');
  for (const view of ['Overview', 'Tasks', 'Log', 'Memory', 'Modules']) {
    await page.getByRole('link', { name: view, exact: true }).click();
    await expect(banner).toContainText(OTHER);
    // Once is enough: the parts of a view do not repeat what stands above them.
    await expect(page.locator('main').getByText(OTHER)).toHaveCount(1);
  }
  await page.getByRole('link', { name: 'Log', exact: true }).click();
  await page.getByRole('button', { name: 'Copy' }).first().click();
  await expect(page.getByText('Copied these records')).toBeAttached();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied.split('\n')[0]).toContain(OTHER);

  await banner.getByRole('button', { name: 'Debuginfo…' }).click();
  await sheet(page).getByRole('button', { name: `Take vmlinux off the list` }).click();
  await expect(banner).toHaveCount(0);
  await expect(refused).toContainText(path);
});

test('a refusal is said of what was named last, marked in the list, and gone after a success', async ({
  page,
}) => {
  const wrong = put('elsewhere/wrong', drawVmlinux({ buildId: OTHER, release: '6.1.0-1-amd64' }));
  const right = put('elsewhere/right', drawVmlinux(wanted));
  await open(page);
  await page.keyboard.press('d');
  const add = async (path: string) => {
    await sheet(page)
      .getByLabel(/Path of a vmlinux/)
      .fill(path);
    await sheet(page).getByRole('button', { name: 'Add', exact: true }).click();
  };
  const named = sheet(page).getByRole('list', { name: 'Named so far' });
  const refused = sheet(page).getByRole('region', { name: /^Refused/ });
  const strip = sheet(page).getByRole('status');
  await add(wrong);
  await expect(strip).toHaveText('wrong: refused, another build. In use: the dump alone');
  await expect(named.getByRole('listitem')).toContainText(['refused: another build']);
  // Each of the two ids once.
  const text = await refused.innerText();
  expect([text.split(OTHER).length, text.split(wanted.buildId).length]).toEqual([2, 2]);

  await add(right);
  await expect(strip).toContainText('In use now: vmlinux');
  await expect(strip).not.toContainText('refused');
  await expect(refused).toHaveCount(0);
  await expect(named.getByRole('listitem')).toHaveText([/right\s*in use/]);

  await add(wrong);
  await expect(strip).toContainText('wrong: refused, another build. In use now: vmlinux');
  await expect(refused).toContainText(OTHER);
});

test('a package that lies beside the dump is offered, not opened', async ({ page }) => {
  const version = /^[\d.]+-\d+/.exec(wanted.release)?.[0];
  const bytes = drawVmlinux(wanted);
  put(
    `linux-image-${version}-dbg_1_amd64.deb`,
    drawDeb([{ path: 'usr/lib/debug/boot/vmlinux-x', bytes }]),
  );
  await open(page);
  await expect(state(page)).toContainText('1 not opened');
  await page.keyboard.press('D');
  await sheet(page)
    .getByRole('button', { name: /^Use linux-image/ })
    .click();
  await expect(sheet(page).getByRole('region', { name: 'In use' })).toContainText('same build-id');
  await expect(sheet(page).getByRole('region', { name: 'In use' })).toContainText(
    /from .*-dbg_1_amd64\.deb \(cache\)/,
  );
  await expect(sheet(page).getByRole('region', { name: /^Seen/ })).toHaveCount(0);
});

test('another build inside a package can be overridden, too', async ({ page }) => {
  const bytes = drawVmlinux({ buildId: OTHER, release: '6.1.0-1-amd64' });
  const deb = put('away/other.deb', drawDeb([{ path: 'usr/lib/debug/boot/vmlinux-x', bytes }]));
  await open(page);
  await page.keyboard.press('d');
  await sheet(page)
    .getByLabel(/Path of a vmlinux/)
    .fill(deb);
  await page.keyboard.press('Enter');
  await sheet(page).getByRole('button', { name: 'Use other.deb anyway…' }).click();
  await sheet(page).getByRole('button', { name: 'Use another build' }).click();
  await expect(sheet(page)).toContainText('ANOTHER BUILD');
});

test('attaching shows its progress and is cancelled; the session stays as it was', async ({
  page,
}) => {
  const engine = realEngine();
  served = await serveWindow({
    dump,
    engine: {
      ...engine,
      attachDebuginfo: (_request, call) =>
        new Promise((_resolve, reject) => {
          call?.onProgress?.({ phase: 'debuginfo', text: 'Reading big.deb', fraction: 0.25 });
          call?.signal?.addEventListener('abort', () => {
            reject(Object.assign(new Error('cancelled'), { kind: 'cancelled' }));
          });
        }),
    },
  });
  await page.goto(served.url);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('BUG:');
  await page.keyboard.press('d');
  await sheet(page).getByRole('button', { name: 'Search again' }).click();
  await expect(sheet(page).getByText('Reading big.deb').first()).toBeVisible();
  await expect(sheet(page).getByRole('progressbar')).toHaveAttribute('value', '0.25');
  await sheet(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(sheet(page).getByRole('status')).toContainText('everything is as it was');
});

test('a file dropped in a browser, which hides its path, leads to the field for it', async ({
  page,
}) => {
  await open(page);
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(['x'], 'vmlinux-6.1'));
    const target = document.querySelector('.target')!;
    target.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
  });
  await expect(sheet(page)).toContainText('A browser does not tell where vmlinux-6.1 lies');
  await expect(sheet(page).getByLabel(/Path of a vmlinux/)).toBeFocused();
});

const folderList = (page: Page) => sheet(page).getByRole('region', { name: 'Folders searched' });

test('a folder is remembered and searched at once, says when it is gone, and is given up', async ({
  page,
}) => {
  put('mine/deep/vmlinux', drawVmlinux(wanted));
  await open(page);
  await page.keyboard.press('d');
  const field = folderList(page).getByLabel(/^Folder to search/);
  await field.fill(join(folder, 'nowhere'));
  await page.keyboard.press('Enter');
  await expect(folderList(page).getByRole('alert')).toContainText('nowhere does not exist');
  await field.fill(join(folder, 'mine'));
  await page.keyboard.press('Enter');
  await expect(sheet(page).getByRole('status')).toContainText(
    `${join(folder, 'mine')}: vmlinux in use`,
  );
  await expect(sheet(page).getByRole('region', { name: 'In use' })).toContainText('mine/deep');
  await expect(field).toHaveValue('');

  await page.reload();
  await expect(state(page)).toContainText('vmlinux ·');
  rmSync(join(folder, 'mine'), { recursive: true });
  await page.keyboard.press('d');
  const mine = folderList(page)
    .getByRole('listitem')
    .filter({ hasText: join(folder, 'mine') });
  await expect(mine).toContainText('does not exist');
  await mine.getByRole('button', { name: 'Do not search mine any more' }).click();
  await expect(mine).toHaveCount(0);
  await expect(sheet(page).getByRole('status')).toContainText('what is in use from there stays so');
  await folderList(page)
    .getByText(/^Always searched besides/)
    .click();
  await expect(
    folderList(page)
      .getByRole('row')
      .filter({ hasText: `lib/modules/${wanted.release}` })
      .first(),
  ).toContainText('does not exist');
});

test('searching a new folder shows its progress and is cancelled; the folder stays', async ({
  page,
}) => {
  const settings = join(folder, 'debuginfo.json');
  const engine = realEngine(settings);
  put('mine/vmlinux', drawVmlinux(wanted));
  served = await serveWindow({
    dump,
    settings,
    engine: {
      ...engine,
      attachDebuginfo: (_request, call) =>
        new Promise((_resolve, reject) => {
          call?.onProgress?.({ phase: 'debuginfo', text: 'Reading mine', fraction: 0.5 });
          call?.signal?.addEventListener('abort', () => {
            reject(Object.assign(new Error('cancelled'), { kind: 'cancelled' }));
          });
        }),
    },
  });
  await page.goto(served.url);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('BUG:');
  await page.keyboard.press('d');
  await folderList(page)
    .getByLabel(/^Folder to search/)
    .fill(join(folder, 'mine'));
  await page.keyboard.press('Enter');
  await expect(sheet(page).getByText('Reading mine').first()).toBeVisible();
  await sheet(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(sheet(page).getByRole('status')).toContainText('the folder is remembered');
  await expect(folderList(page).getByRole('listitem')).toContainText(join(folder, 'mine'));
});

test('folders are named before any dump is open; the first one opened is searched for in them', async ({
  page,
}) => {
  put('mine/vmlinux', drawVmlinux(wanted));
  served = await serveWindow();
  await page.goto(served.url);
  await page.getByRole('button', { name: 'Folders with debuginfo…' }).click();
  await folderList(page)
    .getByLabel(/^Folder to search/)
    .fill(join(folder, 'mine'));
  await page.keyboard.press('Enter');
  await expect(folderList(page).getByRole('listitem')).toContainText(join(folder, 'mine'));
  await folderList(page)
    .getByText(/^Always searched besides/)
    .click();
  await expect(folderList(page)).toContainText('by the release of the dump');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Folders with debuginfo…' })).toBeFocused();
  await page.getByLabel(/Path of a dump/).fill(dump);
  await page.keyboard.press('Enter');
  await expect(state(page)).toContainText('vmlinux ·');
});

test('a damaged settings file is told and left as it is', async ({ page }) => {
  const settings = join(folder, 'debuginfo.json');
  writeFileSync(settings, '{"folders": ["/a"');
  served = await serveWindow({ dump, settings });
  await page.goto(served.url);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('BUG:');
  await page.keyboard.press('d');
  await expect(folderList(page).getByRole('alert')).toContainText('is damaged');
  await folderList(page)
    .getByLabel(/^Folder to search/)
    .fill(folder);
  await page.keyboard.press('Enter');
  await expect(folderList(page).getByRole('alert').last()).toContainText('left as it is');
  expect(readFileSync(settings, 'utf8')).toBe('{"folders": ["/a"');
});
