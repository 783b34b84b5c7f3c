/** Electron's entry: puts the host together. No analysis here; the engine has its own process. */
import { app, protocol, session } from 'electron';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { APP_SCHEME, bundleHandler } from './hosts/electron/bundle-protocol.ts';
import { listenToPreloads } from './hosts/electron/channel.ts';
import { filesOf } from './hosts/electron/command-line.ts';
import { Desktop } from './hosts/electron/desktop.ts';
import { lockDown, lockSession } from './hosts/electron/lock-down.ts';

// Built to out/main/, beside out/preload/ and out/renderer/.
const out = join(import.meta.dirname, '..');
const sample = app.isPackaged
  ? join(process.resourcesPath, 'sample', 'sample.kdump')
  : join(out, '..', 'build', 'sample', 'sample.kdump');

if (app.requestSingleInstanceLock()) start();
else app.quit();

function start(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: APP_SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
  app.enableSandbox();
  lockDown(app);

  let desktop: Desktop | undefined;
  /** Files named before the app is ready (macOS). */
  const early: string[] = [];
  const open = (paths: readonly string[]) => {
    if (desktop) desktop.openDump(paths);
    else early.push(...paths);
  };
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open([path]);
  });
  app.on('second-instance', (_event, argv, cwd) => {
    open(filesOf(argv, cwd, !app.isPackaged));
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => {
    if (desktop?.windowCount === 0) desktop.openWindow([]);
  });

  void app.whenReady().then(() => {
    lockSession(session.defaultSession);
    protocol.handle(APP_SCHEME, bundleHandler(join(out, 'renderer')));
    const made = new Desktop({ preload: join(out, 'preload', 'preload.cjs'), sample });
    desktop = made;
    listenToPreloads(
      fileURLToPath(new URL('./hosts/electron/engine-process.ts', import.meta.url)),
      (contents) => made.hostOf(contents),
    );
    made.openWindow([...early, ...filesOf(process.argv, process.cwd(), !app.isPackaged)]);
  });
}
