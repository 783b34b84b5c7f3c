import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ArchiveEntry } from '../packages/archive-entry.ts';
import { ChunkReader } from '../packages/chunk-reader.ts';
import { decompressChunks, findCodec } from '../packages/decompress-stream.ts';
import { fileChunks } from '../packages/file-chunks.ts';
import { openPackage, packageEntries, type StreamOptions } from '../packages/open-package.ts';
import { PackageError } from '../packages/package-error.ts';
import { tarEntries } from '../packages/tar.ts';

/** An unpacked kernel has 1.5 GB. */
const MAX_UNPACKED = 16 * 2 ** 30;

/** A package, or a tar archive of any compression: its regular files in their order. */
export type OpenedArchive = (options: StreamOptions) => AsyncGenerator<ArchiveEntry>;

/**
 * @param name for messages, where `path` is a temporary file
 * @throws PackageError when it is neither; Error with `code`
 */
export async function openArchive(path: string, name = basename(path)): Promise<OpenedArchive> {
  const pack = await openPackage(path);
  if (pack !== undefined) return (options) => packageEntries(pack, options);
  const { size, head } = await headOf(path);
  const codec = findCodec(head);
  if (codec === 'lzma') throw new PackageError(`${name} uses lzma, which is not supported`);
  if (codec === undefined && String.fromCharCode(...head.subarray(257, 262)) !== 'ustar') {
    throw new PackageError(`${name} is no folder, no package (.deb, .rpm) and no tar archive`);
  }
  return async function* ({ onProgress, signal }) {
    const onRead = (done: number): void => onProgress?.(done, size);
    const raw = fileChunks(path, { onRead, signal });
    const chunks = codec === undefined ? raw : decompressChunks(codec, raw, name);
    const reader = new ChunkReader(chunks, name, MAX_UNPACKED);
    try {
      yield* tarEntries(reader, name);
      // The check sums come behind the last entry.
      for await (const _ of reader.rest());
    } finally {
      await reader.close();
    }
  };
}

async function headOf(path: string): Promise<{ size: number; head: Uint8Array }> {
  const file = await open(path, 'r');
  try {
    const head = new Uint8Array(512);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return { size: (await file.stat()).size, head: head.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}
