import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceTree } from '../../../src-main/engine/program/source-tree.ts';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { openSourceTree } from '../../../src-main/io/source-tree/open-source-tree.ts';
import { compress, drawDeb, drawRpm, drawTar } from '../../support/packages/draw-packages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-sources-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (text: string) => new TextEncoder().encode(text);
const file = (path: string, text: string) => ({ path, bytes: bytesOf(text) });
const MAKEFILE = 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\n';
const EXIT = 'void do_exit(long code)\n{\n}\n';
const kernel = (top: string) => [
  file(`${top}/Makefile`, MAKEFILE),
  file(`${top}/include/linux/sched.h`, '/* sched */\n'),
  file(`${top}/tools/include/linux/sched.h`, '/* another */\n'),
  file(`${top}/kernel/exit.c`, EXIT),
  file(`${top}/README.bin`, 'no source'),
];

function put(path: string, content: string | Uint8Array): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

const cache = () => openCacheFolder({ folder: join(folder, 'cache') });
const open = (...given: string[]) => openSourceTree({ given, cache: cache() });

function textOf(tree: SourceTree, name: string): string {
  const found = tree.read(name);
  return 'absent' in found ? `none: ${found.why}` : found.text;
}

describe('a tar archive', () => {
  it('that ends between two files is cut off', async () => {
    const tar = drawTar(kernel('linux-6.1'));
    const whole = await open(put('linux.tar', tar));
    expect(whole.places).toMatchObject([{ ok: true }]);
    const cut = await open(put('cut.tar', tar.subarray(0, -1024)));
    expect(cut.problems.join()).toContain('is cut off');
    expect(cut.places).toMatchObject([{ ok: false }]);
  });
});

describe('a folder', () => {
  it('finds names by the ends of absolute ones and says what it took away', async () => {
    put('linux/kernel/exit.c', EXIT);
    const tree = await open(join(folder, 'linux'));
    expect(textOf(tree, './kernel/../kernel/exit.c')).toBe(EXIT);
    expect(tree.read('/build/linux-6.1/kernel/exit.c')).toMatchObject({
      how: '/build/linux-6.1 taken for the tree',
    });
    // A relative name is whole: another tree's file of that end is not it.
    expect(textOf(tree, 'drivers/kernel/exit.c')).toContain('is not in');
  });

  it('prefers the prefix that was given', async () => {
    put('a/kernel/exit.c', 'a\n');
    put('b/kernel/exit.c', 'b\n');
    const tree = await open(join(folder, 'a'), `/build/b=${join(folder, 'b')}`);
    expect(textOf(tree, '/build/b/kernel/exit.c')).toBe('b\n');
    expect(textOf(tree, '/build/c/kernel/exit.c')).toBe('a\n');
  });

  it('does not take a file for another one by its last name alone', async () => {
    put('demo/main.c', 'demo\n');
    const tree = await open(join(folder, 'demo'));
    expect(textOf(tree, '/usr/src/linux/init/main.c')).toContain('/usr/src/linux/init=');
    expect(textOf(tree, '/home/me/demo/main.c')).toBe('demo\n');
  });

  it('never leads out of itself', async () => {
    put('secret.c', 'secret\n');
    put('tree/kernel/exit.c', EXIT);
    symlinkSync('../../secret.c', join(folder, 'tree/kernel/out.c'));
    symlinkSync('exit.c', join(folder, 'tree/kernel/in.c'));
    const tree = await open(join(folder, 'tree'));
    expect(textOf(tree, '../secret.c')).toMatch(/^none/);
    expect(textOf(tree, 'kernel/../../secret.c')).toMatch(/^none/);
    expect(textOf(tree, '/etc/passwd')).toMatch(/^none/);
    expect(textOf(tree, 'kernel\0/exit.c')).toMatch(/^none/);
    expect(textOf(tree, 'kernel/out.c')).toContain('leads out of');
    expect(textOf(tree, 'kernel/in.c')).toBe(EXIT);
    expect(textOf(tree, 'kernel')).toMatch(/^none/);
  });

  it('gives out source files only, whatever else lies in the folder', async () => {
    put('home/.ssh/id_ed25519', 'key\n');
    put('home/.env', 'password\n');
    put('home/linux/kernel/exit.c', EXIT);
    symlinkSync('../../.env', join(folder, 'home/linux/kernel/env.c'));
    const tree = await open(join(folder, 'home'));
    expect(textOf(tree, '/x/linux/kernel/exit.c')).toBe(EXIT);
    for (const name of ['.env', '/root/.ssh/id_ed25519', 'linux/kernel/env.c']) {
      expect(textOf(tree, name)).toContain('no source file by its name');
    }
  });

  it('refuses what is larger than source files are', async () => {
    put('tree/huge.c', new Uint8Array(5 * 2 ** 20));
    expect(textOf(await open(join(folder, 'tree')), 'huge.c')).toContain('5242880 bytes');
  });

  it('asks which of several trees is meant', async () => {
    for (const top of ['linux-6.1', 'linux-6.2']) {
      for (const { path, bytes } of kernel(top)) put(`trees/${path}`, bytes);
    }
    expect(textOf(await open(join(folder, 'trees')), 'kernel/exit.c')).toContain('any of');
  });
});

describe('an archive', () => {
  it.each(['xz', 'zstd', 'gzip', 'none'] as const)('is read as tar, %s', async (codec) => {
    const path = put('linux.tar', compress(drawTar(kernel('linux-6.1')), codec));
    const tree = await open(path);
    expect(textOf(tree, 'kernel/exit.c')).toBe(EXIT);
    expect(textOf(tree, 'include/linux/sched.h')).toBe('/* sched */\n');
    expect(textOf(tree, 'README.bin')).toMatch(/^none/);
    expect(tree.places[0]?.how).toContain('Linux 6.1.192');
    tree.close();
  });

  it('may lie in a package, xz in xz, and is kept for the next time', async () => {
    // More than is read at once, and nothing that could be made smaller.
    const noise = file('linux-source-6.1/noise.bin', randomBytes(3 << 20).toString('base64'));
    const inner = compress(drawTar([...kernel('linux-source-6.1'), noise]), 'xz');
    const name = './usr/src/linux-source-6.1.tar.xz';
    const path = put('linux-source.deb', drawDeb([{ path: name, bytes: inner }], 'xz'));
    const fractions: number[] = [];
    const first = await openSourceTree({
      given: [path],
      cache: cache(),
      onProgress: (_, fraction) => void fractions.push(fraction),
    });
    expect(fractions.length).toBeGreaterThan(1);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(first.read('/build/x/kernel/exit.c')).toMatchObject({
      path: `${path}:usr/src/linux-source-6.1.tar.xz:linux-source-6.1/kernel/exit.c`,
    });
    first.close();
    const seen: number[] = [];
    const onProgress = (_: string, fraction: number) => void seen.push(fraction);
    const second = await openSourceTree({ given: [path], cache: cache(), onProgress });
    expect(textOf(second, 'kernel/exit.c')).toBe(EXIT);
    expect(seen).toEqual([]);
    second.close();
  });

  it('is found by the whole name in an rpm of debug sources', async () => {
    const top = './usr/src/debug/kernel-6.5/linux-6.5.x86_64';
    const tree = await open(put('common.rpm', drawRpm([file(`${top}/mm/slub.c`, 'slub\n')])));
    expect(textOf(tree, '/usr/src/debug/kernel-6.5/linux-6.5.x86_64/mm/slub.c')).toBe('slub\n');
    tree.close();
  });

  it('holds hostile paths harmlessly', async () => {
    const path = put(
      'evil.tar',
      drawTar([file('../../../etc/evil.c', 'x\n'), file('/abs.c', 'y\n')]),
    );
    const tree = await open(path);
    expect(textOf(tree, 'etc/evil.c')).toBe('x\n');
    expect(readdirSync(folder).sort()).toEqual(['cache', 'evil.tar']);
    tree.close();
  });

  it('that is cut off or damaged costs only itself, and leaves nothing half-written', async () => {
    const whole = compress(drawTar(kernel('linux')), 'xz');
    const path = put('cut.tar.xz', whole.subarray(0, whole.length - 40));
    put('tree/kernel/exit.c', EXIT);
    const tree = await open(path, join(folder, 'tree'), join(folder, 'missing'));
    expect(tree.problems[0]).toContain('cut.tar.xz');
    expect(tree.problems[1]).toContain('there is no such file or folder');
    expect(tree.places.map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(textOf(tree, 'kernel/exit.c')).toBe(EXIT);
    expect(readdirSync(join(folder, 'cache/parts'))).toEqual([]);
  });

  it('stops when cancelled', async () => {
    const path = put('linux.tar', drawTar(kernel('linux')));
    const given = [path];
    const signal = AbortSignal.abort();
    await expect(openSourceTree({ given, cache: cache(), signal })).rejects.toThrow(/abort/i);
  });

  it('whose copy was damaged is read again', async () => {
    const path = put('linux.tar', drawTar(kernel('linux')));
    (await open(path)).close();
    const [kept] = readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.sources'),
    );
    writeFileSync(join(folder, 'cache', kept!), 'damaged');
    const tree = await open(path);
    expect(textOf(tree, 'kernel/exit.c')).toBe(EXIT);
    tree.close();
  });
});

describe('versions', () => {
  const banner = 'Linux version 6.1.0-56-cloud-amd64 (gcc-12 12.2.0) #1 SMP Debian 6.1.190-1';
  const warningsOf = async (release: string, told: string) => {
    const path = put('linux.tar', drawTar(kernel('linux')));
    const tree = await openSourceTree({ given: [path], cache: cache(), release, banner: told });
    tree.close();
    return tree.problems.join('\n');
  };
  it('of another kernel are told', async () => {
    expect(await warningsOf('6.12.1', 'Linux version 6.12.1')).toContain('is of Linux 6.1.192');
    expect(await warningsOf('6.1.0-56-cloud-amd64', banner)).toContain('the dump of 6.1.190');
  });
  it('that fit are not', async () => {
    expect(await warningsOf('6.1.0-45-generic', 'Linux version 6.1.0-45-generic')).toBe('');
    expect(await warningsOf('6.1.192', 'Linux version 6.1.192')).toBe('');
  });
});
