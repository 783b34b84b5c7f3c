import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Page, Route } from 'playwright';
import { ipcMain } from './ipc.ts';
import type { MessagePortMain } from './ports.ts';
import { pageSide } from './page-side.ts';
import { state } from './state.ts';

/** Where the page of the double lives: Chromium does not know `app://`. */
const ORIGIN = 'https://oopscope.test';
export const toApp = (url: string) => url.replace(ORIGIN, 'app://oopscope');
const toPage = (url: string) => url.replace('app://oopscope', ORIGIN);

interface Options {
  readonly webPreferences: { readonly preload: string } & Record<string, unknown>;
  readonly [name: string]: unknown;
}

/** BrowserWindow over a real page of Chromium. */
export class DoubleWindow extends EventEmitter {
  readonly options: Options;
  readonly webContents: DoubleContents;
  shown = false;
  /** Resolves when the page was loaded. */
  loaded: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    super();
    this.options = options;
    this.webContents = new DoubleContents(options.webPreferences.preload);
    state().windows.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }

  loadURL(url: string): Promise<void> {
    this.loaded = this.webContents.load(url).then(() => void this.emit('ready-to-show'));
    return this.loaded;
  }

  show(): void {
    this.shown = true;
  }
  isFocused = () => true;
  isMinimized = () => false;
  restore = () => undefined;
  focus = () => undefined;

  async close(): Promise<void> {
    const page = await this.webContents.page;
    await page.context().close();
    this.webContents.destroy();
    state().windows.splice(state().windows.indexOf(this), 1);
    this.emit('closed');
  }
}

class DoubleContents extends EventEmitter {
  readonly page: Promise<Page>;
  readonly mainFrame = { url: '' };
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  readonly #ports = new Map<number, MessagePortMain>();
  #lastPort = 0;
  /** The address the app itself asked for; every other navigation is the page's own. */
  #wanted = '';

  constructor(preload: string) {
    super();
    this.page = this.#makePage(preload);
  }

  async #makePage(preload: string): Promise<Page> {
    const context = await state().browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    // A port belongs to its document: it closes when the next one comes.
    await page.exposeBinding('doubleHello', () => {
      this.destroy();
    });
    await page.route('**/*', (route) => this.#answer(route, page));
    await page.exposeBinding('doubleSend', (_source, channel: string, args: unknown[]) => {
      ipcMain.emit(channel, this.#event(page), ...args);
    });
    await page.exposeBinding('doublePort', (_source, id: number, message: unknown) => {
      this.#ports.get(id)?.postMessage(message);
    });
    await page.exposeBinding('doublePortClose', (_source, id: number) => {
      this.#ports.get(id)?.close();
    });
    await page.addInitScript(pageSide(readFileSync(preload, 'utf8')));
    return page;
  }

  async load(url: string): Promise<void> {
    this.#wanted = url;
    const page = await this.page;
    await page.goto(toPage(url));
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }

  /** Gives the page a port: its messages cross to Chromium one by one. */
  postMessage(channel: string, message: unknown, ports: readonly MessagePortMain[] = []): void {
    const ids = ports.map((port) => {
      const id = ++this.#lastPort;
      this.#ports.set(id, port);
      port.on('message', ({ data }: { data: unknown }) => {
        void this.#tell('port', id, data);
      });
      port.on('close', () => {
        this.#ports.delete(id);
        void this.#tell('close', id, undefined);
      });
      port.start();
      return id;
    });
    void this.#tell('ipc', ids, { channel, message });
  }

  destroy(): void {
    for (const port of this.#ports.values()) port.close();
  }

  async #tell(kind: string, ids: number | number[], data: unknown): Promise<void> {
    const page = await this.page;
    if (page.isClosed()) return;
    await page
      .evaluate(
        ([kind, ids, data]) =>
          (globalThis as unknown as { doubleReceive(...args: unknown[]): void }).doubleReceive(
            kind,
            ids,
            data,
          ),
        [kind, ids, data] as const,
      )
      .catch((error: unknown) => {
        // A page that closes or reloads meanwhile has nobody to tell.
        if (!/closed|destroyed|navigation/i.test(String(error))) throw error;
      });
  }

  #event(page: Page) {
    this.mainFrame.url = toApp(page.url());
    return { sender: this, senderFrame: this.mainFrame, returnValue: undefined as unknown };
  }

  async #answer(route: Route, page: Page): Promise<void> {
    const request = route.request();
    const url = toApp(request.url());
    if (url === 'app://oopscope/double-sync') {
      const { channel, args } = request.postDataJSON() as { channel: string; args: unknown[] };
      const event = this.#event(page);
      ipcMain.emit(channel, event, ...args);
      await route.fulfill({ json: event.returnValue ?? null });
      return;
    }
    if (request.isNavigationRequest() && url !== this.#wanted) {
      let prevented = false;
      this.emit('will-navigate', { url, preventDefault: () => (prevented = true) }, url);
      if (prevented) {
        // 204 leaves the page as it is.
        await route.fulfill({ status: 204 });
        return;
      }
    }
    let cancelled = false;
    state().beforeRequest?.({ url }, ({ cancel }) => (cancelled = cancel === true));
    const handler = state().protocols.get(new URL(url).protocol.slice(0, -1));
    if (cancelled || !handler) {
      await route.abort();
      return;
    }
    const response = await handler(new Request(url, { method: request.method() }));
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  }
}

/** Here, not in electron.ts: the window announces its contents through it. */
export const app = new EventEmitter();
