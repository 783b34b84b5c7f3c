import { corruptTable } from '../corrupt.ts';
import { decodeName, endOfName } from '../name-hash.ts';

/** A LEB128 of 64 bits has 10 bytes; some writers pad. More is damage. */
const MAX_LEB = 16;

/**
 * Reads DWARF's little-endian data from bytes in memory. Like ByteCursor, but fast and with DWARF's
 * own encodings; every read is checked and a miss is a `corrupt` fault with the section's offset.
 *
 * Addresses are doubles holding the *signed* 64-bit value: those of the kernel are negative and
 * small in magnitude, so they are exact and compare as numbers.
 */
export class DwarfCursor {
  readonly bytes: Uint8Array;
  readonly what: string;
  /** Section offset of `bytes[0]`. */
  readonly origin: number;
  position: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, what: string, origin = 0, position = 0) {
    this.bytes = bytes;
    this.what = what;
    this.origin = origin;
    this.position = position;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  /** Section offset of the next byte. */
  get offset(): number {
    return this.origin + this.position;
  }

  u8(): number {
    return this.bytes[this.#take(1)]!;
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u24(): number {
    const at = this.#take(3);
    return this.bytes[at]! | (this.bytes[at + 1]! << 8) | (this.bytes[at + 2]! << 16);
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

  /** 64 bits as a double, unsigned; exact to 2^53. */
  u64AsNumber(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
  }

  /** 64 bits as a double, signed; exact to 2^53. */
  i64AsNumber(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getInt32(at + 4, true) * 0x1_0000_0000;
  }

  /** Address of 4 or 8 bytes (see class). */
  address(size: number): number {
    return size === 8 ? this.i64AsNumber() : this.unsigned(size);
  }

  /** Offset into a section, of 4 bytes or (64-bit DWARF) 8. */
  sectionOffset(size: number): number {
    return size === 8 ? this.u64AsNumber() : this.u32();
  }

  /** Unsigned of 1, 2, 3, 4 or 8 bytes. */
  unsigned(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 3:
        return this.u24();
      case 4:
        return this.u32();
      case 8:
        return this.u64AsNumber();
      default:
        throw this.corrupt('a size of 1, 2, 3, 4 or 8 bytes', String(size));
    }
  }

  /** Exact to 2^53; see {@link ulebBig}. */
  uleb(): number {
    const byte = this.bytes[this.position]!;
    if (byte < 0x80) {
      this.position++;
      return byte;
    }
    const second = this.bytes[this.position + 1]!;
    if (second < 0x80) {
      this.position += 2;
      return (byte & 0x7f) | (second << 7);
    }
    let value = 0;
    let scale = 1;
    const end = this.#lebEnd();
    for (let at = this.position; at < end; at++) {
      value += (this.bytes[at]! & 0x7f) * scale;
      scale *= 0x80;
    }
    this.position = end;
    return value;
  }

  /** Exact to 2^53. */
  sleb(): number {
    const byte = this.bytes[this.position]!;
    if (byte < 0x80) {
      this.position++;
      return byte < 0x40 ? byte : byte - 0x80;
    }
    const second = this.bytes[this.position + 1]!;
    if (second < 0x80) {
      this.position += 2;
      return (((byte & 0x7f) | (second << 7)) << 18) >> 18;
    }
    const end = this.#lebEnd();
    const length = end - this.position;
    if (length > 4) return Number(this.slebBig());
    let value = 0;
    for (let i = 0; i < length; i++) value |= (this.bytes[this.position + i]! & 0x7f) << (7 * i);
    this.position = end;
    const unused = 32 - 7 * length;
    return (value << unused) >> unused;
  }

  ulebBig(): bigint {
    const end = this.#lebEnd();
    let value = 0n;
    for (let at = end - 1; at >= this.position; at--) {
      value = (value << 7n) | BigInt(this.bytes[at]! & 0x7f);
    }
    this.position = end;
    return BigInt.asUintN(64, value);
  }

  slebBig(): bigint {
    const bits = (this.#lebEnd() - this.position) * 7;
    const end = this.#lebEnd();
    let value = 0n;
    for (let at = end - 1; at >= this.position; at--) {
      value = (value << 7n) | BigInt(this.bytes[at]! & 0x7f);
    }
    this.position = end;
    return BigInt.asIntN(64, BigInt.asIntN(bits, value));
  }

  skipLeb(): void {
    if (this.bytes[this.position]! < 0x80) this.position++;
    else this.position = this.#lebEnd();
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** NUL-terminated, Latin-1 (see `encodeName`). */
  cstring(): string {
    const start = this.position;
    const end = this.#stringEnd();
    this.position = end + 1;
    return decodeName(this.bytes, start, end);
  }

  skipString(): void {
    this.position = this.#stringEnd() + 1;
  }

  /** 32- or 64-bit unit length, and the size of section offsets that follows from it. */
  initialLength(): { readonly length: number; readonly offsetSize: 4 | 8 } {
    const length = this.u32();
    if (length < 0xfffffff0) return { length, offsetSize: 4 };
    if (length !== 0xffffffff) throw this.corrupt('a unit length', `0x${length.toString(16)}`);
    return { length: this.u64AsNumber(), offsetSize: 8 };
  }

  corrupt(expected: string, found: string): Error {
    return corruptTable(this.what, this.offset, expected, found);
  }

  #take(length: number): number {
    const at = this.position;
    if (!(length >= 0 && at + length <= this.bytes.length)) {
      throw this.corrupt(`${length} more bytes`, `${Math.max(0, this.bytes.length - at)}`);
    }
    this.position = at + length;
    return at;
  }

  #lebEnd(): number {
    const { bytes, position } = this;
    const limit = Math.min(bytes.length, position + MAX_LEB);
    for (let at = position; at < limit; at++) if (bytes[at]! < 0x80) return at + 1;
    throw this.corrupt('the end of a LEB128 number', `${limit - position} bytes without it`);
  }

  #stringEnd(): number {
    const end = this.position > this.bytes.length ? -1 : endOfName(this.bytes, this.position);
    if (end < 0) throw this.corrupt('a string ended by NUL', 'none within reach');
    return end;
  }
}
