import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { extractDebuginfo } from '../../../src-main/io/debuginfo-search/extract.ts';
import {
  decompressChunks,
  type StreamCodec,
} from '../../../src-main/io/packages/decompress-stream.ts';
import { openPackage, packageEntries } from '../../../src-main/io/packages/open-package.ts';
import { PackageError } from '../../../src-main/io/packages/package-error.ts';
import { drawKo, drawVmlinux } from '../../support/packages/draw-debuginfo.ts';
import { drawDeb, drawRpm, drawXz, type DrawnFile } from '../../support/packages/draw-packages.ts';
import { mutatedBytes, seededNumbers } from '../../support/packages/mutate-bytes.ts';

/** "Kernel text 0" … by xz 5.4 -9e and bzip2 1.0.8: real back references and code tables. */
const TEXT = Buffer.from(Array.from({ length: 300 }, (_, i) => `Kernel text ${i}\n`).join(''));
const XZ =
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4BJRAPFdACWZSkcAAxrtr9y5gYixNv+7LVYMqQELWVaLqGBjGHNOmkZBpxcxMMfm' +
  'cR3ZKGPlYycsD0hXKVu6v+VdUY6RHEy8y5CtEhCcSLEYb9NtJ6/DID7H8w02Jy5Qeo1rQ4X+sk1p+g9FrU4KdKZ3qcMrrrGz' +
  'mp33kqoQJdbKs2bgz4pkxi+PUtEcvHwKy6BOqxmspOGl3+ioLMMwu0a6LWBD+MKY3If4r3y1Gd4od4/OaFnLs1rkmuE3Uvpu' +
  'IZYqzIOK/J48P7uAEXZKVQAcn9/gZr2BmoEBCNIotRZ0+QfS8tB7sPPlpm8X05uR2AO1xdkMtwAAAAAA0xLVwqrSCEIAAY0C' +
  '0iQAAJUfoqixxGf7AgAAAAAEWVo=';
const BZIP2 =
  'QlpoOTFBWSZTWWfarzUAA01dgAAQQAB/4AAIAgUUQEAC0DgAAUyYmQZGFU80xP9VU0AFMmJkGRgyeqUe1T/KlTTEdRnGdzV8' +
  'd+uMgFmgFCAJDYNgkIAoaAWZAOMABbDQDjIBZoBQgCQ2DYJCAKGgFmQDjAAUIAkNg2CQgChoBZkA4wAH6k2ml9pNppfXni88' +
  '88888/k+TJJJJ3ve97358zMzMzMzMzMzMgiSSSW2q222973ve9sgmjDE0YYmjDE0YYmjDE0YYmjDE0YYmjDE1ecy222z5FJJ' +
  'JLu7u7s+TE0YYmgG0A2gG0A2gG0A2gG0A2rzlLbbZsmSSSbd3d3ZPgAAAAAAAAF5y3lttnZISSTdu7u7JoAAAAAAAAF5y2+r' +
  'bZ7kk5JJu7d3dk6AAAAAAAABectt922epJJ6km7u3d2T2AAAAAAAABecttvbZySST3Ju7u3dk9AAAAAAAAAXnLbbdsJJJJ2b' +
  'u7u3ZOAAAAAAAAAczL69W227ISSSTve973u7QAAAAAAAMw+km00vxJtNL7SbTS+0m00vxJtNL9SbTSxJtNL/JNppfEm00hJt' +
  'NL/i7kinChIM+1XmoA==';

const ID = '00112233445566778899aabbccddeeff00112233';
const XFS = 'aaaa2233445566778899aabbccddeeff0011aaaa';
const RELEASE = '6.1.0-9-amd64';
/** Paths that would lead out of any folder they were joined to. */
const files: DrawnFile[] = [
  { path: '/etc/hosts', bytes: Uint8Array.of(1) },
  { path: '../../../escaped/vmlinux', bytes: drawVmlinux({ buildId: ID }) },
  { path: `./${'../'.repeat(40)}oopscope-escaped/xfs.ko`, bytes: drawKo({ buildId: XFS }) },
  { path: './vmlinux', bytes: new Uint8Array(0), linkTo: '/etc/passwd' },
];

const root = mkdtempSync(join(tmpdir(), 'oopscope-hostile-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = join(root, 'in/here');
mkdirSync(folder, { recursive: true });
const cache = openCacheFolder({ folder: join(folder, 'cache') });

const request = {
  kernel: { release: RELEASE, buildId: ID },
  wantsVmlinux: true,
  modules: [{ name: 'xfs', buildId: XFS }],
  cache,
};
const packages = (['xz', 'zstd', 'gzip', 'none'] as const).flatMap((codec) => [
  [`x-${codec}.deb`, drawDeb(files, codec)] as const,
  [`x-${codec}.rpm`, drawRpm(files, codec)] as const,
]);
const streams: [string, StreamCodec, Uint8Array][] = [
  ['xz', 'xz', Buffer.from(XZ, 'base64')],
  ['xz, stored, SHA-256', 'xz', drawXz(TEXT, 'sha256')],
  ['bzip2', 'bzip2', Buffer.from(BZIP2, 'base64')],
  ['gzip', 'gzip', gzipSync(TEXT)],
  ['zstd', 'zstd', zstdCompressSync(TEXT)],
];
/** What a damaged length may make of these few bytes before a check sum stops it. */
const MOST = 256 * 2 ** 20;
/** A block of bzip2: 900,000 bytes, of which each 5 may stand for 259. */
const LARGEST_PIECE = 48 * 2 ** 20;

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

describe('damaged archives', () => {
  it.each(packages)(
    '%s: 60 mutations leave the cache alone or fill it rightly',
    async (name, data) => {
      const random = seededNumbers(data.length);
      const path = join(folder, name);
      let refused = 0;
      for (let run = 0; run < 60; run++) {
        writeFileSync(path, run === 0 ? data : mutatedBytes(data, random));
        try {
          const pack = await openPackage(path);
          if (pack === undefined) continue;
          for await (const entry of packageEntries(pack)) {
            expect(entry.size).toBeGreaterThanOrEqual(0);
            expect(Number.isSafeInteger(entry.size)).toBe(true);
          }
          const { found } = await extractDebuginfo(pack, request);
          for (const file of found) expect([ID, XFS]).toContain(file.buildId);
          if (run === 0) expect(found).toHaveLength(2);
        } catch (error) {
          expect(error).toBeInstanceOf(PackageError);
          expect((error as Error).message).toContain(name);
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(10);
      rmSync(path);
      expect(readdirSync(folder)).toEqual(['cache']);
      expect(readdirSync(root)).toEqual(['in']);
      for (const place of ['escaped', '../escaped', 'in/escaped']) {
        expect(existsSync(join(root, place))).toBe(false);
      }
      expect(existsSync('/oopscope-escaped')).toBe(false);
      expect(draftsIn(join(folder, 'cache'))).toEqual([]);
    },
  );

  it.each(streams)('%s: 120 mutations of the stream', async (_, codec, data) => {
    const random = seededNumbers(data.length);
    let refused = 0;
    for (let run = 0; run < 120; run++) {
      let size = 0;
      try {
        const bytes = run === 0 ? data : mutatedBytes(data, random);
        for await (const piece of decompressChunks(codec, whole(bytes), 'linux.deb')) {
          expect(piece.length).toBeLessThanOrEqual(LARGEST_PIECE);
          size += piece.length;
          expect(size).toBeLessThan(MOST);
        }
        if (run === 0) expect(size).toBe(TEXT.length);
      } catch (error) {
        expect(error).toBeInstanceOf(PackageError);
        expect((error as Error).message).toMatch(/^linux\.deb: /);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(60);
  });
});

/** Files of the cache that are no kernel's or module's: what was begun and not ended. */
function draftsIn(place: string): string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      statSync(join(place, name)).isFile() && !/(?:vmlinux|xfs\.ko)(?:\.origin)?$/.test(name),
  );
}
