import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDebuginfoFolders } from '../../../src-main/io/debuginfo-search/folders-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-folders-'));
  file = join(folder, 'debuginfo.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const contentOf = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe('folders that the user named', () => {
  it('are remembered, the last one first, in a file that need not exist', async () => {
    const folders = openDebuginfoFolders(join(folder, 'sub', 'debuginfo.json'));
    expect(folders.read()).toEqual({ folders: [], problem: undefined });
    for (const path of ['/a', '/b', '/a']) await folders.add(path);
    expect(openDebuginfoFolders(folders.file).read().folders).toEqual(['/a', '/b']);
    expect(await folders.remove('/a')).toBe(true);
    expect(await folders.remove('/a')).toBe(false);
    expect(folders.read().folders).toEqual(['/b']);
    expect(readdirSync(join(folder, 'sub'))).toEqual(['debuginfo.json']);
  });

  it('other settings of the file stay, and so does what is not understood, which is told', async () => {
    writeFileSync(file, JSON.stringify({ other: { deep: 1 }, folders: ['relative', 7, '/a'] }));
    const folders = openDebuginfoFolders(file);
    expect(folders.read()).toEqual({
      folders: ['/a'],
      problem: expect.stringContaining('2 of 3 entries') as string,
    });
    await folders.add('/b');
    await folders.remove('/a');
    expect(contentOf(file)).toEqual({ other: { deep: 1 }, folders: ['/b', 'relative', 7] });
  });

  it.each([
    ['{"folders": ["/a"', 'is damaged'],
    ['[]', 'no JSON object'],
    ['{"folders": "/a"}', '"folders" is no list'],
    [' '.repeat(2 ** 20 + 1), 'too large'],
  ])('a damaged file (%#) is told and left as it is', async (content, why) => {
    writeFileSync(file, content);
    const folders = openDebuginfoFolders(file);
    expect(folders.read().folders).toEqual([]);
    expect(folders.read().problem).toContain(why);
    await expect(folders.add('/b')).rejects.toThrow(why);
    await expect(folders.remove('/a')).rejects.toThrow(file);
    expect(readFileSync(file, 'utf8')).toBe(content);
    expect(readdirSync(folder)).toEqual(['debuginfo.json']);
  });

  it('writers at the same time lose nothing of each other', async () => {
    const names = Array.from({ length: 24 }, (_, i) => `/folder${i}`);
    await Promise.all(names.map((name) => openDebuginfoFolders(file).add(name)));
    expect([...openDebuginfoFolders(file).read().folders].sort()).toEqual(names.sort());
    expect(readdirSync(folder)).toEqual(['debuginfo.json']);
  });

  it('the lock of a writer that died is broken', async () => {
    const lock = `${file}.lock`;
    writeFileSync(lock, '');
    const old = new Date(Date.now() - 60_000);
    utimesSync(lock, old, old);
    await openDebuginfoFolders(file).add('/a');
    expect(existsSync(lock)).toBe(false);
    expect(openDebuginfoFolders(file).read().folders).toEqual(['/a']);
  });

  it('a link to a file elsewhere stays a link', async () => {
    const elsewhere = join(folder, 'elsewhere.json');
    writeFileSync(elsewhere, '{"folders":[]}', { mode: 0o644 });
    symlinkSync(elsewhere, file);
    await openDebuginfoFolders(file).add('/a');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(contentOf(elsewhere)).toEqual({ folders: ['/a'] });
    expect(lstatSync(elsewhere).mode & 0o777).toBe(0o644);
  });

  it('one more than can be remembered is refused; none is dropped for it', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `/folder${i}`);
    writeFileSync(file, JSON.stringify({ folders: names }));
    await expect(openDebuginfoFolders(file).add('/more')).rejects.toThrow('50 folders');
    expect(openDebuginfoFolders(file).read().folders).toEqual(names);
  });

  it.runIf(process.platform === 'linux')('a place that cannot be written is told', async () => {
    const folders = openDebuginfoFolders('/proc/nowhere/debuginfo.json');
    await expect(folders.add('/a')).rejects.toThrow('cannot be written (ENOENT)');
  });
});
