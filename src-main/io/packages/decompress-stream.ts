import { decompressBzip2 } from './bzip2.ts';
import { PackageError } from './package-error.ts';
import { decompressXz } from './xz.ts';
import { throughZlib } from './zlib-stream.ts';
import { nodeZlib } from '../node-on-demand.ts';

/** Codecs of package payloads and of single compressed files. */
export type StreamCodec = 'xz' | 'zstd' | 'gzip' | 'bzip2';
export type Chunks = AsyncIterable<Uint8Array>;

const MAGIC: readonly [StreamCodec | 'lzma', readonly number[]][] = [
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lzma', [0x5d, 0x00, 0x00]],
];

/** The codec that a stream starts like; undefined for none that we know. */
export function findCodec(head: Uint8Array): StreamCodec | 'lzma' | undefined {
  return MAGIC.find(([, magic]) => magic.every((byte, i) => head[i] === byte))?.[0];
}

/**
 * The decompressed stream, in pieces. Nothing is buffered beyond a codec's window: who stops
 * asking stops the work.
 * @param name of the file, for messages
 * @throws PackageError when the data is damaged or cut off
 */
export async function* decompressChunks(
  codec: StreamCodec,
  chunks: Chunks,
  name: string,
): AsyncGenerator<Uint8Array> {
  try {
    switch (codec) {
      case 'xz':
        return yield* decompressXz(chunks, name);
      case 'bzip2':
        return yield* decompressBzip2(chunks);
      case 'gzip':
        return yield* throughZlib(nodeZlib().createGunzip({ chunkSize: 1 << 18 }), chunks);
      case 'zstd':
        return yield* throughZlib(nodeZlib().createZstdDecompress({ chunkSize: 1 << 18 }), chunks);
    }
  } catch (error) {
    throw asPackageError(error, codec, name);
  }
}

/** Damage gets the file's name; what came from the source (aborted, I/O, cut off) stays itself. */
function asPackageError(error: unknown, codec: StreamCodec, name: string): unknown {
  if (error instanceof PackageError || !(error instanceof Error)) return error;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return error;
  if ('syscall' in error) return error;
  return new PackageError(`${name}: the ${codec} data is damaged (${error.message})`, {
    cause: error,
  });
}
