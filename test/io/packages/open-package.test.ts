import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openPackage, packageEntries } from '../../../src-main/io/packages/open-package.ts';
import { PackageError } from '../../../src-main/io/packages/package-error.ts';
import { drawDeb, drawRpm, type DrawnFile } from '../../support/packages/draw-packages.ts';

const folder = mkdtempSync(join(tmpdir(), 'oopscope-packages-'));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const LONG = `./usr/lib/debug/lib/modules/6.1.0/kernel/${'deep/'.repeat(20)}virtio.ko`;
const files: DrawnFile[] = [
  { path: './usr/lib/debug/boot/vmlinux-6.1.0', bytes: new Uint8Array(150_001).fill(7) },
  { path: './usr/lib/debug/vmlinux-6.1.0', bytes: new Uint8Array(0), linkTo: '/etc/shadow' },
  { path: LONG, bytes: Uint8Array.of(1, 2, 3) },
];

async function listOf(path: string): Promise<[string, number, number][]> {
  const found: [string, number, number][] = [];
  for await (const entry of packageEntries((await openPackage(path))!)) {
    let sum = 0;
    for await (const piece of entry.content()) for (const byte of piece) sum += byte;
    found.push([entry.path, entry.size, sum]);
  }
  return found;
}

const expected = [
  ['./usr/lib/debug/boot/vmlinux-6.1.0', 150_001, 1_050_007],
  [LONG, 3, 6],
];

describe('packages', () => {
  it('that are damaged behind the last file are not taken for whole', async () => {
    const good = drawDeb(files, 'xz', 4 * 2 ** 20);
    expect(await listOf(put('padded.deb', good))).toEqual(expected);
    const damaged = Buffer.from(good);
    // Of xz's footer of 12 bytes, which begins with its check sum.
    damaged[good.length - 12] = ~damaged[good.length - 12]!;
    await expect(listOf(put('damaged.deb', damaged))).rejects.toThrow(PackageError);
  });

  it.each(['xz', 'zstd', 'gzip', 'none'] as const)(
    'regular files of a .deb with %s; links are left out',
    async (codec) =>
      expect(await listOf(put(`a-${codec}.deb`, drawDeb(files, codec)))).toEqual(expected),
  );

  it.each(['xz', 'zstd', 'gzip', 'none'] as const)(
    'regular files of an .rpm with %s',
    async (codec) =>
      expect(await listOf(put(`a-${codec}.rpm`, drawRpm(files, codec)))).toEqual(expected),
  );

  it('files that nobody reads are skipped, and reading can stop', async () => {
    const pack = (await openPackage(put('skip.deb', drawDeb(files))))!;
    const paths: string[] = [];
    for await (const { path } of packageEntries(pack)) paths.push(path);
    expect(paths).toEqual(expected.map(([path]) => path));
    for await (const { path } of packageEntries(pack)) {
      expect(path).toBe(paths[0]);
      break;
    }
  });

  it('tells progress in bytes of the payload, and stops when cancelled', async () => {
    const pack = (await openPackage(put('big.deb', drawDeb(files, 'none'))))!;
    const seen: [number, number][] = [];
    for await (const entry of packageEntries(pack, { onProgress: (...at) => seen.push(at) })) {
      expect(entry.size).toBeGreaterThan(0);
    }
    expect(seen.at(-1)).toEqual([pack.end - pack.start, pack.end - pack.start]);
    const read = async (): Promise<void> => {
      for await (const entry of packageEntries(pack, { signal: AbortSignal.abort() })) {
        expect(entry).toBeUndefined();
      }
    };
    await expect(read()).rejects.toThrow(/abort/i);
  });

  it('what is no package is none; what is damaged says so by name', async () => {
    expect(
      await openPackage(put('text.deb', Buffer.from('just text, no package'))),
    ).toBeUndefined();
    expect(await openPackage(put('empty.rpm', new Uint8Array(0)))).toBeUndefined();
    const whole = drawDeb(files, 'gzip');
    const cut = put('cut.deb', whole.subarray(0, whole.length - 100));
    await expect(openPackage(cut)).rejects.toThrow(/cut\.deb is cut off/);
    const without = put('nodata.deb', whole.subarray(0, 8 + 60 + 4));
    await expect(openPackage(without)).rejects.toThrow(/has no data\.tar/);
    const rpm = put('bad.rpm', drawRpm(files).fill(0, 96, 120));
    await expect(openPackage(rpm)).rejects.toThrow(/damaged rpm header at byte 96/);
    const lzma = drawRpm(files, 'none');
    lzma.set([0x5d, 0, 0, 0x80], lzma.indexOf('070701'));
    await expect(openPackage(put('old.rpm', lzma))).rejects.toThrow(/lzma, which is not supported/);
  });

  it('any damaged byte gives entries or a PackageError', async () => {
    for (const [name, data] of [
      ['f.deb', drawDeb(files.slice(1), 'none')],
      ['f.rpm', drawRpm(files.slice(1), 'none')],
    ] as const) {
      await fc.assert(
        fc.asyncProperty(fc.nat(data.length - 1), fc.nat(255), async (at, byte) => {
          const bytes = Buffer.from(data);
          bytes[at] = byte;
          try {
            const pack = await openPackage(put(name, bytes));
            if (pack === undefined) return;
            for await (const entry of packageEntries(pack))
              expect(entry.size).toBeGreaterThanOrEqual(0);
          } catch (error) {
            expect(error).toBeInstanceOf(PackageError);
          }
        }),
        { seed: 12, numRuns: 150 },
      );
    }
  });
});
