import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecompressors } from '../../src-main/io/decompressors.ts';
import { findNativePageCodec } from '../../src-main/io/native-page-codec.ts';
import { type Codec, compressPage } from '../support/dump/compress.ts';
import { pageBytes } from '../support/dump/page-map.ts';

const native = findNativePageCodec();
const codecs = {
  addon: await createDecompressors(native),
  libraries: await createDecompressors({}),
};
const NAMES = ['zlib', 'lzo', 'snappy', 'zstd'] as const satisfies readonly Codec[];
const WAYS = NAMES.flatMap((name) => [
  { name, by: 'libraries' as const },
  ...(name === 'zlib' || name === 'zstd' ? [{ name, by: 'addon' as const }] : []),
]);

it('the addon offers both codecs that Node has, or was not built', () => {
  expect([[], ['zlib', 'zstd']]).toContainEqual(Object.keys(native).sort());
});

describe.each(WAYS)('$name by $by', ({ name, by }) => {
  const decode = codecs[by][name];
  const good = compressPage(pageBytes(4), name).bytes;

  it('gives back the page', () => {
    const target = new Uint8Array(4096);
    expect(decode(good, target)).toBe(true);
    expect(Buffer.compare(target, pageBytes(4))).toBe(0);
  });

  it('refuses data that gives more or fewer bytes than a page', () => {
    for (const length of [4095, 4097, 100, 8192]) {
      const other = compressPage(new Uint8Array(length).fill(length & 0xff, 1), name).bytes;
      expect(decode(other, new Uint8Array(4096))).toBe(false);
    }
    // A bomb: 64 MiB of zeros from a few bytes.
    if (name === 'zlib' || name === 'zstd') {
      const bomb = compressPage(new Uint8Array(64 << 20), name).bytes;
      expect(decode(bomb, new Uint8Array(4096))).toBe(false);
    }
    expect(decode(new Uint8Array(0), new Uint8Array(4096))).toBe(false);
  });

  it('cut off anywhere it is refused, whatever was decoded before', () => {
    for (let length = 0; length < good.length; length += 7) {
      const target = new Uint8Array(4096);
      decode(compressPage(pageBytes(8), name).bytes, target);
      target.fill(0);
      expect(decode(good.slice(0, length), target), String(length)).toBe(false);
    }
  });

  it('damaged it is refused or decoded, never an error; good data is read after it (seeded)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const bytes = good.slice();
          for (const [at, value] of changes) bytes[at] = value;
          // The same damaged data must not give what another page left behind.
          const [first, second] = [4, 6].map((frame) => {
            const target = new Uint8Array(4096);
            decode(compressPage(pageBytes(frame), name).bytes, target);
            target.fill(0);
            return decode(bytes, target) ? Buffer.from(target).toString('latin1') : undefined;
          });
          expect(first === second).toBe(true);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
    expect(decode(good, new Uint8Array(4096))).toBe(true);
  });
});
