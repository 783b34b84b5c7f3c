/**
 * Read-only bytes of one file, synchronous (the engine runs in its own worker). Implemented in
 * io/ by a memory mapping (copy-out) or by pread; in tests by an array.
 */
export interface ByteSource {
  /** What to call the file in messages: its base name, never parsed. */
  readonly name: string;
  /** Bytes; exact up to 2^53. */
  readonly size: number;
  /**
   * Copies up to `length` bytes from `offset` into `target` at `targetOffset`.
   * @returns bytes copied; fewer than asked only at the end of the file (or where it shrank)
   * @throws FaultError kind `io`
   */
  read(offset: number, target: Uint8Array, targetOffset: number, length: number): number;
}

/** The codecs a dump's pages may use; supplied by io/ (wasm, node:zlib), so the engine stays pure. */
export interface Decompressors {
  /**
   * Decompresses exactly one page into `target`.
   * @returns false when the data is damaged or does not give exactly `target.length` bytes
   */
  zlib(source: Uint8Array, target: Uint8Array): boolean;
  lzo(source: Uint8Array, target: Uint8Array): boolean;
  snappy(source: Uint8Array, target: Uint8Array): boolean;
  zstd(source: Uint8Array, target: Uint8Array): boolean;
}
