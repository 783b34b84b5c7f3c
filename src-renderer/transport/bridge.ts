import type { HostBridge, HostEvent } from '../../src-shared/contract/index.ts';
import { engineOf, hostOf, type RpcConnection } from '../../src-shared/rpc/index.ts';
import { visibleEngine } from './visible-engine.ts';

/** What a host can do that no message carries. */
export interface LocalParts {
  readonly pathOfDroppedFile?: (file: unknown) => string | undefined;
}

/** The bridge that the window works with, over a connection that carries engine and host. */
export async function bridgeOver(
  connection: RpcConnection,
  local: LocalParts,
): Promise<HostBridge> {
  const host = hostOf(connection);
  const info = await host.info();
  const handlers = new Set<(event: HostEvent) => void>();
  // Ends when the connection does, which onGone tells.
  host
    .watch({}, { onProgress: (event) => handlers.forEach((handler) => handler(event)) })
    .catch(() => undefined);
  const subscribe = (handler: (event: HostEvent) => void) => {
    handlers.add(handler);
    return () => {
      handlers.delete(handler);
    };
  };
  return {
    engine: visibleEngine(engineOf(connection)),
    info: async () => info,
    ...(info.canOpenDialog && {
      pickFiles: (what) => host.pickFiles(what === undefined ? {} : { what }),
    }),
    ...(local.pathOfDroppedFile && { pathOfDroppedFile: local.pathOfDroppedFile }),
    recentFiles: () => host.recentFiles(),
    forgetRecent: (paths) => host.forgetRecent(paths === undefined ? {} : { paths: [...paths] }),
    debuginfoFolders: (request) => host.debuginfoFolders(request),
    addDebuginfoFolder: (request) => host.addDebuginfoFolder(request),
    removeDebuginfoFolder: (request) => host.removeDebuginfoFolder(request),
    onOpenRequest: (handler) =>
      subscribe((event) => {
        if (event.type === 'open') handler(event.paths);
      }),
    onMenu: (handler) =>
      subscribe((event) => {
        if (event.type === 'menu') handler(event.item);
      }),
    onGone: (handler) => connection.onGone(handler),
    setTitle: (title) => {
      document.title = title;
    },
  };
}
