import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompressLzo1x } from '../../../src-main/engine/dump/lzo1x.ts';
import { compressLzo1x } from '../../support/dump/compress.ts';
import { pageBytes } from '../../support/dump/page-map.ts';

/** Hex bytes and quoted literals -> bytes: `15 "abcd" 11 00 00`. */
function stream(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const [, quoted, hex] of text.matchAll(/"([^"]*)"|([0-9a-f]{2})/g)) {
    if (quoted !== undefined) bytes.push(...Buffer.from(quoted));
    else bytes.push(parseInt(hex as string, 16));
  }
  return Uint8Array.from(bytes);
}

function decoded(text: string, length: number): string | false {
  const target = new Uint8Array(length);
  return decompressLzo1x(stream(text), target) && Buffer.from(target).toString();
}

describe('LZO1X', () => {
  // Each instruction by hand from its bit layout.
  it.each([
    ['first literals', '15 "abcd" 11 00 00', 'abcd'],
    ['a run of 4 literals', '01 "abcd" 11 00 00', 'abcd'],
    ['2 bytes, near, after 1-3 literals', '14 "abc" 08 00 11 00 00', 'abcab'],
    ['3-4 bytes, near (M2)', '15 "abcd" 6c 00 11 00 00', 'abcdabcd'],
    ['5-8 bytes, near (M2)', '15 "abcd" ec 00 11 00 00', 'abcdabcdabcd'],
    ['M3 with 2 literals after it', '15 "abcd" 22 0e 00 "xy" 11 00 00', 'abcdabcdxy'],
    ['M3 of 33+ bytes', '12 "a" 20 03 00 00 11 00 00', 'a'.repeat(37)],
  ])('%s', (_, text, expected) => {
    expect(decoded(text, expected.length)).toBe(expected);
  });

  it('copies from 16 KiB and more back (M4)', () => {
    const head = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7919) >> 3);
    // Literals of 20,000 = 18 + 255 * 78 + 92; then 9 bytes from 16384 + 1000 back.
    const literals = [0, ...new Array<number>(78).fill(0), 92];
    const match = [0x17, (1000 << 2) & 0xff, (1000 << 2) >> 8];
    const input = Uint8Array.from([...literals, ...head, ...match, 0x11, 0, 0]);
    const target = new Uint8Array(20_009);
    expect(decompressLzo1x(input, target)).toBe(true);
    expect(target.subarray(20_000)).toEqual(head.subarray(20_000 - 17_384, 20_009 - 17_384));
  });

  it('copies from 2 KiB back after literals (M1)', () => {
    const head = Uint8Array.from({ length: 2100 }, (_, i) => (i * 7919) >> 3);
    const literals = [0, ...new Array<number>(8).fill(0), 2100 - 18 - 8 * 255];
    // H << 2 + D + 2049 with H = 2, D = 1: 2058 back.
    const input = Uint8Array.from([...literals, ...head, 0x04, 0x02, 0x11, 0, 0]);
    const target = new Uint8Array(2103);
    expect(decompressLzo1x(input, target)).toBe(true);
    expect(target.subarray(2100)).toEqual(head.subarray(2100 - 2058, 2103 - 2058));
  });

  it.each([
    ['another length', '15 "abcd" 11 00 00', 5],
    ['a longer output', '15 "abcd" 11 00 00', 3],
    ['no end mark', '15 "abcd"', 4],
    ['bytes after the end', '15 "abcd" 11 00 00 00', 4],
    ['a copy from before the start', '15 "abcd" 6c 01 11 00 00', 8],
    ['literals that are not there', '20 "ab"', 15],
    ['a run of zeros for a length', '00 00 00 00 00 00 00', 4096],
    ['nothing', '', 4],
  ])('refuses %s', (_, text, length) => {
    expect(decoded(text, length)).toBe(false);
  });

  it('gives back any page that was compressed (seeded)', () => {
    for (let frame = 0; frame < 40; frame++) {
      const target = new Uint8Array(4096);
      expect(decompressLzo1x(compressLzo1x(pageBytes(frame)), target)).toBe(true);
      expect(Buffer.compare(target, pageBytes(frame))).toBe(0);
    }
  });

  it('never writes outside the page, whatever the input (seeded)', () => {
    const good = compressLzo1x(pageBytes(2));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const input = good.slice();
          for (const [at, value] of changes) input[at] = value;
          const room = new Uint8Array(4096 + 64);
          decompressLzo1x(input, room.subarray(0, 4096));
          expect(room.subarray(4096).every((byte) => byte === 0)).toBe(true);
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });
});
