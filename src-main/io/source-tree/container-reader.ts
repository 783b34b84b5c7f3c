import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { BLOCK, MAGIC, MAX_INDEX, TRAILER, type ContainerIndex } from './container-format.ts';
import { nodeZlib } from '../node-on-demand.ts';

/** Blocks kept: neighbours in a listing lie in few files. */
const MAX_KEPT = 16;
const MAX_FRAME = 2 * BLOCK;

/** Where a file's bytes lie in the text. */
interface Extent {
  readonly start: number;
  readonly length: number;
}

/** Reads files of a container. */
export class ContainerReader {
  readonly #file: number;
  readonly #files = new Map<string, Extent>();
  /** Where each block begins, and the end of the last. */
  readonly #offsets: number[] = [0];
  readonly #textSize: number;
  readonly #kept = new Map<number, Uint8Array>();

  /** @throws Error when it is damaged; Error with `code` */
  constructor(path: string) {
    this.#file = openSync(path, 'r');
    try {
      const { blocks, files } = this.#readIndex();
      for (const length of blocks) this.#offsets.push(this.#offsets.at(-1)! + length);
      let at = 0;
      for (const [name, length] of files) {
        // Of two files of one name in an archive the last one stays, as in unpacking.
        this.#files.set(name, { start: at, length });
        at += length;
      }
      this.#textSize = at;
      if (at > blocks.length * BLOCK) throw damaged('files beyond its blocks');
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  get names(): IterableIterator<string> {
    return this.#files.keys();
  }

  get count(): number {
    return this.#files.size;
  }

  sizeOf(name: string): number | undefined {
    return this.#files.get(name)?.length;
  }

  /** @throws Error when the container is damaged */
  read(name: string): Uint8Array | undefined {
    const extent = this.#files.get(name);
    if (extent === undefined) return undefined;
    const bytes = new Uint8Array(extent.length);
    let done = 0;
    while (done < bytes.length) {
      const at = extent.start + done;
      const block = this.#block(Math.floor(at / BLOCK));
      const part = block.subarray(at % BLOCK, (at % BLOCK) + bytes.length - done);
      if (part.length === 0) throw damaged(`nothing at byte ${at}`);
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }

  #block(index: number): Uint8Array {
    const kept = this.#kept.get(index);
    if (kept !== undefined) return kept;
    const [start, end] = [this.#offsets[index], this.#offsets[index + 1]];
    if (start === undefined || end === undefined) throw damaged(`no block ${index}`);
    const block = nodeZlib().zstdDecompressSync(this.#bytes(start, end - start), {
      maxOutputLength: BLOCK,
    });
    const size = Math.min(BLOCK, this.#textSize - index * BLOCK);
    if (block.length < size) throw damaged(`block ${index} has ${block.length} bytes`);
    if (this.#kept.size >= MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(index, block);
    return block;
  }

  #readIndex(): ContainerIndex {
    const { size } = fstatSync(this.#file);
    const trailer = Buffer.from(this.#bytes(Math.max(0, size - TRAILER), TRAILER));
    if (trailer.toString('latin1', 16, 24) !== MAGIC) throw damaged('no trailer');
    const offset = Number(trailer.readBigUInt64LE(0));
    const [packed, length] = [trailer.readUInt32LE(8), trailer.readUInt32LE(12)];
    if (offset + packed + TRAILER !== size || length > MAX_INDEX) throw damaged('its trailer');
    const index = nodeZlib().zstdDecompressSync(this.#bytes(offset, packed), {
      maxOutputLength: MAX_INDEX,
    });
    const content: unknown = JSON.parse(index.toString());
    if (!isIndex(content)) throw damaged('its index');
    if (content.blocks.reduce((sum, each) => sum + each, 0) !== offset) throw damaged('its blocks');
    return content;
  }

  #bytes(start: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#file, bytes, done, length - done, start + done);
      if (count === 0) throw damaged(`ends at byte ${start + done}`);
      done += count;
    }
    return bytes;
  }
}

function isIndex(content: unknown): content is ContainerIndex {
  const { blocks, files } = content as Partial<ContainerIndex>;
  const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
  return (
    Array.isArray(blocks) &&
    Array.isArray(files) &&
    blocks.every((each) => isSize(each) && Number(each) <= MAX_FRAME) &&
    files.every((each) => Array.isArray(each) && typeof each[0] === 'string' && isSize(each[1]))
  );
}

function damaged(what: string): Error {
  return new Error(`the cached copy is damaged: ${what}`);
}
