import { deflateSync, zstdCompressSync } from 'node:zlib';
import { snappyCompress } from 'hysnappy';

export type Codec = 'raw' | 'zlib' | 'lzo' | 'snappy' | 'zstd';

/** Bits of `page_desc.flags` and of the header's `status`. */
export const CODEC_FLAGS: Readonly<Record<Codec, number>> = {
  raw: 0,
  zlib: 0x1,
  lzo: 0x2,
  snappy: 0x4,
  zstd: 0x20,
};

/** The page as makedumpfile stores it: not compressed where that would not make it smaller. */
export function compressPage(page: Uint8Array, codec: Codec): { bytes: Uint8Array; flags: number } {
  const bytes = compress(page, codec);
  if (bytes.length >= page.length) return { bytes: page, flags: 0 };
  return { bytes, flags: CODEC_FLAGS[codec] };
}

function compress(page: Uint8Array, codec: Codec): Uint8Array {
  switch (codec) {
    case 'raw':
      return page;
    case 'zlib':
      return new Uint8Array(deflateSync(page, { level: 1 }));
    case 'zstd':
      return new Uint8Array(zstdCompressSync(page));
    case 'snappy':
      return snappyCompress(page);
    case 'lzo':
      return compressLzo1x(page);
  }
}

/**
 * A plain LZO1X compressor: greedy matches of 4 bytes and more, found through a hash table and all
 * written as the instruction for distances up to 16 KiB.
 * @source stream layout: Linux Documentation/staging/lzo.rst
 */
export function compressLzo1x(input: Uint8Array): Uint8Array {
  const output: number[] = [];
  const seen = new Map<number, number>();
  let literalsFrom = 0;
  let at = 0;
  while (at + 4 <= input.length) {
    const key =
      (at_(input, at) << 24) |
      (at_(input, at + 1) << 16) |
      (at_(input, at + 2) << 8) |
      at_(input, at + 3);
    const candidate = seen.get(key);
    seen.set(key, at);
    if (candidate === undefined || at - candidate > 16384 || at === 0) {
      at++;
      continue;
    }
    let length = 4;
    while (at + length < input.length && input[candidate + length] === input[at + length]) length++;
    writeLiterals(output, input.subarray(literalsFrom, at));
    writeMatch(output, at - candidate, length);
    at += length;
    literalsFrom = at;
  }
  writeLiterals(output, input.subarray(literalsFrom));
  output.push(0x11, 0, 0);
  return Uint8Array.from(output);
}

/** 1-3 literals ride on the match before them; the stream's first and longer runs stand alone. */
function writeLiterals(output: number[], literals: Uint8Array): void {
  const count = literals.length;
  if (count === 0) return;
  if (output.length === 0 && count <= 238) {
    output.push(17 + count);
  } else if (count <= 3) {
    const low = output.length - 2;
    output[low] = (output[low] as number) | count;
  } else if (count <= 18) {
    output.push(count - 3);
  } else {
    output.push(0);
    let rest = count - 18;
    for (; rest > 255; rest -= 255) output.push(0);
    output.push(rest);
  }
  for (const literal of literals) output.push(literal);
}

function writeMatch(output: number[], distance: number, length: number): void {
  if (length <= 33) {
    output.push(32 | (length - 2));
  } else {
    output.push(32);
    let rest = length - 33;
    for (; rest > 255; rest -= 255) output.push(0);
    output.push(rest);
  }
  const field = (distance - 1) << 2;
  output.push(field & 0xff, field >> 8);
}

function at_(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}
