import { Readable } from 'node:stream';
import type { Gunzip, Inflate, ZstdDecompress } from 'node:zlib';

/** Pieces through a codec of node:zlib. @throws its Error (`errno`), or the source's */
export async function* throughZlib(
  codec: Gunzip | Inflate | ZstdDecompress,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks, { objectMode: false, highWaterMark: 1 << 20 });
  source.on('error', (error) => codec.destroy(error));
  try {
    for await (const piece of source.pipe(codec)) yield piece as Uint8Array;
  } finally {
    source.destroy();
    codec.destroy();
  }
}
