/** What some bytes are as numbers, little-endian; made only of bytes whose content is known. */
export interface Interpretation {
  readonly name: string;
  readonly unsigned: string;
  readonly signed: string;
  readonly hex: string;
}

export function interpret(bytes: Uint8Array): readonly Interpretation[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all: Interpretation[] = [];
  const add = (name: string, size: number, unsigned: () => bigint) => {
    if (bytes.length < size) return;
    const value = unsigned();
    all.push({
      name,
      unsigned: value.toString(),
      signed: BigInt.asIntN(size * 8, value).toString(),
      hex: `0x${value.toString(16).padStart(size * 2, '0')}`,
    });
  };
  add('8 bit', 1, () => BigInt(view.getUint8(0)));
  add('16 bit', 2, () => BigInt(view.getUint16(0, true)));
  add('32 bit', 4, () => BigInt(view.getUint32(0, true)));
  add('64 bit', 8, () => view.getBigUint64(0, true));
  return all;
}

export function pointerOf(bytes: Uint8Array): bigint | undefined {
  if (bytes.length < 8) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

/** Bits 63..47 (4-level) or 63..56 (5-level) all set: may be a kernel address. NULL and errno values are not. */
export function looksLikeKernelPointer(value: bigint): boolean {
  return value >= 0xff00_0000_0000_0000n && value < 0xffff_ffff_ffff_f000n;
}

/** The printable text at the start of some bytes; undefined when there is none worth showing. */
export function asciiOf(bytes: Uint8Array): string | undefined {
  let text = '';
  for (const byte of bytes) {
    if (byte < 0x20 || byte > 0x7e) break;
    text += String.fromCharCode(byte);
  }
  return text.length >= 2 ? text : undefined;
}

/** In the lower half of the address space, and above the page no program maps. */
export function looksLikeUserPointer(value: bigint): boolean {
  return value >= 0x1_0000n && value < 1n << 56n;
}
