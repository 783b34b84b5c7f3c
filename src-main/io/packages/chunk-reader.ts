import { PackageError } from './package-error.ts';
import type { Chunks } from './decompress-stream.ts';

/** Reads a stream of pieces by length. */
export class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #name: string;
  readonly #limit: number;
  #piece = new Uint8Array(0);
  #offset = 0;
  #pulled = 0;

  /**
   * @param name for messages
   * @param limit bytes after which the stream is refused: what claims to be a package can
   *   decompress to anything
   */
  constructor(chunks: Chunks, name: string, limit = Number.MAX_SAFE_INTEGER) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#name = name;
    this.#limit = limit;
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Exactly `length` bytes; undefined when the stream ends before the first. @throws PackageError */
  async read(length: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(length);
    let size = 0;
    while (size < length) {
      if (this.#piece.length === 0 && !(await this.#pull())) {
        if (size === 0) return undefined;
        throw this.#cutOff();
      }
      const part = this.#take(length - size);
      bytes.set(part, size);
      size += part.length;
    }
    return bytes;
  }

  /** The next `length` bytes in the pieces they come in. @throws PackageError */
  async *pieces(length: number): AsyncGenerator<Uint8Array> {
    let left = length;
    while (left > 0) {
      if (this.#piece.length === 0 && !(await this.#pull())) throw this.#cutOff();
      const part = this.#take(left);
      left -= part.length;
      yield part;
    }
  }

  /** Everything that is left. */
  async *rest(): AsyncGenerator<Uint8Array> {
    while (this.#piece.length > 0 || (await this.#pull())) yield this.#take(this.#piece.length);
  }

  async skip(length: number): Promise<void> {
    let left = length;
    while (left > 0) {
      if (this.#piece.length === 0 && !(await this.#pull())) throw this.#cutOff();
      left -= this.#take(left).length;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #take(length: number): Uint8Array {
    const part = this.#piece.subarray(0, length);
    this.#piece = this.#piece.subarray(part.length);
    this.#offset += part.length;
    return part;
  }

  async #pull(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.#pulled += value.length;
    if (this.#pulled > this.#limit) {
      const most = `${Math.floor(this.#limit / 2 ** 20)} MiB`;
      throw new PackageError(`${this.#name} decompresses to more than ${most}: not read further`);
    }
    this.#piece = value as Uint8Array<ArrayBuffer>;
    return true;
  }

  #cutOff(): PackageError {
    return new PackageError(`${this.#name} is cut off: it ends within an entry`);
  }
}
