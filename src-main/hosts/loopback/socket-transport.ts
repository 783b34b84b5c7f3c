import type { RawData, WebSocket } from 'ws';
import type {
  ClientMessage,
  ServerMessage,
  Transport,
} from '../../../src-shared/contract/index.ts';
import { decodeMessage, encodeMessage } from '../../../src-shared/rpc/index.ts';

/** What a client may leave unread before it is dropped. */
const MAX_UNREAD = 512 * 1024 * 1024;
const PING_MS = 30_000;

/**
 * Messages over one WebSocket. A client that sends no message of ours, does not answer pings (its
 * tunnel is gone) or does not read is dropped.
 */
export function socketTransport(socket: WebSocket): Transport<ServerMessage, ClientMessage> {
  let alive = true;
  const ping = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, PING_MS);
  ping.unref();
  socket.on('pong', () => (alive = true));
  socket.on('close', () => clearInterval(ping));
  // An error is followed by `close`, which is what matters here.
  socket.on('error', () => undefined);
  return {
    post: (message) => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MAX_UNREAD) return socket.terminate();
      socket.send(encodeMessage(message));
    },
    onMessage: (handler) =>
      socket.on('message', (data: RawData, isBinary: boolean) => {
        alive = true;
        try {
          if (!isBinary || !(data instanceof Uint8Array)) throw new Error('text');
          handler(decodeMessage(data) as ClientMessage);
        } catch {
          socket.close(1003, 'not a message');
        }
      }),
    onClose: (handler) => socket.on('close', () => handler('the window is gone')),
    close: () => socket.close(1008, 'not allowed'),
  };
}
