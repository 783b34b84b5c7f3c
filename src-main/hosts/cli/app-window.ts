import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Writable, Readable } from 'node:stream';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'brave-browser',
];

/** A Chromium: the one named in OOPSCOPE_CHROMIUM, else one in PATH. */
export function findChromium(): string | undefined {
  const named = process.env['OOPSCOPE_CHROMIUM'];
  if (named) return named;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      if (folder !== '' && isExecutable(path)) return path;
    }
  }
  return ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether a window can be shown here at all. */
export function hasDisplay(): boolean {
  if (process.platform === 'darwin' || process.platform === 'win32') return true;
  return Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

export interface AppWindow {
  /** Resolves to the browser's exit status when the window was closed. */
  readonly closed: Promise<number>;
  close(): void;
}

/**
 * Opens the page in a window without address bar, in a profile of its own that goes with it: no
 * extension of the user's browser sees the dump, and no other window ends when this one does. The
 * page is told its token over a pipe, because other users of the machine can read command lines.
 */
export function openAppWindow(binary: string, url: string): AppWindow {
  const profile = mkdtempSync(join(tmpdir(), 'oopscope-window-'));
  const page = new URL(url);
  const child = spawn(
    binary,
    [
      `--app=${page.origin}/`,
      `--user-data-dir=${profile}`,
      '--remote-debugging-pipe',
      '--no-first-run',
      '--no-default-browser-check',
      '--disable-background-networking',
      '--disable-sync',
      // Room for both columns; a smaller screen makes it smaller.
      '--window-size=1440,900',
      // Chromium refuses its sandbox to root; in a container there is no other user.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  navigate(child, page);
  const remove = () => {
    try {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // Left to whoever clears the folder of temporary files.
    }
  };
  const closed = new Promise<number>((resolve) => {
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 0));
  }).finally(remove);
  // Processes of the browser that outlive it by little may write once more.
  process.once('exit', remove);
  return { closed, close: () => child.kill() };
}

/** Sends the page to its whole address by the DevTools protocol, then lets go of it. */
function navigate(child: ChildProcess, page: URL): void {
  const [to, from] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  let lastId = 0;
  let waiting = '';
  const send = (method: string, params: object, sessionId?: string) =>
    to.write(`${JSON.stringify({ id: ++lastId, method, params, sessionId })}\0`);
  to.on('error', () => undefined);
  from.on('error', () => undefined);
  from.setEncoding('utf8');
  from.on('data', (part: string) => {
    waiting += part;
    for (let end = waiting.indexOf('\0'); end >= 0; end = waiting.indexOf('\0')) {
      const message: unknown = JSON.parse(waiting.slice(0, end));
      waiting = waiting.slice(end + 1);
      const session = attachedPage(message, page.origin);
      if (session === undefined) continue;
      send('Page.navigate', { url: page.href }, session);
      send('Target.setAutoAttach', { autoAttach: false, waitForDebuggerOnStart: false });
    }
  });
  send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: true,
  });
}

/** The session id in a `Target.attachedToTarget` event of our page. */
function attachedPage(message: unknown, origin: string): string | undefined {
  const { method, params } = message as {
    method?: string;
    params?: { sessionId?: string; targetInfo?: { type?: string; url?: string } };
  };
  if (method !== 'Target.attachedToTarget' || params?.targetInfo?.type !== 'page') return undefined;
  const { url = '' } = params.targetInfo;
  return url === '' || url.startsWith(origin) || url === 'about:blank'
    ? params.sessionId
    : undefined;
}
