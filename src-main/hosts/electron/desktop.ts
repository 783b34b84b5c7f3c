import { app, dialog, Menu, type BrowserWindow, type WebContents } from 'electron';
import { existsSync } from 'node:fs';
import type { HostEvent, PickFor } from '../../../src-shared/contract/index.ts';
import { ApprovedPaths } from './approved-paths.ts';
import { WindowHost } from './host-service.ts';
import { buildMenu } from './menu.ts';
import { createFolderSettings } from '../node/debuginfo-folders.ts';
import { createRecentFiles } from '../node/recent-files.ts';
import { createWindow } from './window.ts';

/** Where the parts of the built app are. */
export interface DesktopPaths {
  readonly preload: string;
  /** Absent where the app carries no sample. */
  readonly sample: string;
}

/** The windows of the app, its menu and its recent files. */
export class Desktop {
  readonly #paths: DesktopPaths;
  readonly #recent = createRecentFiles();
  readonly #folders = createFolderSettings();
  readonly #windows = new Map<WebContents, { window: BrowserWindow; host: WindowHost }>();

  constructor(paths: DesktopPaths) {
    this.#paths = paths;
    this.#updateMenu();
  }

  hostOf(contents: WebContents): WindowHost | undefined {
    return this.#windows.get(contents)?.host;
  }

  get windowCount(): number {
    return this.#windows.size;
  }

  /** Opens a window, on a dump when `paths` names one. */
  openWindow(paths: readonly string[]): void {
    const window = createWindow(this.#paths.preload, !app.isPackaged);
    const host = new WindowHost({
      version: app.getVersion(),
      recent: this.#recent,
      folders: this.#folders,
      approved: new ApprovedPaths(),
      initial: paths.length ? [paths] : [],
      pickFiles: (what) => pickFiles(window, what),
      onRecentChange: () => {
        this.#updateMenu();
      },
    });
    const contents = window.webContents;
    this.#windows.set(contents, { window, host });
    window.once('closed', () => this.#windows.delete(contents));
  }

  /** Opens a dump in the window in front; without a window, in a new one. */
  openDump(paths: readonly string[]): void {
    const front = this.#front();
    if (!front) {
      this.openWindow(paths);
      return;
    }
    if (front.window.isMinimized()) front.window.restore();
    front.window.focus();
    if (paths.length) front.host.send({ type: 'open', paths });
  }

  #front() {
    const all = [...this.#windows.values()];
    return all.find(({ window }) => window.isFocused()) ?? all.at(-1);
  }

  #send(event: HostEvent): void {
    this.#front()?.host.send(event);
  }

  #updateMenu(): void {
    const { sample } = this.#paths;
    const menu = buildMenu(
      this.#recent.list(),
      existsSync(sample) ? sample : undefined,
      !app.isPackaged,
      {
        send: (item) => {
          this.#send({ type: 'menu', item });
        },
        open: (paths) => {
          this.openDump(paths);
        },
        forgetRecent: () => {
          this.#recent.forget();
          this.#updateMenu();
        },
      },
    );
    Menu.setApplicationMenu(menu);
  }
}

/** What the dialog says and offers for each thing that is asked for. */
const PICKS: Readonly<Record<PickFor, Electron.OpenDialogOptions>> = {
  dump: {
    title: 'Open a crash dump (several files make a split set; vmlinux may be among them)',
    properties: ['openFile', 'multiSelections'],
    filters: [
      { name: 'All files', extensions: ['*'] },
      { name: 'Crash dumps', extensions: ['kdump', 'vmcore', 'dump', 'elf', 'core', 'flat'] },
    ],
  },
  debuginfo: {
    title: 'Add debuginfo: vmlinux, modules, packages',
    properties: ['openFile', 'multiSelections'],
    filters: [
      { name: 'All files', extensions: ['*'] },
      { name: 'Packages', extensions: ['deb', 'ddeb', 'rpm'] },
    ],
  },
  folder: { title: 'Add a folder with debuginfo', properties: ['openDirectory'] },
};

async function pickFiles(window: BrowserWindow, what: PickFor): Promise<readonly string[]> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, PICKS[what]);
  return canceled ? [] : filePaths;
}
