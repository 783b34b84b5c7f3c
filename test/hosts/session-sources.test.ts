import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineService } from '../../src-shared/contract/index.ts';
import { createEngineService } from '../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../src-main/hosts/node/engine-deps.ts';
import { openCacheFolder } from '../../src-main/io/cache-folder.ts';
import { compress, drawTar } from '../support/packages/draw-packages.ts';
import { runCli } from '../support/run-cli.ts';

const dump = new URL('../../build/sample/sample.kdump', import.meta.url).pathname;

let root: string;
let engine: EngineService;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'oopscope-sources-'));
  put('a/kernel/exit.c', 'first\nsecond\n');
  put('b/kernel/exit.c', 'other\n');
  const cache = openCacheFolder({ folder: join(root, 'cache') });
  engine = createEngineService(createEngineDeps({ root, env: { HOME: root }, cache }));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(name: string, content: string | Uint8Array): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
const open = (...sources: string[]) => engine.open({ paths: [dump], search: false, sources });
const read = (session: string, file = 'kernel/exit.c') => engine.readSource({ session, file });

describe('a session', () => {
  test('reads source text from where it was given, and only there', async () => {
    const { session, sources } = await open(join(root, 'a'));
    expect(sources).toMatchObject([{ path: join(root, 'a'), ok: true }]);
    expect(await read(session)).toMatchObject({
      path: join(root, 'a/kernel/exit.c'),
      lines: ['first', 'second'],
      count: 2,
      check: 'unverified',
    });
    expect(await read(session, 'kernel/../../b/kernel/exit.c')).toMatchObject({
      absent: 'unknown',
    });
    expect(await read(session, '/etc/passwd')).toMatchObject({ absent: 'unknown' });
  });

  test('is given other places, or none, and says what it cannot use', async () => {
    const { session, sources } = await open();
    expect(sources).toEqual([]);
    expect(await read(session)).toMatchObject({ absent: 'unknown' });
    const gone = join(root, 'gone');
    const given = [gone, `/build=${join(root, 'b')}`];
    const info = await engine.attachSources({ session, given });
    expect(info.sources).toMatchObject([{ ok: false }, { prefix: '/build', ok: true }]);
    expect(info.warnings.join()).toContain(`${gone}: there is no such file or folder`);
    expect(await read(session, '/build/kernel/exit.c')).toMatchObject({ lines: ['other'] });
    const { warnings } = await engine.attachSources({ session, given: [] });
    expect(warnings.join()).not.toContain(gone);
    expect(await read(session)).toMatchObject({ absent: 'unknown' });
  });

  test('keeps its places when debuginfo is attached', async () => {
    const { session } = await open(join(root, 'a'));
    const { sources } = await engine.attachDebuginfo({ session, given: [], search: false });
    expect(sources).toMatchObject([{ ok: true }]);
    expect(await read(session)).toMatchObject({ lines: ['first', 'second'] });
  });

  test('stays as it was when the attaching is cancelled', async () => {
    const bytes = new TextEncoder().encode('x\n');
    const tar = compress(drawTar([{ path: 'linux/kernel/exit.c', bytes }]), 'gzip');
    const { session } = await open(join(root, 'a'));
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const given = [put('linux.tar.gz', tar)];
    const attached = engine.attachSources({ session, given }, { onProgress, signal: stop.signal });
    await expect(attached).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await read(session)).toMatchObject({ lines: ['first', 'second'] });
    await engine.close({ session });
  });

  test('ends a running command’s reading only after the command', async () => {
    const { session } = await open(join(root, 'a'));
    const running = engine.run({ session, line: 'source kernel/exit.c:2' });
    await engine.attachSources({ session, given: [] });
    const { blocks } = await running;
    expect(blocks).toMatchObject([{ type: 'source', current: { line: 2 } }]);
  });
});

describe('--source', () => {
  test('names a tree', async () => {
    const line = 'source kernel/exit.c:2';
    const whole = [...['exec', '--no-search', '--source', join(root, 'a')], dump, '-c', line];
    const { out, status } = await runCli(engine, whole);
    expect(status).toBe(0);
    expect(out).toBe('FILE: kernel/exit.c\nLINE: 2\n\n  1\tfirst\n* 2\tsecond\n\n');
  });
});
