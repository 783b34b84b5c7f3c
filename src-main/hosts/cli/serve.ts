import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { startLoopback, type Loopback } from '../loopback/server.ts';
import { createFolderSettings } from '../node/debuginfo-folders.ts';
import { createRecentFiles } from '../node/recent-files.ts';
import { createWorkerEngine } from '../worker/worker-engine.ts';
import { findChromium, hasDisplay, openAppWindow } from './app-window.ts';
import { electronPaths } from './electron-paths.ts';
import { EXIT } from './exit-codes.ts';
import { complain, type Output } from './output.ts';
import { fileProblems } from './named-files.ts';
import type { Named } from './open-session.ts';
import { withDebuginfo } from './with-debuginfo.ts';
import { findElectronApp, rendererFolder, version } from './project-files.ts';

/** `oopscope serve`: until interrupted. */
export async function serve(named: Named, port: number, output: Output): Promise<number> {
  sayMissing(named, output);
  const started = await start(named, port, output);
  if (started === undefined) return EXIT.commandFailed;
  output.out(`${started.server.url}\n`);
  output.err('Open this address in a browser; who has it can read the dump. Ctrl-C ends.\n');
  await interrupted();
  await started.stop();
  return EXIT.ok;
}

/** `oopscope open`: the desktop app where its binary is, else a browser window of its own. */
export async function open(named: Named, output: Output): Promise<number> {
  sayMissing(named, output);
  const electron = findElectronApp();
  const paths = electronPaths(named);
  // What the app cannot be told on its command line, the window in a browser can.
  if (electron !== undefined && hasDisplay() && paths !== undefined) {
    return ended(spawn(electron.binary, [electron.app, ...paths], { stdio: 'inherit' }));
  }
  const started = await start(named, 0, output);
  if (started === undefined) return EXIT.commandFailed;
  const chromium = hasDisplay() ? findChromium() : undefined;
  if (chromium === undefined) {
    output.out(`${started.server.url}\n`);
    output.err(
      hasDisplay()
        ? 'No Chromium was found: open this address in a browser. Ctrl-C ends.\n'
        : `There is no display: open this address in a browser; over SSH with ${tunnel(started.server.url)}. Ctrl-C ends.\n`,
    );
    await interrupted();
  } else {
    const window = openAppWindow(chromium, started.server.url);
    const how = await Promise.race([window.closed, interrupted()]);
    if (how !== undefined && how !== 0) {
      complain(
        output,
        'warning',
        `${chromium} ended with ${how}; the address works in any browser:`,
      );
      output.out(`${started.server.url}\n`);
      await interrupted();
    }
    window.close();
    await window.closed;
  }
  await started.stop();
  return EXIT.ok;
}

/** The window opens all the same: it may open another dump. */
function sayMissing({ files }: Named, output: Output): void {
  for (const problem of fileProblems(files)) {
    complain(output, 'warning', `${problem}; the window says so, too`);
  }
}

interface Started {
  readonly server: Loopback;
  stop(): Promise<void>;
}

/** Undefined, and said why, when the server cannot start. */
async function start(named: Named, port: number, output: Output): Promise<Started | undefined> {
  const engine = withDebuginfo(createWorkerEngine(), named);
  try {
    const server = await startLoopback({
      engine,
      rendererFolder: rendererFolder(),
      port,
      version: version(),
      initial: named.files.length === 0 ? [] : [named.files.map((file) => resolve(file))],
      recent: createRecentFiles(),
      folders: createFolderSettings(),
    });
    engine.prepare();
    return {
      server,
      stop: async () => {
        await server.close();
        await engine.dispose();
      },
    };
  } catch (error) {
    await engine.dispose();
    complain(output, 'error', error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** What brings this machine's port to the user's own, where the address then works as it is. */
function tunnel(url: string): string {
  const { port } = new URL(url);
  return `ssh -L ${port}:127.0.0.1:${port} ${hostname()}`;
}

/** The same Ctrl-C arrives several times: from the terminal and from each parent that passes it on. */
const SAME_SIGNAL_MS = 1000;

/**
 * Resolves, to nothing, on the first signal that asks to end. One that comes while the window and
 * its profile are being cleared away does not cut that off; only one that comes clearly later does.
 */
function interrupted(): Promise<undefined> {
  return new Promise((resolve) => {
    let first: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        first ??= Date.now();
        if (Date.now() - first > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
        resolve(undefined);
      });
    }
  });
}

function ended(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', () => resolve(EXIT.commandFailed));
    child.on('exit', (code) => resolve(code ?? EXIT.ok));
  });
}
