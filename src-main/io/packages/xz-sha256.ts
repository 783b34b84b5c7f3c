import type { ChunkReader } from './chunk-reader.ts';
import { nodeCrypto, nodeZlib } from '../node-on-demand.ts';

/** Check id of SHA-256 in the stream flags; what rpm's payloads have. */
export const CHECK_SHA256 = 10;
const CHECK_SIZE = 32;
const LZMA2 = 0x21;

/** Where a block of the plain stream ends, and what its SHA-256 must be. */
interface BlockEnd {
  readonly at: number;
  readonly sha256: Buffer;
}

/**
 * Makes a stream whose blocks carry SHA-256 readable for a decoder that does not know that check
 * (XZ Embedded): {@link stripped} is the same stream without checks, {@link verify} does the
 * checking. Blocks are told apart by the headers of their LZMA2 chunks; nothing is decompressed.
 * @source The .xz File Format 1.2.1; LZMA2 chunks as in XZ Embedded's xz_dec_lzma2.c comments
 */
export class Sha256Stream {
  readonly #reader: ChunkReader;
  readonly #ends: BlockEnd[] = [];
  #plainSize = 0;
  #verified = 0;
  #hash = nodeCrypto().createHash('sha256');

  /** @param reader positioned after the stream header of 12 bytes */
  constructor(reader: ChunkReader) {
    this.#reader = reader;
  }

  /** @throws Error when a header cannot be true; PackageError when the stream is cut off */
  async *stripped(): AsyncGenerator<Uint8Array> {
    const flags = Uint8Array.of(0, 0);
    yield Buffer.concat([
      Buffer.from('\xfd7zXZ\0', 'latin1'),
      flags,
      le32(nodeZlib().crc32(flags)),
    ]);
    const records: number[] = [];
    const original: number[] = [];
    let count = 0;
    for (; ; count++) {
      const first = await this.#take(1);
      if (first[0] === 0) break;
      const rest = await this.#take((first[0]! + 1) * 4 - 1);
      // One filter and no more: flags, then (after optional sizes) LZMA2's id.
      if ((rest[0]! & 0x3f) !== 0 || !rest.includes(LZMA2, 1)) {
        throw new Error('it uses a filter that is not supported');
      }
      yield first;
      yield rest;
      const before = this.#plainSize;
      const size = yield* this.#chunks();
      const padding = (4 - (size % 4)) % 4;
      if (padding > 0) yield await this.#take(padding);
      this.#ends.push({ at: this.#plainSize, sha256: Buffer.from(await this.#take(CHECK_SIZE)) });
      const [unpadded, plain] = [1 + rest.length + size, varint(this.#plainSize - before)];
      records.push(...varint(unpadded), ...plain);
      original.push(...varint(unpadded + CHECK_SIZE), ...plain);
    }
    // Its own index must say the same: a damaged header could have ended the stream early.
    const told = indexOf(count, original, Uint8Array.of(0, CHECK_SHA256));
    if (!told.subarray(1).equals(await this.#take(told.length - 1))) {
      throw new Error('its index does not match its blocks');
    }
    yield indexOf(count, records, flags);
  }

  /** Takes the decompressed pieces in order, an empty one at the end. @throws Error where a block's hash does not match */
  verify(piece: Uint8Array): void {
    let left = piece;
    // A block's end is known before anything behind it can be decompressed.
    for (let end = this.#ends[0]; end !== undefined; end = this.#ends[0]) {
      const inBlock = end.at - this.#verified;
      if (left.length < inBlock) break;
      this.#hash.update(left.subarray(0, inBlock));
      left = left.subarray(inBlock);
      this.#verified = end.at;
      if (!this.#hash.digest().equals(end.sha256)) throw new Error('a SHA-256 does not match');
      this.#hash = nodeCrypto().createHash('sha256');
      this.#ends.shift();
    }
    this.#hash.update(left);
    this.#verified += left.length;
  }

  /** The block's chunks as they are; returns their size. */
  async *#chunks(): AsyncGenerator<Uint8Array, number> {
    let size = 0;
    for (;;) {
      const control = await this.#take(1);
      yield control;
      size++;
      const kind = control[0]!;
      if (kind === 0) return size;
      if (kind > 2 && kind < 0x80) throw new Error('a damaged LZMA2 chunk');
      // Stored: 2 bytes of size. LZMA: 2 and 2 bytes, and one of properties where they are new.
      const header = await this.#take(kind < 0x80 ? 2 : kind >= 0xc0 ? 5 : 4);
      yield header;
      const low = header[0]! * 256 + header[1]! + 1;
      const stored = kind < 0x80;
      this.#plainSize += stored ? low : (kind & 0x1f) * 65_536 + low;
      const length = stored ? low : header[2]! * 256 + header[3]! + 1;
      yield await this.#take(length);
      size += header.length + length;
    }
  }

  async #take(length: number): Promise<Uint8Array> {
    const bytes = await this.#reader.read(length);
    if (bytes === undefined) throw new Error('it ends too early');
    return bytes;
  }
}

function indexOf(count: number, records: readonly number[], flags: Uint8Array): Buffer {
  const list = Buffer.from([0, ...varint(count), ...records]);
  const padded = Buffer.concat([list, Buffer.alloc((4 - (list.length % 4)) % 4)]);
  const backward = Buffer.concat([le32((padded.length + 4) / 4 - 1), flags]);
  const footer = Buffer.concat([le32(nodeZlib().crc32(backward)), backward, Buffer.from('YZ')]);
  return Buffer.concat([padded, le32(nodeZlib().crc32(padded)), footer]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  return [...bytes, left];
}

function le32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
