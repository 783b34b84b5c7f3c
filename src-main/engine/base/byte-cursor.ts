import { FaultError } from './fault.ts';

/**
 * Little-endian fields read one after another from a few bytes already in memory (a header, a
 * note). Every read is checked: running past the end is a `corrupt` fault that names the
 * structure and its file offset, never a RangeError.
 */
export class ByteCursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  readonly #origin: number;
  #position = 0;

  /**
   * @param what structure being read, for the message (`struct disk_dump_header`)
   * @param origin file offset of `bytes[0]`
   */
  constructor(bytes: Uint8Array, what: string, origin = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
    this.#origin = origin;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.bytes.length - this.#position;
  }

  /** Absolute offset inside the structure. */
  seek(position: number): this {
    if (!(position >= 0 && position <= this.bytes.length)) this.#fail(position, 0);
    this.#position = position;
    return this;
  }

  skip(length: number): this {
    return this.seek(this.#position + length);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** u64 as a double: exact to 2^53, which no file offset or frame number of ours exceeds. */
  u64AsNumber(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Fixed-size `char[length]`: bytes up to the first NUL, as Latin-1 (hostile bytes stay text). */
  chars(length: number): string {
    return latin1Of(this.take(length));
  }

  #take(length: number): number {
    const at = this.#position;
    if (!(length >= 0 && at + length <= this.bytes.length)) this.#fail(at, length);
    this.#position = at + length;
    return at;
  }

  #fail(at: number, length: number): never {
    throw new FaultError({
      kind: 'corrupt',
      what: this.#what,
      expected: `${String(length)} more bytes`,
      found: `${String(Math.max(0, this.bytes.length - at))}`,
      offset: this.#origin + at,
    });
  }
}

/** Bytes up to the first NUL, one character each. */
export function latin1Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}
