import * as xz from 'xz-decompress';

/** The package is CommonJS: under Node its class is on the default export, in a bundle on both. */
const { XzReadableStream } = (xz as unknown as { default?: typeof xz }).default ?? xz;

/**
 * Decompresses one .xz stream (as xz, dpkg-deb, rpm and kernel builds make them; concatenated ones
 * end after the first). The decoder is XZ Embedded in WebAssembly, which checks CRC-32 and CRC-64
 * and knows no filters but LZMA2. One stream at a time in a thread: a second one waits.
 * @throws Error when the data is damaged or ends early
 */
export async function* decompressXz(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  // Given to whoever reads below: an error inside the decoder would lose its class.
  let failure: { readonly error: unknown } | undefined;
  const source = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          // With no more input the decoder gives what it holds, then XZ_BUF_ERROR if that was not all.
          if (done === true) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          failure = { error };
          controller.error(error);
        }
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  const reader = new XzReadableStream(source).getReader();
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
    await iterator.return?.();
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
