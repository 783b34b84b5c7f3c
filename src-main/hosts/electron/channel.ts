import { ipcMain, MessageChannelMain, type IpcMainEvent, utilityProcess } from 'electron';
import { engineOf, RpcConnection, serve } from '../../../src-shared/rpc/index.ts';
import { isAppUrl } from './bundle-protocol.ts';
import { guardedEngine } from './guarded-engine.ts';
import type { WindowHost } from './host-service.ts';
import { CONNECT_CHANNEL, DROP_CHANNEL, PORT_CHANNEL } from './preload/channels.ts';
import { mainPortTransport, utilityProcessTransport } from './transports.ts';

/**
 * Takes the messages of preloads. One that does not come from the main frame of one of our windows,
 * showing our bundle, is not answered.
 * @param hostOf the host of a window, or undefined for one that is not ours
 */
export function listenToPreloads(
  engineEntry: string,
  hostOf: (contents: Electron.WebContents) => WindowHost | undefined,
): void {
  ipcMain.on(CONNECT_CHANNEL, (event) => {
    const host = trustedHost(event, hostOf);
    if (host) connect(event.sender, host, engineEntry);
  });
  ipcMain.on(DROP_CHANNEL, (event, path: unknown) => {
    const host = trustedHost(event, hostOf);
    const sound = host !== undefined && typeof path === 'string' && path.length <= 4096;
    if (sound) host.approved.approve([path]);
    event.returnValue = sound;
  });
}

function trustedHost(
  event: IpcMainEvent,
  hostOf: (contents: Electron.WebContents) => WindowHost | undefined,
): WindowHost | undefined {
  const frame = event.senderFrame;
  if (!frame || frame !== event.sender.mainFrame || !isAppUrl(frame.url)) return undefined;
  return hostOf(event.sender);
}

/** What a page has now; a page that connects again (a reload, or a page gone wrong) loses it. */
const connections = new WeakMap<Electron.WebContents, () => void>();

/** Gives the window a port, and an engine in a process of its own for as long as the port lives. */
function connect(contents: Electron.WebContents, host: WindowHost, engineEntry: string): void {
  connections.get(contents)?.();
  const child = utilityProcess.fork(engineEntry, [], { serviceName: 'Oopscope engine' });
  const connection = new RpcConnection(utilityProcessTransport(child));
  const { port1, port2 } = new MessageChannelMain();
  const transport = mainPortTransport<never, never>(port1);
  connection.onGone(() => {
    port1.close();
  });
  port1.once('close', () => {
    connection.close();
  });
  connections.set(contents, () => {
    port1.close();
    connection.close();
  });
  serve(guardedEngine(engineOf(connection), host), transport as Parameters<typeof serve>[1], {
    host: host.service,
  });
  contents.postMessage(PORT_CHANNEL, null, [port2]);
}
