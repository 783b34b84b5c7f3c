import { openRegularFile } from './open-file.ts';
import { PackageError } from './package-error.ts';

const CHUNK = 1 << 20;

export interface ChunkOptions {
  readonly start?: number;
  /** Not included; without, to the end. */
  readonly end?: number;
  /** After every chunk, the bytes read since `start`. */
  readonly onRead?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A part of a file in 1 MiB pieces, each a buffer of its own.
 * @throws PackageError when it is no regular file or ends before `end`; the signal's reason when aborted
 */
export async function* fileChunks(
  path: string,
  { start = 0, end, onRead, signal }: ChunkOptions = {},
): AsyncGenerator<Uint8Array> {
  const file = await openRegularFile(path);
  try {
    let at = start;
    while (end === undefined || at < end) {
      signal?.throwIfAborted();
      const buffer = new Uint8Array(Math.min(CHUNK, end === undefined ? CHUNK : end - at));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) {
        if (end === undefined) return;
        throw new PackageError(`${path} ends at byte ${at}; it should have ${end}`);
      }
      at += bytesRead;
      onRead?.(at - start);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
