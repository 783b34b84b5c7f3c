import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { CacheDraft } from '../cache-folder.ts';
import { PackageError } from '../packages/package-error.ts';
import { BLOCK, MAGIC, MAX_INDEX, TRAILER } from './container-format.ts';

const compress = promisify(zstdCompress);

/** Blocks compressed at a time, on threads of the pool beside the one that decompresses. */
const IN_FLIGHT = 4;
/** Text of all files together: what holds more is no kernel. */
const MAX_TEXT = 8 * 2 ** 30;

/** Writes a container, file after file. */
export class ContainerWriter {
  readonly #draft: CacheDraft;
  readonly #files: [string, number][] = [];
  readonly #blocks: number[] = [];
  readonly #pending: Promise<Uint8Array>[] = [];
  #block = new Uint8Array(BLOCK);
  #filled = 0;
  #text = 0;
  #paths = 0;

  constructor(draft: CacheDraft) {
    this.#draft = draft;
  }

  get fileCount(): number {
    return this.#files.length;
  }

  /** @throws PackageError when it would hold more than any kernel has; CacheFullError */
  async add(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    let size = 0;
    for await (const piece of content) {
      size += piece.length;
      this.#text += piece.length;
      if (this.#text > MAX_TEXT)
        throw new PackageError(`more than ${MAX_TEXT} bytes of source text`);
      await this.#append(piece);
    }
    this.#paths += path.length + 16;
    if (this.#paths > MAX_INDEX / 4) throw new PackageError('more files than any kernel has');
    this.#files.push([path, size]);
  }

  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#cut();
    while (this.#pending.length > 0) await this.#write();
    const json = Buffer.from(JSON.stringify({ blocks: this.#blocks, files: this.#files }));
    const index = await compress(json);
    const trailer = Buffer.alloc(TRAILER);
    trailer.writeBigUInt64LE(BigInt(this.#draft.size), 0);
    trailer.writeUInt32LE(index.length, 8);
    trailer.writeUInt32LE(json.length, 12);
    trailer.write(MAGIC, 16, 'latin1');
    await this.#draft.write(index);
    await this.#draft.write(trailer);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const part = bytes.subarray(at, at + BLOCK - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BLOCK) await this.#cut();
    }
  }

  async #cut(): Promise<void> {
    const pending = compress(this.#block.subarray(0, this.#filled));
    // Told when its turn comes; until then it is no unhandled one.
    pending.catch(() => undefined);
    this.#pending.push(pending);
    this.#block = new Uint8Array(BLOCK);
    this.#filled = 0;
    if (this.#pending.length >= IN_FLIGHT) await this.#write();
  }

  async #write(): Promise<void> {
    const bytes = await this.#pending.shift()!;
    if (this.#blocks.length % 64 === 0) await this.#draft.reserve(64 * BLOCK);
    this.#blocks.push(bytes.length);
    await this.#draft.write(bytes);
  }
}
