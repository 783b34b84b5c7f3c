import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ArchiveEntry } from './archive-entry.ts';
import { ChunkReader } from './chunk-reader.ts';
import { cpioEntries } from './cpio.ts';
import { decompressChunks, findCodec, type StreamCodec } from './decompress-stream.ts';
import { fileChunks } from './file-chunks.ts';
import { openRegularFile } from './open-file.ts';
import { PackageError } from './package-error.ts';
import { tarEntries } from './tar.ts';

/** A package whose files can be streamed. */
export interface Package {
  readonly path: string;
  readonly name: string;
  readonly kind: 'deb' | 'rpm';
  readonly format: 'tar' | 'cpio';
  readonly codec: StreamCodec | 'none';
  /** Where the payload lies in the file. */
  readonly start: number;
  readonly end: number;
}

export interface StreamOptions {
  /** Compressed bytes read of the payload, and its size. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** No kernel's debuginfo is larger: what is has been made to fill disks. */
const MAX_UNPACKED = 64 * 2 ** 30;
const AR_HEADER = 60;
const MAX_RPM_HEADER = 256 * 2 ** 20;

/** True for names that packages of kernel debuginfo have. */
export function isPackageName(name: string): boolean {
  return /\.(d?deb|rpm)$/.test(name);
}

/**
 * Finds the payload of a Debian or RPM package.
 * @returns undefined for a file that is neither
 * @throws PackageError when it is one and cannot be read; Error with `code`
 */
export async function openPackage(path: string): Promise<Package | undefined> {
  const name = basename(path);
  const file = await openRegularFile(path);
  try {
    const { size } = await file.stat();
    const magic = await readAt(file, 0, Math.min(8, size));
    const isDeb = String.fromCharCode(...magic) === '!<arch>\n';
    const isRpm = magic.length === 8 && hexAt(magic, 0) === 0xedabeedb;
    if (!isDeb && !isRpm) return undefined;
    const { start, end } = isDeb
      ? await findDebPayload(file, size, name)
      : { start: await findRpmPayload(file, name), end: size };
    const head = await readAt(file, start, Math.min(8, Math.max(0, end - start)));
    const codec = findCodec(head);
    if (codec === 'lzma') throw new PackageError(`${name} uses lzma, which is not supported`);
    return {
      path,
      name,
      kind: isDeb ? 'deb' : 'rpm',
      format: isDeb ? 'tar' : 'cpio',
      codec: codec ?? 'none',
      start,
      end,
    };
  } finally {
    await file.close();
  }
}

/** The package's regular files, in their order; nothing is kept. @throws PackageError, abort reason */
export async function* packageEntries(
  pack: Package,
  { onProgress, signal }: StreamOptions = {},
): AsyncGenerator<ArchiveEntry> {
  const { path, name, start, end } = pack;
  const onRead = (done: number): void => onProgress?.(done, end - start);
  const raw = fileChunks(path, { start, end, onRead, signal });
  const chunks = pack.codec === 'none' ? raw : decompressChunks(pack.codec, raw, name);
  const reader = new ChunkReader(chunks, name, MAX_UNPACKED);
  try {
    yield* pack.format === 'tar' ? tarEntries(reader, name) : cpioEntries(reader, name);
    // The check sums come behind the last entry.
    for await (const _ of reader.rest());
  } finally {
    await reader.close();
  }
}

/** @source deb(5), ar(5) */
async function findDebPayload(
  file: FileHandle,
  size: number,
  name: string,
): Promise<{ start: number; end: number }> {
  let at = 8;
  for (let member = 0; member < 16 && at + AR_HEADER <= size; member++) {
    const header = String.fromCharCode(...(await readAt(file, at, AR_HEADER)));
    const length = Number(header.slice(48, 58).trim());
    if (header.slice(58) !== '`\n' || !Number.isSafeInteger(length) || length < 0) {
      throw new PackageError(`${name}: damaged ar header at byte ${at}`);
    }
    const start = at + AR_HEADER;
    if (/^data\.tar(\.|\/|\s)/.test(header)) {
      if (start + length > size) {
        throw new PackageError(
          `${name} is cut off: its payload ends at byte ${start + length}, the file at ${size}`,
        );
      }
      return { start, end: start + length };
    }
    at = start + length + (length % 2);
  }
  throw new PackageError(`${name} has no data.tar: no Debian package, or it is cut off`);
}

/** Lead, signature header (padded to 8), header, payload. @source rpm's docs/manual/format_v4.md */
async function findRpmPayload(file: FileHandle, name: string): Promise<number> {
  const signature = await rpmHeaderEnd(file, 96, name);
  return rpmHeaderEnd(file, Math.ceil(signature / 8) * 8, name);
}

async function rpmHeaderEnd(file: FileHandle, at: number, name: string): Promise<number> {
  const header = await readAt(file, at, 16);
  if (header.length < 16 || hexAt(header, 0) >>> 8 !== 0x8eade8) {
    throw new PackageError(`${name}: damaged rpm header at byte ${at}`);
  }
  const size = 16 + hexAt(header, 8) * 16 + hexAt(header, 12);
  if (size > MAX_RPM_HEADER) throw new PackageError(`${name}: damaged rpm header at byte ${at}`);
  return at + size;
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  return bytes.subarray(0, bytesRead);
}

function hexAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}
