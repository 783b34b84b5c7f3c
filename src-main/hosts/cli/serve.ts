import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { startLoopback, type Loopback } from '../loopback/server.ts';
import { createRecentFiles } from '../node/recent-files.ts';
import { createWorkerEngine } from '../worker/worker-engine.ts';
import { findChromium, hasDisplay, openAppWindow } from './app-window.ts';
import { EXIT } from './exit-codes.ts';
import { complain, type Output } from './output.ts';
import { findElectronApp, rendererFolder, version } from './project-files.ts';

/** `oopscope serve`: until interrupted. */
export async function serve(
  files: readonly string[],
  port: number,
  output: Output,
): Promise<number> {
  const started = await start(files, port, output);
  if (started === undefined) return EXIT.commandFailed;
  output.out(`${started.server.url}\n`);
  output.err('Open this address in a browser; who has it can read the dump. Ctrl-C ends.\n');
  await interrupted();
  await started.stop();
  return EXIT.ok;
}

/** `oopscope open`: the desktop app where its binary is, else a browser window of its own. */
export async function open(files: readonly string[], output: Output): Promise<number> {
  const electron = findElectronApp();
  if (electron !== undefined && hasDisplay()) {
    const paths = files.map((file) => resolve(file));
    return ended(spawn(electron.binary, [electron.app, ...paths], { stdio: 'inherit' }));
  }
  const started = await start(files, 0, output);
  if (started === undefined) return EXIT.commandFailed;
  const chromium = hasDisplay() ? findChromium() : undefined;
  if (chromium === undefined) {
    output.out(`${started.server.url}\n`);
    output.err(
      hasDisplay()
        ? 'No Chromium was found: open this address in a browser. Ctrl-C ends.\n'
        : 'There is no display: open this address in a browser (over an SSH tunnel: ssh -L). Ctrl-C ends.\n',
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

interface Started {
  readonly server: Loopback;
  stop(): Promise<void>;
}

/** Undefined, and said why, when the server cannot start. */
async function start(
  files: readonly string[],
  port: number,
  output: Output,
): Promise<Started | undefined> {
  const engine = createWorkerEngine();
  try {
    const server = await startLoopback({
      engine,
      rendererFolder: rendererFolder(),
      port,
      version: version(),
      initial: files.length === 0 ? [] : [files.map((file) => resolve(file))],
      recent: createRecentFiles(),
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

/** Resolves, to nothing, on the first signal that asks to end. */
function interrupted(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve(undefined));
    }
  });
}

function ended(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', () => resolve(EXIT.commandFailed));
    child.on('exit', (code) => resolve(code ?? EXIT.ok));
  });
}
