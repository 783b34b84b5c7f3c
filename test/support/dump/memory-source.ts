import type { ByteSource } from '../../../src-main/engine/base/byte-source.ts';

/** A file's bytes from an array; counts what is read. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly bytes: Uint8Array;
  bytesRead = 0;
  reads = 0;

  constructor(bytes: Uint8Array, name = 'vmcore') {
    this.bytes = bytes;
    this.name = name;
  }

  get size(): number {
    return this.bytes.length;
  }

  read(offset: number, target: Uint8Array, targetOffset: number, length: number): number {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0) {
      throw new Error(`read of ${String(length)} at ${String(offset)}`);
    }
    const piece = this.bytes.subarray(offset, Math.min(offset + length, this.bytes.length));
    target.set(piece, targetOffset);
    this.reads++;
    this.bytesRead += piece.length;
    return piece.length;
  }
}
