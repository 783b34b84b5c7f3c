import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { openDebugFile } from '../../../src-main/io/debuginfo-search/open-debug-file.ts';
import { PackageError } from '../../../src-main/io/packages/package-error.ts';
import {
  asciiOf,
  bytesOfHex,
  drawBuildIdNote,
  drawElfFile,
  type DrawnSection,
} from '../../support/debuginfo/draw-elf.ts';
import { little } from '../../support/debuginfo/draw-kallsyms.ts';

const ID = '00112233445566778899aabbccddeeff00112233';
const DWZ = 'aaaa2233445566778899aabbccddeeff0011aaaa';
let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'oopscope-open-'))));
afterEach(() => rmSync(root, { recursive: true }));

/** @param id no build-id with '' */
function put(name: string, sections: readonly DrawnSection[], id = ID): string {
  const path = join(root, name);
  const note = { name: '.note', type: 7, bytes: id === '' ? [] : drawBuildIdNote(id) };
  writeFileSync(path, drawElfFile({ sections: [note, ...sections] }));
  return path;
}

function compressed(
  name: string,
  type: 1 | 2,
  plain: Uint8Array,
  size = plain.length,
): DrawnSection {
  const stream = type === 1 ? deflateSync(plain) : zstdCompressSync(plain);
  const header = [
    ...little(BigInt(type), 4),
    0,
    0,
    0,
    0,
    ...little(BigInt(size), 8),
    ...little(1n, 8),
  ];
  return { name, flags: 0x800n, bytes: [...header, ...stream] };
}

const abbrev: DrawnSection = { name: '.debug_abbrev', bytes: [0] };

describe('opening a debug file', () => {
  it.each([1, 2] as const)(
    'inflates compressed sections (type %i), with progress',
    async (type) => {
      const plain = Uint8Array.from({ length: 100_000 }, (_, i) => i >> 5);
      const path = put('vmlinux', [compressed('.debug_info', type, plain), abbrev]);
      const progress: [number, number][] = [];
      const file = await openDebugFile(path, { onProgress: (...at) => progress.push(at) });
      expect(file.buildId).toBe(ID);
      expect(file.dwarf?.info.size).toBe(plain.length);
      expect([...file.dwarf!.info.bytes(99_990, 10)]).toEqual([...plain.subarray(99_990)]);
      expect(progress.at(-1)).toEqual([plain.length, plain.length]);
      file.close();
    },
  );

  it('keeps large ones in the cache: the second opening inflates nothing', async () => {
    // Zeros: 100 MB that compress to a few kB.
    const plain = new Uint8Array(100 * 2 ** 20);
    plain[plain.length - 1] = 9;
    const path = put('vmlinux', [compressed('.debug_info', 2, plain), abbrev]);
    const cache = openCacheFolder({ folder: join(root, 'cache') });
    let calls = 0;
    const open = () => openDebugFile(path, { cache, onProgress: () => calls++ });
    const first = await open();
    expect([...first.dwarf!.info.bytes(plain.length - 2, 2)]).toEqual([0, 9]);
    first.close();
    expect(calls).toBeGreaterThan(1);
    calls = 0;
    const second = await open();
    expect([...second.dwarf!.info.bytes(plain.length - 2, 2)]).toEqual([0, 9]);
    second.close();
    expect(calls).toBe(0);
  });

  it('what was inflated of a file is not taken for another that claims the same build-id', async () => {
    const cache = openCacheFolder({ folder: join(root, 'cache') });
    for (const mark of [7, 9]) {
      const plain = new Uint8Array(100 * 2 ** 20);
      plain[plain.length - 1] = mark;
      const path = put(`vmlinux-${mark}`, [compressed('.debug_info', 2, plain), abbrev]);
      const file = await openDebugFile(path, { cache });
      expect([...file.dwarf!.info.bytes(plain.length - 1, 1)]).toEqual([mark]);
      file.close();
    }
  });

  it('a stream that gives more or less than promised, or is damaged, is refused by name', async () => {
    const plain = new Uint8Array(5000).fill(3);
    const damaged = compressed('.debug_info', 1, plain);
    const bytes = Array.from(damaged.bytes);
    bytes[30]! ^= 0xff;
    for (const [section, reason] of [
      [compressed('.debug_info', 2, plain, 4000), /inflates to more than 4000/],
      [compressed('.debug_info', 1, plain, 6000), /inflates to 5000 bytes, not to 6000/],
      [{ ...damaged, bytes }, /the zlib data is damaged/],
    ] as const) {
      const opening = openDebugFile(put('vmlinux', [section, abbrev]));
      await expect(opening).rejects.toThrow(PackageError);
      await expect(opening).rejects.toThrow(reason);
      await expect(opening).rejects.toThrow(/\.debug_info of .*vmlinux/);
    }
  });

  it.each([
    ['without a cache', undefined, ID, /there is no cache folder for them/],
    ['without a build-id', 'cache', '', /it has no build-id to keep them under/],
  ] as const)('a bomb is not inflated into memory: %s', async (_, folder, id, reason) => {
    // zstd: blocks of one repeated byte, 4 bytes for 128 KiB each. 16,384 of them: 2 GiB in 64 KiB.
    const blocks = 16_384;
    const stream = new Uint8Array(6 + 4 * blocks);
    stream.set([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]);
    for (let i = 0; i < blocks; i++) {
      const last = i === blocks - 1 ? 1 : 0;
      stream.set(little(BigInt(((128 * 1024) << 3) | (1 << 1) | last), 3), 6 + 4 * i);
    }
    const header = compressed('.debug_info', 2, new Uint8Array(0), blocks * 128 * 1024);
    const bomb = { ...header, bytes: [...Array.from(header.bytes).slice(0, 24), ...stream] };
    const path = put('bomb.ko', [bomb, abbrev], id);
    const cache = folder && openCacheFolder({ folder: join(root, folder) });
    let inflated = 0;
    const opening = openDebugFile(path, { cache, onProgress: (done) => (inflated = done) });
    await expect(opening).rejects.toThrow(PackageError);
    await expect(opening).rejects.toThrow(/bomb\.ko: its compressed sections have 2048 MiB/);
    await expect(opening).rejects.toThrow(reason);
    expect(inflated).toBe(0);
  });

  it('a dwz file that is damaged, not the one, a folder or a device costs only itself', async () => {
    const damaged = { name: '.debug_info', flags: 0x800n, bytes: [2, ...new Array(60).fill(1)] };
    const broken = compressed('.debug_info', 2, new Uint8Array(0), 5000);
    put('foreign', [broken, abbrev]);
    put('broken', [broken, abbrev], DWZ);
    put('cut', [damaged, abbrev], DWZ);
    for (const name of [
      'foreign',
      'broken',
      'cut',
      '..',
      '/dev/zero',
      '//host/share/x',
      'x'.repeat(5000),
    ]) {
      const link = {
        name: '.gnu_debugaltlink',
        bytes: [...asciiOf(`${name}\0`), ...bytesOfHex(DWZ)],
      };
      const path = put('xfs.ko.debug', [{ name: '.debug_info', bytes: [1] }, abbrev, link]);
      const file = await openDebugFile(path, { root, env: { HOME: root } });
      expect(file.dwarf?.sup).toBeUndefined();
      expect(file.warnings).toEqual([expect.stringContaining('was not found')]);
      file.close();
    }
  });

  it('finds the dwz file where the link says or in a build-id tree, by its id', async () => {
    const link = {
      name: '.gnu_debugaltlink',
      bytes: [...asciiOf('.dwz/kernel\0'), ...bytesOfHex(DWZ)],
    };
    const path = put('xfs.ko.debug', [{ name: '.debug_info', bytes: [1] }, abbrev, link]);
    const shared = [{ name: '.debug_info', bytes: [1, 2, 3] }, abbrev];
    mkdirSync(join(root, '.dwz'));
    put('.dwz/kernel', shared, ID);
    const env = { HOME: root };
    const without = await openDebugFile(path, { root, env });
    expect(without.dwarf?.sup).toBeUndefined();
    expect(without.warnings).toEqual([expect.stringMatching(new RegExp(`\\.dwz/kernel.*${DWZ}`))]);
    without.close();
    mkdirSync(join(root, `usr/lib/debug/.build-id/aa`), { recursive: true });
    put(`usr/lib/debug/.build-id/aa/${DWZ.slice(2)}.debug`, shared, DWZ);
    const found = await openDebugFile(path, { root, env });
    expect(found.dwarf?.sup?.info.size).toBe(3);
    expect(found.warnings).toEqual([]);
    found.close();
  });
});
