import { open } from 'node:fs/promises';
import { nodeCrypto } from './node-on-demand.ts';

/** What tells a dump from another, for case files. */
export interface FileIdentity {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface HashOptions {
  /** Called between reads: bytes done, bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const CHUNK = 1 << 20;

/**
 * Size, time and SHA-256 of a file, read in 1 MiB pieces with the event loop free between them.
 * @throws the signal's reason when aborted; Error with `code` from the file system; Error when the
 *   file changed while it was read
 */
export async function identifyFile(path: string, options: HashOptions = {}): Promise<FileIdentity> {
  const { onProgress, signal } = options;
  signal?.throwIfAborted();
  const file = await open(path, 'r');
  try {
    const { size, mtimeMs } = await file.stat();
    const hash = nodeCrypto().createHash('sha256');
    const buffer = new Uint8Array(CHUNK);
    let done = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK, done);
      signal?.throwIfAborted();
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
      onProgress?.(done, size);
    }
    const after = await file.stat();
    if (done !== size || after.size !== size || after.mtimeMs !== mtimeMs) {
      throw new Error(`${path} changed while its SHA-256 was computed`);
    }
    return { size, mtimeMs, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
