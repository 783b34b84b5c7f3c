import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEngineService } from '../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../src-main/hosts/node/engine-deps.ts';
import { openCacheFolder } from '../../src-main/io/cache-folder.ts';
import { openDebuginfoFolders } from '../../src-main/io/debuginfo-search/folders-file.ts';
import { drawVmlinux } from '../support/packages/draw-debuginfo.ts';
import { drawDeb } from '../support/packages/draw-packages.ts';
import { runCli } from '../support/run-cli.ts';

const sample = new URL('../../build/sample/sample.kdump', import.meta.url).pathname;

let root: string;
let dump: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'oopscope-cli-debuginfo-'));
  vi.stubEnv('XDG_CONFIG_HOME', join(root, 'config'));
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'));
  mkdirSync(join(root, 'crash'));
  dump = join(root, 'crash', 'dump.kdump');
  copyFileSync(sample, dump);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function oopscope(...args: string[]) {
  const engine = createEngineService(
    createEngineDeps({
      root,
      env: { HOME: root },
      cache: openCacheFolder(),
      folders: () => openDebuginfoFolders().read(),
    }),
  );
  return runCli(engine, args);
}
async function wantedIds(): Promise<{ release: string; buildId: string }> {
  const { out } = await oopscope('debuginfo', 'find', '--json', dump);
  const { blocks } = JSON.parse(out) as {
    blocks: { name: string; facts: { id: string; value: string }[] }[];
  };
  const of = (id: string) => blocks[0]?.facts.find((fact) => fact.id === id)?.value ?? '';
  return { release: of('release'), buildId: of('buildId') };
}

describe('oopscope debuginfo', () => {
  test('add and remove: folders by their whole path; what is none is refused', async () => {
    const mine = join(root, 'mine');
    mkdirSync(mine);
    expect(await oopscope('debuginfo', 'add', `${mine}/`)).toMatchObject({
      status: 0,
      out: expect.stringContaining(`${mine} is searched`) as string,
    });
    expect((await oopscope('debuginfo', 'list')).out).toMatch(
      new RegExp(`${mine} +there +remembered`),
    );
    const missing = await oopscope('debuginfo', 'add', join(root, 'nowhere'));
    expect(missing).toMatchObject({ status: 1, out: '' });
    expect(missing.err).toContain('nowhere does not exist');
    rmSync(mine, { recursive: true });
    expect((await oopscope('debuginfo', 'list')).out).toMatch(
      new RegExp(`${mine} +does not exist +remembered`),
    );
    expect((await oopscope('debuginfo', 'remove', mine)).status).toBe(0);
    const twice = await oopscope('debuginfo', 'remove', mine);
    expect(twice).toMatchObject({ status: 1 });
    expect(twice.err).toContain('not among the remembered');
  });

  test('a damaged settings file is an error, and stays', async () => {
    const file = join(root, 'config', 'oopscope', 'debuginfo.json');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '{');
    const listed = await oopscope('debuginfo', 'list');
    expect(listed.status).toBe(1);
    expect(listed.err).toContain('is damaged');
    expect((await oopscope('debuginfo', 'add', root)).status).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('{');
  });

  test('find: what is needed, where was looked; 0 only where vmlinux is in use', async () => {
    const { release, buildId } = await wantedIds();
    const without = await oopscope('debuginfo', 'find', dump);
    expect(without.status).toBe(1);
    for (const text of [release, buildId, 'beside the dump', `linux-image-${release}-dbg`])
      expect(without.out).toContain(text);
    mkdirSync(join(root, 'mine', 'deep'), { recursive: true });
    const path = join(root, 'mine', 'deep', 'vmlinux');
    writeFileSync(path, drawVmlinux({ buildId, release }));
    await oopscope('debuginfo', 'add', join(root, 'mine'));
    const found = await oopscope('debuginfo', 'find', dump);
    expect(found.status).toBe(0);
    expect(found.out).toMatch(new RegExp(`vmlinux +build-id +yes +${path}`));
    expect((await oopscope('debuginfo', 'find', '--no-search', dump)).status).toBe(1);
    expect((await oopscope('debuginfo', 'find', join(root, 'none'))).status).toBe(3);
  });

  test('what is refused leaves the answer to the dump; the advice is of the likely system', async () => {
    const other = join(root, 'vmlinux');
    writeFileSync(other, drawVmlinux({ buildId: '00112233', release: '5.10.0-1-amd64' }));
    const bt = await oopscope('exec', '-s', other, dump, 'bt', '-p');
    expect(bt).toMatchObject({ status: 0, out: expect.stringContaining('demo_account') as string });
    expect(bt.err).toContain('apt-get download linux-image-');
    expect(bt.err).not.toMatch(/dnf|zypper/);
    expect(bt.err).toContain('oopscope debuginfo find DUMP');

    const { out, err } = await oopscope('debuginfo', 'find', '-s', other, dump);
    expect(err).not.toContain('apt-get');
    expect(out).toMatch(/SYSTEM .*NEEDS\n *Debian \(likely\) [^]*OTHER SYSTEM +COMMAND\n *Ubuntu /);
  });

  test('list says which package a cached file came from; clear empties the cache', async () => {
    const { release, buildId } = await wantedIds();
    const deb = join(root, 'linux-image-dbg_1_amd64.deb');
    const bytes = drawVmlinux({ buildId, release });
    writeFileSync(deb, drawDeb([{ path: './usr/lib/debug/boot/vmlinux-x', bytes }]));
    const sys = await oopscope('exec', '-s', deb, dump, 'sys');
    expect(sys.out).toContain('DEBUGINFO: vmlinux from linux-image-dbg_1_amd64.deb (cache)');
    const later = await oopscope('exec', dump, 'sys');
    expect(later.out).toContain('DEBUGINFO: vmlinux from linux-image-dbg_1_amd64.deb (cache)');

    const { out } = await oopscope('debuginfo', 'list', '--json');
    const files = (JSON.parse(out) as { blocks: { name?: string; rows?: object[] }[] }).blocks.find(
      ({ name }) => name === 'debuginfo-files',
    );
    expect(files?.rows).toMatchObject([
      { file: 'vmlinux', release, buildId, size: bytes.length, from: deb },
    ]);
    // One of an earlier version, without a note.
    const old = join(root, 'cache/oopscope/debuginfo/aa/bbccddeeff', 'vmlinux');
    mkdirSync(join(old, '..'), { recursive: true });
    writeFileSync(old, drawVmlinux({ buildId: 'aabbccddeeff', release: '5.10.0-1-amd64' }));
    expect((await oopscope('debuginfo', 'list')).out).toMatch(
      /vmlinux +5\.10\.0-1-amd64 +aabbccddeeff .*\(unknown\)/,
    );
    const cleared = await oopscope('debuginfo', 'clear');
    expect(cleared.out).toContain('Removed 2 files');
    expect((await oopscope('debuginfo', 'list')).out).not.toContain('vmlinux ');
  });

  test.each([
    [['debuginfo'], /list, add FOLDER/],
    [['debuginfo', 'lost'], /no "lost"/],
    [['debuginfo', 'add'], /needs a folder/],
    [['debuginfo', 'clear', 'x'], /takes no x/],
    [['debuginfo', 'list', '-s'], /no option -s/],
    [['debuginfo', 'find'], /needs a dump/],
  ])('%j is wrong usage', async (args, message) => {
    const result = await oopscope(...args);
    expect(result).toMatchObject({ status: 2, out: '' });
    expect(result.err).toMatch(message);
  });
});
