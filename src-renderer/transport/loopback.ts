import type {
  ClientMessage,
  HostBridge,
  ServerMessage,
  Transport,
} from '../../src-shared/contract/index.ts';
import { decodeMessage, encodeMessage, RpcConnection } from '../../src-shared/rpc/index.ts';
import { bridgeOver } from './bridge.ts';

const TOKEN_KEY = 'oopscope.token';

/**
 * The token of the loopback server: from the address bar at first, where it does not stay; then
 * from this tab's session storage, so that a reload works. Undefined when there is none.
 */
export function takeToken(): string | undefined {
  const found = /^#token=([\w-]{20,128})$/.exec(location.hash)?.[1];
  if (found !== undefined) {
    // Another start of Oopscope: what this tab had open was the earlier one's.
    if (sessionStorage.getItem(TOKEN_KEY) !== found) sessionStorage.clear();
    sessionStorage.setItem(TOKEN_KEY, found);
    history.replaceState(null, '', location.pathname);
  }
  return found ?? sessionStorage.getItem(TOKEN_KEY) ?? undefined;
}

/**
 * Connects to the server that served this page.
 * @throws Error when there is no token, or the server refuses it or is gone
 */
export async function connectLoopback(token = takeToken()): Promise<HostBridge> {
  if (token === undefined) {
    throw new Error('This address needs its token: use the whole URL that Oopscope printed.');
  }
  const socket = new WebSocket(`ws://${location.host}/rpc`, [
    'oopscope.v1',
    `oopscope.token.${token}`,
  ]);
  socket.binaryType = 'arraybuffer';
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () =>
      reject(new Error('Oopscope does not answer, or this is the URL of an earlier start.'));
  });
  return bridgeOver(new RpcConnection(socketTransport(socket)), {});
}

function socketTransport(socket: WebSocket): Transport<ClientMessage, ServerMessage> {
  return {
    post: (message) => socket.send(encodeMessage(message)),
    onMessage: (handler) => {
      socket.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (data instanceof ArrayBuffer) {
          handler(decodeMessage(new Uint8Array(data)) as ServerMessage);
        }
      };
    },
    onClose: (handler) => {
      socket.onclose = () => handler('Oopscope has ended; start it again and reload.');
    },
    close: () => socket.close(),
  };
}
