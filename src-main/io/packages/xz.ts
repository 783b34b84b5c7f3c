import type { XzReadableStream } from 'xz-decompress';
import { ChunkReader } from './chunk-reader.ts';
import { CHECK_SHA256, Sha256Stream } from './xz-sha256.ts';

type Decoder = typeof XzReadableStream;

/** Loaded when first needed: most sessions see no xz. */
async function loadDecoder(): Promise<Decoder> {
  const loaded: unknown = await import('xz-decompress');
  // The package is CommonJS: under Node its class is on the default export, in a bundle on both.
  const { default: whole } = loaded as { default?: { XzReadableStream: Decoder } };
  return (whole ?? (loaded as { XzReadableStream: Decoder })).XzReadableStream;
}

const HEADER = 12;

/**
 * Decompresses one .xz stream (as xz, dpkg-deb, rpm and kernel builds make them; concatenated ones
 * end after the first). The decoder is XZ Embedded in WebAssembly, which checks CRC-32 and CRC-64
 * and knows no filters but LZMA2; SHA-256 is checked here. A block's check comes after its bytes
 * were given out. One stream at a time in a thread: a second one waits.
 * @throws Error when the data is damaged or ends early
 */
export async function* decompressXz(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const reader = new ChunkReader(chunks, `${name}: the xz data`);
  try {
    const header = await reader.read(HEADER);
    if (header?.[7] !== CHECK_SHA256) return yield* decode(withHeader(header, reader));
    const checked = new Sha256Stream(reader);
    for await (const piece of decode(checked.stripped())) {
      checked.verify(piece);
      yield piece;
    }
    checked.verify(new Uint8Array(0));
  } finally {
    await reader.close();
  }
}

async function* withHeader(
  header: Uint8Array | undefined,
  reader: ChunkReader,
): AsyncGenerator<Uint8Array> {
  if (header !== undefined) yield header;
  yield* reader.rest();
}

async function* decode(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Given to whoever reads below: an error inside the decoder would lose its class.
  let failure: { readonly error: unknown } | undefined;
  const source = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          // With no more input the decoder gives what it holds, then XZ_BUF_ERROR if that was not all.
          if (done === true) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          failure = { error };
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
  const Decoder = await loadDecoder();
  const reader = new Decoder(source).getReader();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value.length > 0) yield value;
    }
    finished = true;
  } catch (error) {
    finished = true;
    throw failure === undefined ? described(error) : failure.error;
  } finally {
    // An abandoned stream would keep the decoder's lock. Where the decoder has just given its last
    // piece it has let go of the lock, and trips over being cancelled.
    if (!finished) await reader.cancel().catch(() => undefined);
    await chunks.return(undefined);
  }
}

/** enum xz_ret of XZ Embedded. */
const REASONS: Readonly<Record<string, string>> = {
  '3': 'out of memory',
  '4': 'needs more memory than is allowed',
  '5': 'is no xz stream',
  '6': 'uses a filter or an option that is not supported',
  '7': 'a check or a length does not match',
  '8': 'it ends too early',
};

function described(error: unknown): unknown {
  const code = error instanceof Error ? /error code (\d+)/.exec(error.message)?.[1] : undefined;
  const reason = code === undefined ? undefined : REASONS[code];
  return reason === undefined ? error : new Error(reason, { cause: error });
}
