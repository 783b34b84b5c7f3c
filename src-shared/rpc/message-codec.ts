/**
 * Messages as bytes, for transports that carry bytes (WebSocket). Our own small format because the
 * other side is not trusted with our time or memory: every length is checked against the bytes that
 * are there before anything is made of it, nothing that arrives becomes code or a prototype, and
 * 64-bit addresses stay bigint whatever their value.
 *
 * A value is a tag byte and its payload, integers little-endian:
 *   0 undefined · 1 null · 2 false · 3 true · 4 number as float64 · 5 number as int32
 *   6 bigint 0..2^64-1 · 7 bigint -2^63..-1 · 8 text, u32 length, Latin-1 bytes
 *   9 text, u32 length, UTF-16 units · 10 bytes, u32 length · 11 array, u32 count, values
 *   12 object, u32 count, (key, value) pairs; a key is u32: its index among the keys seen in this
 *      message so far; the index one past the last is followed by a new key as a text value
 */
export function encodeMessage(message: unknown): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.value(message, 0);
  return writer.done();
}

/** @throws RangeError when the bytes are no message */
export function decodeMessage(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  reader.end();
  return value;
}

const MAX_DEPTH = 200;

class Writer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  readonly #keys = new Map<string, number>();

  value(value: unknown, depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError('the message is nested too deeply');
    switch (typeof value) {
      case 'undefined':
        return this.#tag(0);
      case 'boolean':
        return this.#tag(value ? 3 : 2);
      case 'number':
        return this.#number(value);
      case 'bigint':
        return this.#bigint(value);
      case 'string':
        return this.#text(value);
      case 'object':
        if (value === null) return this.#tag(1);
        if (value instanceof Uint8Array) return this.#raw(value);
        if (Array.isArray(value)) {
          this.#tag(11, value.length);
          for (const item of value as unknown[]) this.value(item, depth + 1);
          return;
        }
        return this.#object(value, depth);
      default:
        throw new RangeError(`a ${typeof value} cannot be sent`);
    }
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  #object(value: object, depth: number): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new RangeError(`a ${value.constructor.name} cannot be sent`);
    }
    const names = Object.keys(value);
    this.#tag(12, names.length);
    for (const name of names) {
      const known = this.#keys.get(name);
      this.#room(4);
      this.#view.setUint32(this.#at, known ?? this.#keys.size, true);
      this.#at += 4;
      if (known === undefined) {
        this.#keys.set(name, this.#keys.size);
        this.#text(name);
      }
      this.value((value as Record<string, unknown>)[name], depth + 1);
    }
  }

  #number(value: number): void {
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.#tag(5);
      this.#room(4);
      this.#view.setInt32(this.#at, value, true);
      this.#at += 4;
    } else {
      this.#tag(4);
      this.#room(8);
      this.#view.setFloat64(this.#at, value, true);
      this.#at += 8;
    }
  }

  #bigint(value: bigint): void {
    if (value < -(1n << 63n) || value >= 1n << 64n) {
      throw new RangeError('a bigint of more than 64 bits cannot be sent');
    }
    this.#tag(value < 0n ? 7 : 6);
    this.#room(8);
    this.#view.setBigUint64(this.#at, BigInt.asUintN(64, value), true);
    this.#at += 8;
  }

  #text(value: string): void {
    const start = this.#at;
    this.#tag(8, value.length);
    this.#room(value.length);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0xff) {
        this.#at = start;
        return this.#wideText(value);
      }
      bytes[at++] = unit;
    }
    this.#at = at;
  }

  #wideText(value: string): void {
    this.#tag(9, value.length);
    this.#room(value.length * 2);
    for (let i = 0; i < value.length; i++) {
      this.#view.setUint16(this.#at, value.charCodeAt(i), true);
      this.#at += 2;
    }
  }

  #raw(value: Uint8Array): void {
    this.#tag(10, value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  #tag(tag: number, count?: number): void {
    this.#room(5);
    this.#bytes[this.#at++] = tag;
    if (count === undefined) return;
    this.#view.setUint32(this.#at, count, true);
    this.#at += 4;
  }

  #room(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  readonly #keys: string[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new RangeError('the message is nested too deeply');
    const tag = this.#bytes[this.#take(1)];
    switch (tag) {
      case 0:
        return undefined;
      case 1:
        return null;
      case 2:
        return false;
      case 3:
        return true;
      case 4:
        return this.#view.getFloat64(this.#take(8), true);
      case 5:
        return this.#view.getInt32(this.#take(4), true);
      case 6:
        return this.#view.getBigUint64(this.#take(8), true);
      case 7:
        return this.#view.getBigInt64(this.#take(8), true);
      case 8:
      case 9:
        return this.#text(tag);
      case 10: {
        const length = this.#count(1);
        const start = this.#take(length);
        // A copy, and a plain Uint8Array also where the bytes came as a Buffer.
        return new Uint8Array(this.#bytes.subarray(start, start + length));
      }
      case 11:
        return this.#array(depth);
      case 12:
        return this.#object(depth);
      default:
        throw new RangeError(`no value begins with ${String(tag)}`);
    }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError('the message goes on after its end');
  }

  #array(depth: number): unknown[] {
    const count = this.#count(1);
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) values.push(this.value(depth + 1));
    return values;
  }

  #object(depth: number): Record<string, unknown> {
    const count = this.#count(5);
    const members: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const index = this.#view.getUint32(this.#take(4), true);
      if (index === this.#keys.length) {
        const tag = this.#bytes[this.#take(1)];
        if (tag !== 8 && tag !== 9) throw new RangeError('a key must be text');
        this.#keys.push(this.#text(tag));
      }
      const name = this.#keys[index];
      if (name === undefined || name === '__proto__') throw new RangeError('not a key');
      members[name] = this.value(depth + 1);
    }
    return members;
  }

  #text(tag: 8 | 9): string {
    const length = this.#count(tag === 8 ? 1 : 2);
    const start = this.#take(tag === 8 ? length : length * 2);
    let value = '';
    for (let i = 0; i < length; i += 4096) {
      const units: number[] = [];
      for (let j = i; j < Math.min(length, i + 4096); j++) {
        units.push(tag === 8 ? this.#bytes[start + j]! : this.#view.getUint16(start + j * 2, true));
      }
      value += String.fromCharCode(...units);
    }
    return value;
  }

  /** A count of things of at least `size` bytes each, all of which must still be there. */
  #count(size: number): number {
    const count = this.#view.getUint32(this.#take(4), true);
    if (count * size > this.#bytes.length - this.#at) {
      throw new RangeError('a length goes beyond the end of the message');
    }
    return count;
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new RangeError('the message ends too early');
    this.#at = start + length;
    return start;
  }
}
