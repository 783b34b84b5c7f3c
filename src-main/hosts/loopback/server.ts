import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { EngineService, HostService } from '../../../src-shared/contract/index.ts';
import { serve } from '../../../src-shared/rpc/index.ts';
import type { FolderSettings } from '../node/debuginfo-folders.ts';
import type { RecentFiles } from '../node/recent-files.ts';
import { scopeSessions } from '../worker/session-scope.ts';
import { securityHeaders } from './headers.ts';
import { folderInHome, withHomePaths } from './home-paths.ts';
import {
  isOwnOrigin,
  loopbackHost,
  offeredToken,
  PROTOCOL,
  tokenMatches,
} from './request-check.ts';
import { socketTransport } from './socket-transport.ts';
import { listStaticFiles } from '../node/static-files.ts';

export interface LoopbackOptions {
  readonly engine: EngineService;
  /** Folder of the built renderer. */
  readonly rendererFolder: string;
  /** 0 takes a free one. */
  readonly port?: number;
  readonly version: string;
  /** Dumps that a new window opens: each entry one dump. */
  readonly initial?: readonly (readonly string[])[];
  readonly recent: RecentFiles;
  readonly folders: FolderSettings;
}

export interface Loopback {
  readonly port: number;
  /** What to open in a browser. The part after `#` is the token: who has it can read the dumps. */
  readonly url: string;
  close(): Promise<void>;
}

const SOCKET_PATH = '/rpc';
/** A request is a command line or a list of addresses. */
const MAX_REQUEST_BYTES = 1024 * 1024;
const MAX_WINDOWS = 16;

/**
 * Serves the window and the engine on 127.0.0.1, never on another interface. The bundle itself is
 * no secret; the socket, behind which the dumps are, asks for the token, which travels in the
 * URL's fragment (no server log, no referrer) and then as a WebSocket subprotocol: never as a
 * cookie, which a browser would also send to other servers on this machine.
 *
 * Who has the token may open any file that this process may read, by its path; nothing is ever
 * uploaded, and nothing written but the list of recent files, the folders to search and the cache.
 * @throws Error when the renderer is not built or the port is taken
 */
export async function startLoopback(options: LoopbackOptions): Promise<Loopback> {
  const files = listStaticFiles(options.rendererFolder);
  const token = randomBytes(32).toString('base64url');

  const server = createServer((request, response) => answer(request, response, files));
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_REQUEST_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => PROTOCOL,
  });

  server.on('upgrade', (request, stream, head) => {
    const refusal = refuse(request, token, sockets.clients.size);
    if (refusal !== undefined) return refuseUpgrade(stream, refusal);
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const transport = socketTransport(socket);
      const scope = scopeSessions(options.engine, (paths, release) =>
        options.recent.add({ paths, openedAt: Date.now(), ...(release && { release }) }),
      );
      transport.onClose(() => scope.end());
      serve(withHomePaths(scope.engine), transport, { host: hostService(options) });
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/#token=${token}`,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReturnType<typeof listStaticFiles>,
): void {
  const host = loopbackHost(request.headers.host);
  const finish = (status: number, type: string, body: string | Buffer) => {
    response.writeHead(status, {
      ...securityHeaders(host ?? '127.0.0.1'),
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const text = 'text/plain; charset=utf-8';
  if (host === undefined) return finish(421, text, 'This server answers to 127.0.0.1 only.\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return finish(405, text, 'Only GET.\n');
  }
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const file = files.get(path);
  if (file === undefined) return finish(404, text, 'Not here.\n');
  try {
    finish(200, file.type, file.read());
  } catch {
    finish(500, text, 'The window was removed from the disk; start Oopscope again.\n');
  }
}

/** Why a socket is not opened, as an HTTP status; undefined when it is. */
function refuse(request: IncomingMessage, token: string, windows: number): number | undefined {
  const host = loopbackHost(request.headers.host);
  if (host === undefined) return 421;
  if (request.url !== SOCKET_PATH) return 404;
  if (!isOwnOrigin(request.headers.origin, host)) return 403;
  if (!tokenMatches(offeredToken(request.headers['sec-websocket-protocol']), token)) return 401;
  return windows >= MAX_WINDOWS ? 503 : undefined;
}

function refuseUpgrade(stream: Duplex, status: number): void {
  stream.on('error', () => undefined);
  stream.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function hostService(options: LoopbackOptions): HostService {
  return {
    async info() {
      return {
        host: 'loopback',
        version: options.version,
        initial: options.initial ?? [],
        canOpenDialog: false,
        machineName: hostname(),
        platform: process.platform,
      };
    },
    recentFiles: async () => options.recent.list(),
    forgetRecent: async ({ paths }) => options.recent.forget(paths),
    pickFiles: async () => [],
    debuginfoFolders: (request) => options.folders.list(request),
    addDebuginfoFolder: (request) => options.folders.add(folderInHome(request)),
    removeDebuginfoFolder: (request) => options.folders.remove(request),
    watch: (_request, call) =>
      new Promise((resolve) => {
        call?.signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}
