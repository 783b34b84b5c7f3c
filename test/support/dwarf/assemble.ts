/** Growing little-endian bytes. */
export class Bytes {
  readonly list: number[] = [];

  get length(): number {
    return this.list.length;
  }

  /** Unsigned or two's complement. */
  int(value: number | bigint, size: number): this {
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i++, rest >>= 8n) this.list.push(Number(rest & 0xffn));
    return this;
  }

  uleb(value: number | bigint): this {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) this.list.push(Number(rest & 0x7fn) | 0x80);
    this.list.push(Number(rest));
    return this;
  }

  sleb(value: number | bigint): this {
    let rest = BigInt(value);
    for (; rest < -64n || rest > 63n; rest >>= 7n) this.list.push(Number(rest & 0x7fn) | 0x80);
    this.list.push(Number(rest & 0x7fn));
    return this;
  }

  text(text: string): this {
    for (const character of text) this.list.push(character.charCodeAt(0));
    this.list.push(0);
    return this;
  }

  add(bytes: ArrayLike<number>): this {
    for (let i = 0; i < bytes.length; i++) this.list.push(bytes[i]!);
    return this;
  }

  put(at: number, value: number, size: number): void {
    const bytes = new Bytes().int(value, size).list;
    for (const [i, byte] of bytes.entries()) this.list[at + i] = byte;
  }

  toArray(): Uint8Array {
    return Uint8Array.from(this.list);
  }
}

/** Camel case to the standard's words: `callReturnPc` is `call_return_pc`. */
export function wordOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Number of a name of one of DWARF's tables. */
export function numberOf(table: Readonly<Record<string, number>>, word: string): number {
  for (const [key, value] of Object.entries(table)) if (wordOf(key) === word) return value;
  throw new Error(`no ${word}`);
}
