import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decompressChunks,
  findCodec,
  type StreamCodec,
} from '../../../src-main/io/packages/decompress-stream.ts';
import { PackageError } from '../../../src-main/io/packages/package-error.ts';
import { drawXz } from '../../support/packages/draw-packages.ts';

const TEXT = Buffer.from(
  `${Array.from({ length: 400 }, (_, i) => `${(i * i) % 97} `).join('')}${'a'.repeat(1000)}` +
    `\0\0\0\0\0bbbbcccccccc`,
  'latin1',
);
/** TEXT, then "second stream", by bzip2 1.0.8 -9. */
const BZIP2 =
  'QlpoOTFBWSZTWaFARh0AAMvZAeQAQAB/4DgAAIAACEABvAAhlADENNCmTEyDIwpkxMgyMCqCAommI+zHyfvDydh6PRR6' +
  'PkLMH6NmDZ7Nw1B8OG4aODAwdMjpcJKhok2SbLLKKKhJsosok4UaNjYqFnTZRo2YJNlmiSiOnYWMHDpg4UcLhgk0cLOF' +
  'mSRmHv4dHBRk8w6eDEPIyZMGTMBg2WWUWYPBJgoyUgcJhw0bFlngYMmIRCTZkk2UTCzENDNQQ0UZNFQso2dJMlGhEkmT' +
  'sNGS4UZLMGYRDhwkkoQyWYLLKKLJRELKKKKhwWIf0TABcw59UD4u5IpwoSFCgIw6QlpoOTFBWSZTWfCTl/sAAAURgEAA' +
  'LgOcACAAMQDTTQQBoyVbDiDySHi7kinChIeEnL/Y';
/** TEXT by xz 5.4 -6, with a CRC-64. */
const XZ =
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AhnAMRdABgIAoZJLmgOJs4r8ZJi+RC6YjC2WE3qX6xIMzugbIApcM2ZQHq9' +
  'jGcCqWvPsWITOz0iXhmo8llBkTAkF6T8hnIH3TeFoQ0SgcmqZp5s8bgLkmXcGcaQ/ocIH/0SZ9Ib6W9PqnYZVUzD47PH' +
  'ndW5X/Rv9b1ZEKLlEGnKF3/w8wlDblJjG9LmfdHZoxK3lCvYHhl1zLp7WTg/bYBrF1RwvsiUZD/7zhgoxwrxhYsnK/V3' +
  '6w9uRIpB6NOzs1w+C3EIg8eiKBAAvpkZF6vyPVAAAeAB6BAAAEgsnOexxGf7AgAAAAAEWVo=';
const LARGE = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * i) >> 7));

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

async function decompress(codec: StreamCodec, bytes: Uint8Array, size = 1000): Promise<Buffer> {
  const out: Uint8Array[] = [];
  for await (const piece of decompressChunks(codec, pieces(bytes, size), 'payload'))
    out.push(piece);
  return Buffer.concat(out);
}

const samples: [StreamCodec, Buffer, Buffer][] = [
  ['xz', Buffer.from(XZ, 'base64'), TEXT],
  ['xz', drawXz(LARGE), LARGE],
  // As rpm's payloads are.
  ['xz', drawXz(LARGE, 'sha256'), LARGE],
  ['bzip2', Buffer.from(BZIP2, 'base64'), Buffer.concat([TEXT, Buffer.from('second stream')])],
  ['gzip', gzipSync(LARGE), LARGE],
  ['zstd', zstdCompressSync(LARGE), LARGE],
];

describe('decompression of streams', () => {
  it.each(samples)('%s: recognised, and every byte comes back', async (codec, data, plain) => {
    expect(findCodec(data)).toBe(codec);
    expect((await decompress(codec, data)).equals(plain)).toBe(true);
    expect((await decompress(codec, data, 1 << 20)).equals(plain)).toBe(true);
  });

  it.each(samples)(
    '%s: a stream that is cut off is an error that names it',
    async (codec, data) => {
      for (const part of [0.3, 0.6, 0.9]) {
        const cut = data.subarray(0, Math.floor(data.length * part));
        await expect(decompress(codec, cut)).rejects.toThrow(PackageError);
        await expect(decompress(codec, cut)).rejects.toThrow(
          /^payload: the \w+ data is (damaged|cut off)/,
        );
      }
    },
  );

  // zstd's frames have no check sum unless asked for.
  it.each(samples.filter(([codec]) => codec !== 'zstd'))(
    '%s: damage is an error or goes unnoticed only outside the data',
    async (codec, data, plain) => {
      await fc.assert(
        fc.asyncProperty(
          fc.nat(data.length - 1),
          fc.integer({ min: 1, max: 255 }),
          async (at, flip) => {
            const bytes = Uint8Array.from(data);
            bytes[at]! ^= flip;
            const out = await decompress(codec, bytes).catch((error: unknown) => error);
            if (Buffer.isBuffer(out)) expect(out.equals(plain)).toBe(true);
            else expect(out).toBeInstanceOf(PackageError);
          },
        ),
        { seed: 11, numRuns: 25 },
      );
    },
  );

  it('a SHA-256 that does not match is an error', async () => {
    const data = drawXz(LARGE, 'sha256');
    // One byte of what the third block stores, in its middle.
    data[250_000]! ^= 1;
    await expect(decompress('xz', data)).rejects.toThrow(/a SHA-256 does not match/);
  });

  it('a stream that nobody reads to its end blocks no other', async () => {
    const data = drawXz(LARGE);
    for await (const piece of decompressChunks('xz', pieces(data, 1000), 'first')) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect((await decompress('xz', data)).length).toBe(LARGE.length);
  });

  it('an error of the source stays what it is', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield drawXz(LARGE).subarray(0, 5000);
      throw await Promise.resolve(new DOMException('stopped', 'AbortError'));
    }
    for (const codec of ['xz', 'gzip', 'bzip2', 'zstd'] as const) {
      const read = async () => {
        for await (const piece of decompressChunks(codec, failing(), 'x'))
          expect(piece).toBeDefined();
      };
      await expect(read()).rejects.toThrow(/^stopped$/);
    }
  });
});
