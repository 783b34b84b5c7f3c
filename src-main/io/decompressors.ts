import { snappyUncompressor } from 'hysnappy';
import { ZSTDDecoder } from 'zstddec';
import type { Decompressors } from '../engine/base/byte-source.ts';
import { decompressLzo1x } from '../engine/dump/lzo1x.ts';
import { findNativePageCodec, type NativePageCodec } from './native-page-codec.ts';
import { nodeZlib } from './node-on-demand.ts';

type Codec = Decompressors['zlib'];

/**
 * The codecs of dump pages. Each gives exactly `target.length` bytes or says false: damaged input
 * cannot make it allocate more, throw or leave bytes of an earlier page as an answer.
 * @param native what the addon decompresses; the rest is left to libraries of npm and Node
 */
export async function createDecompressors(
  native: NativePageCodec = findNativePageCodec(),
): Promise<Decompressors> {
  const zlib: Codec = native.zlib
    ? (source, target) => native.zlib!(source, source.length, target)
    : inflatePage;
  const zstd = native.zstd ? checkedZstd(native.zstd) : await zstdWithoutAddon();
  return { zlib, lzo: decompressLzo1x, snappy: snappyCodec(), zstd };
}

function inflatePage(source: Uint8Array, target: Uint8Array): boolean {
  return filling(target, () =>
    nodeZlib().inflateSync(source, {
      chunkSize: Math.max(64, target.length),
      maxOutputLength: target.length,
    }),
  );
}

function checkedZstd(decompress: NonNullable<NativePageCodec['zstd']>): Codec {
  return (source, target) =>
    hasFrameOf(source, target.length) && decompress(source, source.length, target);
}

/** A page of a kernel: the addon 5 us, WebAssembly 10, node:zlib 21, which needs nothing at all. */
async function zstdWithoutAddon(): Promise<Codec> {
  try {
    const decoder = new ZSTDDecoder();
    await decoder.init();
    return (source, target) =>
      hasFrameOf(source, target.length) &&
      filling(target, () => decoder.decode(source, target.length));
  } catch {
    return (source, target) =>
      hasFrameOf(source, target.length) &&
      filling(target, () =>
        nodeZlib().zstdDecompressSync(source, { maxOutputLength: target.length }),
      );
  }
}

/**
 * Starts like a zstd frame whose window or content is of page size? Others (skippable frames,
 * windows of gigabytes) would only cost time.
 * @source RFC 8878 3.1.1
 */
function hasFrameOf(source: Uint8Array, length: number): boolean {
  if (source.length < 6 || source[0] !== 0x28 || source[1] !== 0xb5) return false;
  if (source[2] !== 0x2f || source[3] !== 0xfd) return false;
  const descriptor = source[4] as number;
  const singleSegment = (descriptor & 0x20) !== 0;
  if (singleSegment) return true;
  const windowLog = 10 + ((source[5] as number) >> 3);
  return 2 ** windowLog <= Math.max(length, 4096) * 2048;
}

function snappyCodec(): Codec {
  const uncompress = snappyUncompressor();
  return (source, target) =>
    snappyLengthOf(source) === target.length &&
    filling(target, () => uncompress(source, target.length));
}

/** The varint length a snappy stream starts with; -1 when it is damaged. */
function snappyLengthOf(source: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = source[i];
    if (byte === undefined) return -1;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  return -1;
}

/** The libraries report damage by throwing (errors of zlib, WebAssembly traps). */
function filling(target: Uint8Array, decode: () => Uint8Array): boolean {
  let output: Uint8Array;
  try {
    output = decode();
  } catch {
    return false;
  }
  if (output.length !== target.length) return false;
  target.set(output);
  return true;
}
