import { describe, expect, test } from 'vitest';
import type { FolderSettings } from '../../../src-main/hosts/node/debuginfo-folders.ts';
import { ApprovedPaths } from '../../../src-main/hosts/electron/approved-paths.ts';
import { guardedEngine } from '../../../src-main/hosts/electron/guarded-engine.ts';
import { WindowHost } from '../../../src-main/hosts/electron/host-service.ts';
import type {
  EngineService,
  HostEvent,
  RecentFile,
  SessionInfo,
} from '../../../src-shared/contract/index.ts';
import { noDebuginfo } from '../../support/fake-engine.ts';

function makeHost(given: { initial?: string[]; recent?: RecentFile[]; picks?: string[] } = {}) {
  let recent = given.recent ?? [];
  const asked: string[] = [];
  const kept: string[] = [];
  const host = new WindowHost({
    version: '1.2.3',
    approved: new ApprovedPaths(),
    recent: {
      list: () => recent,
      add: (entry) => {
        recent = [entry, ...recent];
      },
      forget: () => {
        recent = [];
      },
    },
    folders: {
      add: ({ path }: { path: string }) => {
        kept.push(path);
        return Promise.resolve({});
      },
    } as unknown as FolderSettings,
    initial: given.initial ? [given.initial] : [],
    pickFiles: (what) => {
      asked.push(what);
      return Promise.resolve(given.picks ?? []);
    },
    onRecentChange: () => undefined,
  });
  const opened: (readonly string[])[] = [];
  const engine = guardedEngine(
    {
      open: ({ paths }) => {
        opened.push(paths);
        return Promise.resolve({
          session: '1',
          release: '6.1.0',
          debuginfo: noDebuginfo(),
        } as unknown as SessionInfo);
      },
    } as Partial<EngineService> as EngineService,
    host,
  );
  return { host, engine, opened, asked, kept, recent: () => recent };
}

describe('what a window may open', () => {
  test('is what the command line named', async () => {
    const { engine, opened } = makeHost({ initial: ['/d/a', '/d/b'] });
    await engine.open({ paths: ['/d/a', '/d/b'] });
    expect(opened).toEqual([['/d/a', '/d/b']]);
  });

  test('is what the dialog gave', async () => {
    const { engine, host, opened } = makeHost({ picks: ['/d/picked'] });
    await expect(engine.open({ paths: ['/d/picked'] })).rejects.toThrow(/not chosen/);
    expect(await host.service.pickFiles({})).toEqual(['/d/picked']);
    await engine.open({ paths: ['/d/picked'] });
    expect(opened).toEqual([['/d/picked']]);
  });

  test('the dialog is told what it is asked for', async () => {
    const { host, asked } = makeHost({ picks: ['/d/vmlinux'] });
    await host.service.pickFiles({ what: 'debuginfo' });
    await host.service.pickFiles({});
    expect(asked).toEqual(['debuginfo', 'dump']);
  });

  test('is what was opened before, and what the menu opens', async () => {
    const { engine, host, opened } = makeHost({ recent: [{ paths: ['/d/old'], openedAt: 1 }] });
    await host.service.recentFiles();
    await engine.open({ paths: ['/d/old'] });
    host.send({ type: 'open', paths: ['/d/menu'] });
    await engine.open({ paths: ['/d/menu'] });
    expect(opened).toHaveLength(2);
  });

  test('is nothing else: one foreign path of a set refuses the set', async () => {
    const { engine, opened } = makeHost({ initial: ['/d/a'] });
    await expect(engine.open({ paths: ['/d/a', '/etc/shadow'] })).rejects.toMatchObject({
      kind: 'open',
      message: expect.stringContaining('/etc/shadow') as string,
    });
    expect(opened).toEqual([]);
  });
});

describe('debuginfo that a window may name', () => {
  test('was chosen, too', async () => {
    const { engine, opened } = makeHost({ initial: ['/d/a', '/d/vmlinux'] });
    for (const named of [{ debuginfo: ['/etc/shadow'] }, { override: ['/etc/shadow'] }])
      await expect(engine.open({ paths: ['/d/a'], ...named })).rejects.toThrow(/not chosen/);
    expect(opened).toEqual([]);
    await engine.open({ paths: ['/d/a'], debuginfo: ['/d/vmlinux'] });
    const given = [{ path: '/etc/shadow' }];
    await expect(engine.attachDebuginfo({ session: '1', given })).rejects.toThrow(/not chosen/);
  });
});

describe('a folder that a window may have remembered', () => {
  test('was chosen in the dialog', async () => {
    const { host, kept } = makeHost({ picks: ['/d/debug'] });
    await expect(host.service.addDebuginfoFolder({ path: '/d/debug' })).rejects.toThrow(
      /not chosen/,
    );
    await host.service.pickFiles({ what: 'folder' });
    await host.service.addDebuginfoFolder({ path: '/d/debug' });
    expect(kept).toEqual(['/d/debug']);
  });
});

describe('source text that a window may name', () => {
  test('was chosen; what it stands for is a name only', async () => {
    const { engine } = makeHost({ initial: ['/d/a', '/d/linux'] });
    for (const given of ['/etc', '/d/linux=/etc'])
      await expect(engine.open({ paths: ['/d/a'], sources: [given] })).rejects.toThrow(
        /not chosen/,
      );
    await engine.open({ paths: ['/d/a'], sources: ['/build/linux=/d/linux'] });
    const attached = engine.attachSources({ session: '1', given: ['/etc'] });
    await expect(attached).rejects.toThrow(/not chosen/);
  });
});

describe('a window of the app', () => {
  test('remembers what opened, with its release', async () => {
    const { engine, recent } = makeHost({ initial: ['/d/a'] });
    await engine.open({ paths: ['/d/a'] });
    expect(recent()).toMatchObject([{ paths: ['/d/a'], release: '6.1.0' }]);
  });

  test('gets what was wanted of it while it loaded, then each event once', async () => {
    const { host } = makeHost();
    host.send({ type: 'open', paths: ['/early'] });
    const events: HostEvent[] = [];
    const stop = new AbortController();
    const watching = host.service.watch(
      {},
      { onProgress: (event) => events.push(event), signal: stop.signal },
    );
    host.send({ type: 'menu', item: 'find' });
    expect(events).toEqual([
      { type: 'open', paths: ['/early'] },
      { type: 'menu', item: 'find' },
    ]);
    stop.abort();
    await watching;
    host.send({ type: 'menu', item: 'back' });
    expect(events).toHaveLength(2);
  });
});
