import {
  sectionOfBytes,
  sectionOfFile,
  type SectionReader,
} from '../../engine/debuginfo/dwarf/sections.ts';
import type { CompressedSection } from '../../engine/debuginfo/elf-compression.ts';
import type { CacheFolder } from '../cache-folder.ts';
import { fileOriginOf } from '../file-origin.ts';
import type { FileSource } from '../file-source.ts';
import { openByteSource } from '../open-byte-source.ts';
import { fileChunks } from '../packages/file-chunks.ts';
import { PackageError } from '../packages/package-error.ts';
import { throughZlib } from '../packages/zlib-stream.ts';
import { nodeCrypto, nodeZlib } from '../node-on-demand.ts';

/** Up to here inflated sections stay in memory: a module's. */
const MAX_IN_MEMORY = 96 * 2 ** 20;
/** The same where no cache can keep them: a large module's, no vmlinux's. */
const MAX_WITHOUT_CACHE = 384 * 2 ** 20;
const MAX_SECTIONS = 16 * 2 ** 30;

export interface InflateOptions {
  readonly cache?: CacheFolder | undefined;
  /** Key in the cache; without, nothing is kept. */
  readonly buildId: string | undefined;
  /** Inflated bytes done, and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that may be inflated now; what an earlier opening left in the cache is not counted. */
  readonly limit?: number | undefined;
}

/** More than the limit would have to be inflated. */
export class InflateLimitError extends PackageError {}

export interface InflatedSections {
  readonly sections: ReadonlyMap<string, SectionReader>;
  /** To be closed after use; undefined where they are in memory. */
  readonly file: FileSource | undefined;
}

/**
 * Inflates compressed sections: small ones into memory, large ones into one file of the cache
 * (sections one after another in the order given), which the next opening finds.
 * @throws PackageError when there is no place for large ones, when a stream is damaged or does not give the size its header promised
 */
export async function inflateSections(
  path: string,
  sections: readonly CompressedSection[],
  options: InflateOptions,
): Promise<InflatedSections> {
  const total = sections.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_SECTIONS) throw new PackageError(`${path}: sections of ${total} bytes`);
  const { cache, buildId, signal } = options;
  const work: Work = { path, signal, total, onProgress: options.onProgress };
  const checkLimit = (): void => {
    if (total <= (options.limit ?? total)) return;
    const size = `${Math.ceil(total / 2 ** 20)} MiB`;
    throw new InflateLimitError(`its sections are compressed and were not inflated (${size})`);
  };
  if (total <= MAX_IN_MEMORY || cache === undefined || buildId === undefined) {
    checkLimit();
    if (total > MAX_WITHOUT_CACHE) {
      const reason =
        cache === undefined
          ? 'there is no cache folder for them'
          : 'it has no build-id to keep them under';
      throw new PackageError(
        `${path}: its compressed sections have ${Math.ceil(total / 2 ** 20)} MiB, ` +
          `too many to be kept in memory, and ${reason}. ` +
          'objcopy --decompress-debug-sections makes a file that needs neither.',
      );
    }
    return { sections: await inMemory(work, sections), file: undefined };
  }
  const name = cacheNameOf(path, sections);
  const kept = await cache.find(buildId, name);
  const known = kept === undefined ? undefined : openByteSource(kept);
  if (known?.size === total) return windowsOf(known, sections);
  known?.close();
  checkLimit();
  const draft = await cache.draft();
  try {
    await draft.reserve(total);
    for (const section of sections) {
      const start = draft.size;
      for await (const piece of inflated(work, section, start)) await draft.write(piece);
    }
    const made = await draft.commit(buildId, name);
    await cache.evict();
    return windowsOf(openByteSource(made), sections);
  } finally {
    await draft.discard();
  }
}

interface Work {
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly total: number;
  readonly onProgress: InflateOptions['onProgress'];
}

async function inMemory(
  work: Work,
  sections: readonly CompressedSection[],
): Promise<Map<string, SectionReader>> {
  const found = new Map<string, SectionReader>();
  let before = 0;
  for (const section of sections) {
    const bytes = new Uint8Array(section.size);
    let at = 0;
    for await (const piece of inflated(work, section, before)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    before += at;
    found.set(section.name, sectionOfBytes(`${section.name} of ${work.path}`, bytes));
  }
  return found;
}

/** Exactly the promised number of bytes, or an error. */
async function* inflated(
  { path, signal, total, onProgress }: Work,
  { name, codec, offset, compressedSize, size }: CompressedSection,
  before: number,
): AsyncGenerator<Uint8Array> {
  const what = `${name} of ${path}`;
  const stream =
    codec === 'zlib'
      ? nodeZlib().createInflate({ chunkSize: 1 << 18 })
      : nodeZlib().createZstdDecompress({ chunkSize: 1 << 18 });
  const chunks = fileChunks(path, { start: offset, end: offset + compressedSize, signal });
  let done = 0;
  try {
    for await (const piece of throughZlib(stream, chunks)) {
      done += piece.length;
      if (done > size) throw new PackageError(`${what} inflates to more than ${size} bytes`);
      onProgress?.(before + done, total);
      yield piece;
    }
  } catch (error) {
    const isZlib = error instanceof Error && 'errno' in error && !('syscall' in error);
    if (!isZlib) throw error;
    throw new PackageError(`${what}: the ${codec} data is damaged (${error.message})`);
  }
  if (done < size) throw new PackageError(`${what} inflates to ${done} bytes, not to ${size}`);
}

/**
 * Another file of the same build may hold other sections, or lie about its build: their layout and
 * the file are part of the name.
 */
function cacheNameOf(path: string, sections: readonly CompressedSection[]): string {
  const layout = sections.map(({ name, size }) => `${name} ${size}`);
  const source = [fileOriginOf(path), ...layout].join('\n');
  return `sections-${nodeCrypto().createHash('sha256').update(source).digest('hex').slice(0, 16)}`;
}

function windowsOf(file: FileSource, sections: readonly CompressedSection[]): InflatedSections {
  const found = new Map<string, SectionReader>();
  let at = 0;
  for (const { name, size } of sections) {
    found.set(name, sectionOfFile(`${name} (inflated)`, file, at, size));
    at += size;
  }
  return { sections: found, file };
}
