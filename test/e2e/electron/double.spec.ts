import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import { drawVmlinux } from '../../support/packages/draw-debuginfo.ts';
import { startApp, until, type RunningApp } from './double/run.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const sample = join(root, 'build', 'sample', 'sample.kdump');

let app: RunningApp | undefined;
test.afterEach(async () => {
  await app?.close();
  app = undefined;
});

interface Answer {
  readonly type: string;
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly kind: string; readonly message: string };
}

/**
 * Speaks to the main process as a page would that was taken over: over a port, with raw messages,
 * one after the other. The session of an `open` is put into the requests after it. The bundle's
 * picture is shown instead of the workbench, which would take part.
 */
async function rawCalls(
  running: RunningApp,
  calls: { method: string; request?: object }[],
): Promise<Answer[]> {
  await running.state.windows[0]?.webContents.load('app://oopscope/icon.svg');
  return running.page.evaluate(async (calls) => {
    const port = await new Promise<MessagePort>((resolve) => {
      addEventListener('message', (event) => {
        if (event.data === 'oopscope:port' && event.ports[0]) resolve(event.ports[0]);
      });
      (globalThis as unknown as { oopscope: { connect(): void } }).oopscope.connect();
    });
    const answers: Answer[] = [];
    let session: string | undefined;
    for (const [i, { method, request }] of calls.entries()) {
      const answer = await new Promise<Answer>((resolve) => {
        port.onmessage = ({ data }: MessageEvent<Answer>) => {
          if (data.type !== 'progress') resolve(data);
        };
        const whole = session === undefined ? request : { session, ...request };
        port.postMessage({ type: 'call', id: i + 1, method, request: whole });
      });
      if (method === 'open') session = (answer.value as { session?: string } | undefined)?.session;
      answers.push(answer);
    }
    port.close();
    return answers;
  }, calls);
}

test('the window is sandboxed, isolated and comes from app://', async ({ browser }) => {
  app = await startApp(browser);
  const [window] = app.state.windows;
  expect(window?.shown).toBe(true);
  expect(window?.options.webPreferences).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
    navigateOnDragDrop: false,
  });
  expect(app.state.sandboxed).toBe(true);
  expect(app.state.privilegedSchemes).toEqual([
    expect.objectContaining({ scheme: 'app' }) as unknown,
  ]);
  expect(app.page.url()).toBe('https://oopscope.test/index.html');
  await expect(app.page).toHaveTitle(/Oopscope/);
});

test('the page breaks no rule of its policy, and gets two functions from the preload', async ({
  browser,
}) => {
  app = await startApp(browser);
  const violations: string[] = [];
  app.page.on('console', (message) => {
    if (/content.security.policy/i.test(message.text())) violations.push(message.text());
  });
  await app.page.reload();
  await expect(app.page.locator('#app')).not.toBeEmpty();
  expect(violations).toEqual([]);
  expect(
    await app.page.evaluate(() =>
      Object.keys((globalThis as unknown as { oopscope: object }).oopscope).sort(),
    ),
  ).toEqual(['connect', 'pathOfDroppedFile']);
});

test('a page can neither leave, open windows, load from elsewhere nor ask for permissions', async ({
  browser,
}) => {
  app = await startApp(browser);
  const { state, page } = app;
  const contents = state.windows[0]?.webContents;
  const blocked = await page.evaluate(() =>
    fetch('https://example.com/').then(
      () => 'loaded',
      () => 'refused',
    ),
  );
  expect(blocked).toBe('refused');
  await page.evaluate(() => {
    location.href = 'https://example.com/';
  });
  await page.waitForTimeout(200);
  expect(page.url()).toBe('https://oopscope.test/index.html');
  expect(contents?.openHandler?.({ url: 'https://example.com/' })).toEqual({ action: 'deny' });
  const asked: [string, boolean][] = [];
  for (const permission of ['notifications', 'media', 'openExternal', 'clipboard-read', 'usb'])
    state.permissionRequest?.({}, permission, (granted) => asked.push([permission, granted]));
  expect(asked.map(([, granted]) => granted)).toEqual([false, false, false, false, false]);
  expect(state.permissionCheck?.({}, 'geolocation')).toBe(false);
  expect(state.permissionCheck?.({}, 'clipboard-sanitized-write')).toBe(true);
  let cancelled: boolean | undefined;
  state.beforeRequest?.({ url: 'https://example.com/' }, ({ cancel }) => (cancelled = cancel));
  expect(cancelled).toBe(true);
  let prevented = false;
  state.sessionEvents.get('will-download')?.({ preventDefault: () => (prevented = true) });
  expect(prevented).toBe(true);
});

test('the main process answers only sound calls, and opens only files the user chose', async ({
  browser,
}) => {
  app = await startApp(browser);
  const [info, foreign, unknown, unsound, commands] = await rawCalls(app, [
    { method: 'info' },
    { method: 'open', request: { paths: ['/etc/passwd'] } },
    { method: 'constructor' },
    { method: 'open', request: { paths: '/etc/passwd' } },
    { method: 'commands' },
  ]);
  expect(info?.value).toMatchObject({ host: 'electron', canOpenDialog: true, initial: [] });
  expect(foreign?.error).toMatchObject({ kind: 'open', message: expect.stringMatching(/chosen/) });
  expect(unknown?.error?.kind).toBe('protocol');
  expect(unsound?.error?.kind).toBe('protocol');
  expect((commands?.value as { name: string }[]).map(({ name }) => name)).toContain('bt');
});

test('a frame that is not the window’s own is not answered', async ({ browser }) => {
  app = await startApp(browser);
  const { ipcMain } = await import('./double/ipc.ts');
  await until(() => app?.state.processes.size === 1);
  const sender = app.state.windows[0]?.webContents;
  for (const senderFrame of [
    null,
    { url: 'app://oopscope/index.html' },
    Object.assign({ ...sender?.mainFrame }, { url: 'https://example.com/' }),
  ])
    ipcMain.emit('oopscope:connect', { sender, senderFrame });
  const event = { sender, senderFrame: null, returnValue: undefined };
  ipcMain.emit('oopscope:drop', event, '/etc/passwd');
  expect(event.returnValue).toBe(false);
  expect(app.state.processes.size).toBe(1);
});

test('each page has an engine in a process of its own, which ends with the page', async ({
  browser,
}) => {
  app = await startApp(browser);
  await until(() => app?.state.processes.size === 1);
  const [first] = app.state.processes;
  await app.page.reload();
  await until(() => app?.state.processes.size === 1 && !app.state.processes.has(first as never));
  await app.state.windows[0]?.close();
  await until(() => app?.state.processes.size === 0);
});

test('the menu speaks to the window in front: what it picks is opened, and a bad file is said to be one', async ({
  browser,
}) => {
  app = await startApp(browser);
  for (const id of ['close', 'back', 'forward', 'go-to', 'find', 'palette', 'theme', 'about'])
    expect(app.menuItem(id).click).toBeDefined();
  await expect(app.page.getByRole('button', { name: /choose a dump/i })).toBeVisible();
  // Paths come from the dialog only: there is no field to type one into.
  await expect(app.page.getByRole('textbox')).toHaveCount(0);
  await app.page.getByRole('button', { name: 'Folders with debuginfo…' }).click();
  await expect(app.page.getByRole('dialog').getByRole('textbox')).toHaveCount(0);
  await app.page.keyboard.press('Escape');
  app.state.dialogAnswer = [join(root, 'package.json')];
  app.menuItem('open').click?.();
  await expect(app.page.getByText(/package\.json/).first()).toBeVisible();
  await expect(
    app.page.getByText(/not .*dump|no .*dump|not recogni|unknown format/i).first(),
  ).toBeVisible();
});

test.describe('with the sample dump', () => {
  test.skip(!existsSync(sample), 'build/sample/sample.kdump is not in this checkout');

  test('the window shows it when the command line names it', async ({ browser }) => {
    app = await startApp(browser, [sample]);
    await expect(app.page).toHaveTitle(/sample\.kdump/, { timeout: 30_000 });
    await expect(app.page.getByText(/cloud-amd64/).first()).toBeVisible();
    // Remembered, and offered in the menu.
    await until(() => JSON.stringify(app?.state.menu).includes('sample.kdump'));
  });

  test('debuginfo is added from the menu: what the dialog gives may be attached, and is judged', async ({
    browser,
  }) => {
    const folder = mkdtempSync(join(tmpdir(), 'oopscope-debuginfo-'));
    const other = join(folder, 'vmlinux');
    writeFileSync(other, drawVmlinux({ buildId: 'ff'.repeat(20), release: '6.1.0-1-amd64' }));
    app = await startApp(browser, [sample]);
    await expect(app.page).toHaveTitle(/sample\.kdump/, { timeout: 30_000 });
    app.menuItem('debuginfo').click?.();
    const sheet = app.page.getByRole('dialog', { name: 'Debuginfo' });
    // Paths come from the dialog only.
    await expect(sheet.getByLabel(/Path of/)).toHaveCount(0);
    app.state.dialogAnswer = [other];
    await sheet.getByRole('button', { name: /Choose files/ }).click();
    await expect(sheet.getByRole('region', { name: /^Refused/ })).toContainText('ff'.repeat(20));
    await sheet.getByRole('button', { name: 'Use vmlinux anyway…' }).click();
    await sheet.getByRole('button', { name: 'Use another build' }).click();
    await expect(
      app.page.getByRole('complementary', { name: 'Debuginfo of another build' }),
    ).toBeAttached();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a folder to search is remembered from the dialog only, and the dump searched again', async ({
    browser,
  }) => {
    const folder = mkdtempSync(join(tmpdir(), 'oopscope-debuginfo-'));
    writeFileSync(
      join(folder, 'vmlinux'),
      drawVmlinux({ buildId: 'ff'.repeat(20), release: '6.1.0-1-amd64' }),
    );
    app = await startApp(browser, [sample]);
    await expect(app.page).toHaveTitle(/sample\.kdump/, { timeout: 30_000 });
    app.menuItem('debuginfo').click?.();
    const sheet = app.page.getByRole('dialog', { name: 'Debuginfo' });
    const folders = sheet.getByRole('region', { name: 'Folders searched' });
    app.state.dialogAnswer = [folder];
    await folders.getByRole('button', { name: 'Choose a folder to search…' }).click();
    await expect(sheet.getByRole('status')).toContainText(`${folder}: 1 file of another`);
    await expect(folders.getByRole('listitem')).toContainText(folder);
    // The engine's process read the same file: what it refused lies in that folder.
    await expect(sheet.getByRole('region', { name: /^Refused/ })).toContainText('ff'.repeat(20));
    const [foreign, kept, removed] = await rawCalls(app, [
      { method: 'addDebuginfoFolder', request: { path: '/etc' } },
      { method: 'debuginfoFolders', request: {} },
      { method: 'removeDebuginfoFolder', request: { path: folder } },
    ]);
    expect(foreign?.error).toMatchObject({
      kind: 'open',
      message: expect.stringMatching(/chosen/),
    });
    expect(kept?.value).toMatchObject({ folders: [{ path: folder }] });
    expect(removed?.value).toMatchObject({ folders: [] });
    rmSync(folder, { recursive: true, force: true });
  });

  test('a vmlinux named together with the dump is its debuginfo', async ({ browser }) => {
    const folder = mkdtempSync(join(tmpdir(), 'oopscope-debuginfo-'));
    const other = join(folder, 'kernel');
    writeFileSync(other, drawVmlinux({ buildId: 'ff'.repeat(20), release: '6.1.0-1-amd64' }));
    app = await startApp(browser, [other, sample]);
    await expect(app.page.getByRole('button', { name: /^Debuginfo:/ })).toContainText('1 refused', {
      timeout: 30_000,
    });
    rmSync(folder, { recursive: true, force: true });
  });

  test('a second start opens it in the first window', async ({ browser }) => {
    app = await startApp(browser);
    await expect(app.page.locator('#app')).not.toBeEmpty();
    app.startAgain([sample]);
    await until(() => JSON.stringify(app?.state.menu).includes('sample.kdump'));
    expect(app.state.windows).toHaveLength(1);
  });

  test('a dropped file is opened by its path', async ({ browser }) => {
    app = await startApp(browser);
    await expect(app.page.locator('#app')).not.toBeEmpty();
    await app.page.evaluate((path) => {
      (globalThis as unknown as { doublePaths: Record<string, string> }).doublePaths[
        'sample.kdump'
      ] = path;
      const transfer = new DataTransfer();
      transfer.items.add(new File(['x'], 'sample.kdump'));
      const target = document.querySelector('#app')?.firstElementChild ?? document.body;
      for (const type of ['dragenter', 'dragover', 'drop'])
        target.dispatchEvent(
          new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }),
        );
    }, sample);
    await until(() => JSON.stringify(app?.state.menu).includes('sample.kdump'));
  });

  test('the real session travels over the port: rows, bytes and 64-bit addresses', async ({
    browser,
  }) => {
    app = await startApp(browser, [sample]);
    const [opened, log, resolved, memory] = await rawCalls(app, [
      { method: 'open', request: { paths: [sample] } },
      { method: 'run', request: { line: 'log' } },
      { method: 'resolve', request: { text: 'init_task' } },
      {
        method: 'readMemory',
        request: { space: { kind: 'physical' }, address: 0x100000n, length: 64 },
      },
    ]);
    expect(opened?.value).toMatchObject({ machine: expect.stringMatching(/x86/) as unknown });
    expect(
      JSON.stringify(log?.value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v)),
    ).toMatch(/Linux version/);
    expect((resolved?.value as { address: bigint }).address).toBeGreaterThan(1n << 63n);
    expect((memory?.value as { bytes: Uint8Array }).bytes).toHaveLength(64);
  });
});
