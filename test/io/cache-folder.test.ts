import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CacheFullError,
  defaultCacheFolder,
  openCacheFolder,
  safeCacheName,
} from '../../src-main/io/cache-folder.ts';
import { findOrigin, type CacheOrigin } from '../../src-main/io/cache-origin.ts';

const ID = '00112233445566778899aabbccddeeff00112233';
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'oopscope-cache-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A finished file, last used so many minutes ago. */
function age(key: string, name: string, size: number, minutes: number): string {
  const path = join(folder, key.slice(0, 2), key.slice(2), name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, new Uint8Array(size));
  const time = new Date(Date.now() - minutes * 60_000);
  utimesSync(path, time, time);
  return path;
}

describe('cache folder', () => {
  it('a file is found only when it is whole', async () => {
    const cache = openCacheFolder({ folder });
    const draft = await cache.draft();
    await draft.write(Uint8Array.of(1, 2));
    await draft.write(Uint8Array.of(3));
    expect(await cache.find(ID, 'vmlinux')).toBeUndefined();
    const path = await draft.commit(ID, 'vmlinux');
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect(await openCacheFolder({ folder }).find(ID, 'vmlinux')).toBe(path);
    expect(readdirSync(join(folder, 'parts'))).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('where no folder can be made it says so', async () => {
    const cache = openCacheFolder({ folder: '/proc/nowhere/oopscope/debuginfo' });
    await expect(cache.draft()).rejects.toThrow('ENOENT');
  });

  it('a file says what it was taken out of; one without such a note, or put in its place, does not', async () => {
    const cache = openCacheFolder({ folder });
    const origin = { path: '/p/a.deb', entry: './vmlinux', size: 7, mtimeMs: 1.5, release: '6.1' };
    const keep = async (name: string, from?: CacheOrigin) =>
      (await cache.draft()).commit(ID, name, from);
    const path = await keep('vmlinux', origin);
    expect(await findOrigin(path)).toEqual(origin);
    expect((await cache.list()).map(({ name, key }) => [name, key])).toEqual([['vmlinux', ID]]);
    expect(await findOrigin(await keep('xfs.ko'))).toBeUndefined();
    rmSync(path);
    writeFileSync(path, 'copied here by somebody');
    expect(await findOrigin(path)).toBeUndefined();
    expect(await findOrigin(await keep('vmlinux', origin))).toEqual(origin);
    expect(await findOrigin(await keep('vmlinux'))).toBeUndefined();
    for (const note of ['', 'no JSON', '[]', '{"from":7}']) {
      writeFileSync(`${path}.origin`, note);
      expect(await findOrigin(path)).toBeUndefined();
    }
  });

  it('is cleared of its own files only', async () => {
    const cache = openCacheFolder({ folder });
    const origin = { path: '/p/a.deb', entry: 'e', size: 7, mtimeMs: 1, release: undefined };
    const draft = await cache.draft();
    await draft.write(new Uint8Array(10));
    await draft.commit(ID, 'vmlinux', origin);
    age(`11${ID.slice(2)}`, 'dwarf-names', 5, 0);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect(await cache.clear()).toEqual({ files: 2, bytes: 15, problems: [] });
    expect(await cache.list()).toEqual([]);
    expect(existsSync(join(folder, '00', ID.slice(2)))).toBe(false);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('a file given up leaves nothing', async () => {
    const draft = await openCacheFolder({ folder }).draft();
    await draft.write(new Uint8Array(10));
    await draft.discard();
    expect(readdirSync(join(folder, 'parts'))).toEqual([]);
  });

  it('above its limit the least recently used go, but not what is in use', async () => {
    const old = age(`aa${ID}`, 'vmlinux', 400, 30);
    const older = age(`bb${ID}`, 'vmlinux', 400, 60);
    const fresh = age(`cc${ID}`, 'vmlinux', 400, 1);
    const cache = openCacheFolder({ folder, limit: 800 });
    expect(await cache.find(`bb${ID}`, 'vmlinux')).toBe(older);
    await cache.evict();
    const left = [old, older, fresh].filter((path) => {
      try {
        return readFileSync(path).length > 0;
      } catch {
        return false;
      }
    });
    expect(left).toEqual([older, fresh]);
    expect(readdirSync(join(folder, 'aa'))).toEqual([]);
  });

  it('removes what a crashed process left behind, after a day', async () => {
    mkdirSync(join(folder, 'parts'));
    for (const [name, hours] of [
      ['old.part', 30],
      ['new.part', 1],
    ] as const) {
      const path = join(folder, 'parts', name);
      writeFileSync(path, 'x');
      const time = new Date(Date.now() - hours * 3_600_000);
      utimesSync(path, time, time);
    }
    await openCacheFolder({ folder }).evict();
    expect(readdirSync(join(folder, 'parts'))).toEqual(['new.part']);
  });

  it('names and keys cannot leave the folder', async () => {
    expect(safeCacheName('../../etc/passwd')).not.toMatch(/\/|^\./);
    expect(safeCacheName('')).toBe('_');
    const cache = openCacheFolder({ folder });
    await expect(cache.find('../../../etc', 'passwd')).rejects.toThrow(/not a cache key/);
    const draft = await cache.draft();
    const path = await draft.commit(ID, '../../../../outside');
    expect(path.startsWith(join(folder, ID.slice(0, 2)))).toBe(true);
  });

  it('says before writing that there is no room', async () => {
    const draft = await openCacheFolder({ folder }).draft();
    await expect(draft.reserve(2 ** 60)).rejects.toThrow(CacheFullError);
    await expect(draft.reserve(2 ** 60)).rejects.toThrow(/GiB needed in .*GiB can be used/);
    await draft.discard();
  });

  it.skipIf(process.platform === 'win32')('lies where caches lie', () => {
    expect(defaultCacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/oopscope/debuginfo');
  });
});
