import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright';
import { app } from './browser-window.ts';
import { ipcMain } from './ipc.ts';
import { newState, type DoubleState, type MenuItem } from './state.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
let runs = 0;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? next(pathToFileURL(join(import.meta.dirname, 'electron.ts')).href, context)
      : next(specifier, context),
});

export interface RunningApp {
  readonly state: DoubleState;
  /** The first window's page, loaded. */
  readonly page: Page;
  /** The menu item with this id, wherever it stands. */
  menuItem(id: string): MenuItem;
  /** As the OS does when the app is started a second time. */
  startAgain(argv: readonly string[]): void;
  close(): Promise<void>;
}

/** Starts the built app (out/main/main.js) on the double, as `electron . FILES` would. */
export async function startApp(
  browser: Browser,
  files: readonly string[] = [],
): Promise<RunningApp> {
  const userData = mkdtempSync(join(tmpdir(), 'oopscope-electron-'));
  const state = newState(browser);
  // Listeners of an earlier run belong to an app that has ended.
  app.removeAllListeners();
  ipcMain.removeAllListeners();
  // Recent files, remembered folders and the cache are the user's; a run has its own.
  for (const name of ['STATE', 'CONFIG', 'CACHE']) process.env[`XDG_${name}_HOME`] = userData;
  const main = join(root, 'out', 'main', 'main.js');
  if (!existsSync(main)) throw new Error('out/ is not built: node build/boot.mjs build');
  const argv = process.argv;
  process.argv = ['electron', root, ...files];
  try {
    await import(`${pathToFileURL(main).href}?run=${String(++runs)}`);
    await until(() => state.windows.length > 0);
  } finally {
    process.argv = argv;
  }
  const [window] = state.windows;
  if (!window) throw new Error('the app opened no window');
  await window.loaded;
  return {
    state,
    page: await window.webContents.page,
    menuItem: (id) => {
      const found = flat(state.menu).find((item) => item.id === id);
      if (!found) throw new Error(`no menu item ${id}`);
      return found;
    },
    startAgain: (more) => void app.emit('second-instance', {}, ['electron', root, ...more], root),
    close: async () => {
      for (const open of [...state.windows]) await open.close();
      for (const child of state.processes) child.kill();
      await until(() => state.processes.size === 0);
      rmSync(userData, { recursive: true, force: true });
    },
  };
}

const flat = (items: readonly MenuItem[]): MenuItem[] =>
  items.flatMap((item) => [item, ...flat(item.submenu ?? [])]);

export async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 20_000) throw new Error('waited for 20 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
