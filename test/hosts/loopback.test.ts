import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { ClientMessage, ServerMessage, Transport } from '../../src-shared/contract/index.ts';
import {
  decodeMessage,
  encodeMessage,
  engineOf,
  hostOf,
  RpcConnection,
} from '../../src-shared/rpc/index.ts';
import { createFolderSettings } from '../../src-main/hosts/node/debuginfo-folders.ts';
import { createRecentFiles } from '../../src-main/hosts/node/recent-files.ts';
import { startLoopback, type Loopback } from '../../src-main/hosts/loopback/server.ts';
import { fakeEngine } from '../support/fake-engine.ts';

let folder: string;
let server: Loopback;
let engine: ReturnType<typeof fakeEngine>;
let token: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-loopback-'));
  const rendererFolder = join(folder, 'renderer');
  mkdirSync(join(rendererFolder, 'assets'), { recursive: true });
  writeFileSync(join(rendererFolder, 'index.html'), '<!doctype html><title>window</title>');
  writeFileSync(join(rendererFolder, 'assets', 'main.js'), 'export {};');
  writeFileSync(join(rendererFolder, 'assets', 'main.js.map'), '{}');
  writeFileSync(join(folder, 'secret.js'), 'secret');
  symlinkSync(join(folder, 'secret.js'), join(rendererFolder, 'assets', 'link.js'));
  engine = fakeEngine();
  server = await startLoopback({
    engine,
    rendererFolder,
    version: '1.2.3',
    initial: [['/dumps/a']],
    recent: createRecentFiles(join(folder, 'state', 'recent.json')),
    folders: createFolderSettings({ file: join(folder, 'debuginfo.json'), root: folder }),
  });
  token = server.url.split('#token=')[1] ?? '';
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function get(path: string, options: { host?: string; method?: string } = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: server.port,
          path,
          method: options.method ?? 'GET',
          headers: { host: options.host ?? `127.0.0.1:${server.port}` },
        },
        (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => (body += part));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          );
        },
      );
      request.on('error', reject);
      request.end();
    },
  );
}

interface SocketTry {
  path?: string;
  origin?: string;
  host?: string;
  protocols?: string[];
}

function openSocket(how: SocketTry = {}): Promise<WebSocket> {
  const host = how.host ?? `127.0.0.1:${server.port}`;
  const socket = new WebSocket(
    `ws://127.0.0.1:${server.port}${how.path ?? '/rpc'}`,
    how.protocols ?? ['oopscope.v1', `oopscope.token.${token}`],
    { origin: how.origin ?? `http://${host}`, headers: { host } },
  );
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket));
    socket.on('error', reject);
  });
}

function connectionOver(socket: WebSocket): RpcConnection {
  const transport: Transport<ClientMessage, ServerMessage> = {
    post: (message) => socket.send(encodeMessage(message)),
    onMessage: (handler) =>
      socket.on('message', (data) => handler(decodeMessage(data as Buffer) as ServerMessage)),
    onClose: (handler) => socket.on('close', () => handler('gone')),
    close: () => socket.close(),
  };
  return new RpcConnection(transport);
}

describe('pages', () => {
  it('serves the bundle with a strict policy and no caching', async () => {
    const index = await get('/');
    expect(index.status).toBe(200);
    expect(index.body).toContain('<title>window</title>');
    expect(index.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
        "img-src 'self' data:; font-src 'self'; worker-src 'self'; " +
        `connect-src 'self' ws://127.0.0.1:${server.port}; ` +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(index.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    const script = await get('/assets/main.js?v=1');
    expect(script).toMatchObject({ status: 200, body: 'export {};' });
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  it.each([
    '/../secret.js',
    '/assets/../../secret.js',
    '/assets/%2e%2e/%2e%2e/secret.js',
    '/assets\\..\\..\\secret.js',
    '//secret.js',
    '/assets/link.js',
    '/assets/main.js.map',
    '/assets/',
    '/assets',
    '/rpc',
    '/__proto__',
  ])('has nothing at %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('secret');
  });

  it('answers only to names of this machine, and only GET', async () => {
    for (const host of ['localhost:9000', '[::1]:9000', '127.0.0.1']) {
      expect((await get('/', { host })).status).toBe(200);
    }
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example:80',
      'localhost@evil',
      '10.0.0.1',
    ]) {
      expect((await get('/', { host })).status).toBe(421);
    }
    expect((await get('/', { method: 'POST' })).status).toBe(405);
    expect(await get('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('does not listen on any other address', async () => {
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((address) => address?.family === 'IPv4' && !address.internal);
    for (const address of others) {
      const outcome = await new Promise((resolve) => {
        const socket = connect(server.port, address?.address ?? '');
        socket.on('connect', () => resolve('open'));
        socket.on('error', () => resolve('refused'));
      });
      expect(outcome).toBe('refused');
    }
  });
});

describe('the socket', () => {
  it.each<[string, SocketTry, number]>([
    ['no token', { protocols: ['oopscope.v1'] }, 401],
    ['a wrong token', { protocols: ['oopscope.v1', `oopscope.token.${'x'.repeat(43)}`] }, 401],
    ['an empty token', { protocols: ['oopscope.v1', 'oopscope.token.'] }, 401],
    ['another origin', { origin: 'http://evil.example' }, 403],
    ['another server of this machine', { origin: 'http://127.0.0.1:1' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['a name made to point here', { host: 'evil.example', origin: 'http://evil.example' }, 421],
    ['another path', { path: '/other' }, 404],
  ])('is refused to %s', async (_name, how, status) => {
    await expect(openSocket(how)).rejects.toThrow(String(status));
  });

  it('works through a tunnel with another port at its near end', async () => {
    const socket = await openSocket({ host: 'localhost:9000', origin: 'http://localhost:9000' });
    expect(await engineOf(connectionOver(socket)).commands()).toHaveLength(1);
  });

  it('carries the engine: addresses, bytes, progress, errors', async () => {
    const client = engineOf(connectionOver(await openSocket()));
    const phases: string[] = [];
    const { session } = await client.open(
      { paths: ['/dumps/a'] },
      { onProgress: ({ phase }) => phases.push(phase) },
    );
    expect(phases).toEqual(['file']);
    const range = await client.readMemory({
      session,
      space: { kind: 'user', task: 0xffff_9a00_0000_0000n },
      address: 5n,
      length: 2,
    });
    expect(range.address).toBe(5n);
    expect(range.space).toEqual({ kind: 'user', task: 0xffff_9a00_0000_0000n });
    expect(range.bytes).toEqual(new Uint8Array([5, 6]));
    await expect(client.run({ session, line: 'bug' })).rejects.toMatchObject({ kind: 'internal' });
  });

  it('tells the window about its host and keeps recent files', async () => {
    const connection = connectionOver(await openSocket());
    const host = hostOf(connection);
    expect(await host.info()).toMatchObject({
      host: 'loopback',
      version: '1.2.3',
      initial: [['/dumps/a']],
      canOpenDialog: false,
    });
    const client = engineOf(connection);
    await client.open({ paths: ['/dumps/a'] });
    await client.open({ paths: ['/dumps/b'] });
    await client.open({ paths: ['/dumps/a'] });
    expect((await host.recentFiles()).map(({ paths }) => paths)).toEqual([
      ['/dumps/a'],
      ['/dumps/b'],
    ]);
    await host.forgetRecent({ paths: ['/dumps/a'] });
    expect(await host.recentFiles()).toMatchObject([
      { paths: ['/dumps/b'], release: '6.1.0-fake' },
    ]);
    await host.forgetRecent({});
    expect(await host.recentFiles()).toEqual([]);
  });

  it('remembers folders with debuginfo, and tells what is wrong with them', async () => {
    const host = hostOf(connectionOver(await openSocket()));
    const mine = join(folder, 'mine');
    mkdirSync(mine);
    for (const [path, why] of [
      ['mine', 'no absolute path'],
      [join(folder, 'nowhere'), 'does not exist'],
      [join(folder, 'secret.js'), 'is no folder'],
    ] as const)
      await expect(host.addDebuginfoFolder({ path })).rejects.toMatchObject({
        kind: 'usage',
        message: expect.stringContaining(why) as string,
      });
    const { folders, usual } = await host.addDebuginfoFolder({ path: `${mine}/`, release: '6.1' });
    expect(folders).toEqual([{ path: mine, problem: undefined }]);
    expect(usual.map(({ path }) => path)).toContain(join(folder, 'usr/lib/debug/lib/modules/6.1'));
    rmSync(mine, { recursive: true });
    const later = await host.debuginfoFolders({});
    expect(later.folders).toEqual([{ path: mine, problem: 'does not exist' }]);
    expect(later.usual.filter(({ dependsOnRelease }) => dependsOnRelease)).not.toEqual([]);
    expect((await host.removeDebuginfoFolder({ path: mine })).folders).toEqual([]);
    await expect(host.removeDebuginfoFolder({ path: mine })).rejects.toThrow(/not among/);
  });

  it('closes the sessions of a window that goes, and shows none to another', async () => {
    const close = vi.spyOn(engine, 'close');
    const first = await openSocket();
    const { session } = await engineOf(connectionOver(first)).open({ paths: ['a'] });
    const second = engineOf(connectionOver(await openSocket()));
    await expect(second.regions({ session })).rejects.toMatchObject({ kind: 'gone' });
    first.close();
    await vi.waitFor(() => expect(close).toHaveBeenCalledWith({ session }));
  });

  it.each<[string, () => string | Uint8Array]>([
    ['text', () => '{"type":"call"}'],
    ['bytes that are no message', () => new Uint8Array([11, 0xff, 0xff, 0xff, 0xff])],
    ['a message that is no call', () => encodeMessage({ type: 'result', id: 1 })],
    ['a megabyte and more', () => new Uint8Array(1024 * 1024 + 1)],
  ])('is closed after %s', async (_name, data) => {
    const socket = await openSocket();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.send(data());
    expect([1003, 1008, 1009]).toContain(await closed);
  });
});

it('says how to build the window where it is not built', async () => {
  await expect(
    startLoopback({
      engine,
      rendererFolder: join(folder, 'none'),
      version: '1',
      recent: createRecentFiles(join(folder, 'recent.json')),
      folders: createFolderSettings({ file: join(folder, 'debuginfo.json') }),
    }),
  ).rejects.toThrow('npm run build');
});

describe('recent files', () => {
  it('are an empty list when the file is damaged', () => {
    const file = join(folder, 'recent.json');
    writeFileSync(file, '[{"paths":[1],"openedAt":1},{"paths":["/a"],"openedAt":1},7');
    expect(createRecentFiles(file).list()).toEqual([]);
    writeFileSync(file, '[{"paths":[1],"openedAt":1},{"paths":["/a"],"openedAt":1},7]');
    expect(createRecentFiles(file).list()).toEqual([{ paths: ['/a'], openedAt: 1 }]);
  });

  it('are at most 20, and not a reason to fail', () => {
    const recent = createRecentFiles(join(folder, 'deep', 'recent.json'));
    for (let i = 0; i < 25; i++) recent.add({ paths: [`/dump${i}`], openedAt: i });
    expect(recent.list()).toHaveLength(20);
    expect(recent.list()[0]?.paths).toEqual(['/dump24']);
    const blocked = createRecentFiles(join(folder, 'secret.js', 'recent.json'));
    blocked.add({ paths: ['/a'], openedAt: 1 });
    expect(blocked.list()).toEqual([]);
  });
});
