import { DwarfCursor } from './cursor.ts';
import type { FrameSection } from './sections.ts';

/** Common information entry. */
export interface Cie {
  readonly codeAlign: number;
  readonly dataAlign: number;
  readonly returnRegister: number;
  readonly addressSize: number;
  /** DW_EH_PE_*: how the FDEs write addresses. */
  readonly encoding: number;
  /** FDEs carry augmentation data. */
  readonly augmented: boolean;
  readonly signal: boolean;
  readonly instructions: Uint8Array;
}

/** Frame description entry: the code it is for. */
export interface Fde {
  readonly cie: Cie;
  /** Signed doubles, half-open. */
  readonly start: number;
  readonly end: number;
  readonly instructions: Uint8Array;
}

const DW_EH_PE = { absptr: 0x00, omit: 0xff, pcrel: 0x10, datarel: 0x30, indirect: 0x80 } as const;

/** Walks the entries of a frame section and reads them. */
export class FrameEntries {
  readonly #section: FrameSection;
  readonly #bytes: Uint8Array;
  readonly #cies = new Map<number, Cie>();

  /** @throws FaultError when the section cannot be read */
  constructor(section: FrameSection) {
    this.#section = section;
    this.#bytes = section.reader.bytes(0, section.reader.size);
  }

  /**
   * Visits the offset of every FDE with the code it covers.
   * @throws FaultError `corrupt` where the walk cannot go on
   */
  visit(each: (offset: number, start: number, end: number) => void): void {
    const { kind } = this.#section;
    for (const cursor = this.#cursor(0); !cursor.atEnd;) {
      const offset = cursor.position;
      const { length, offsetSize } = cursor.initialLength();
      // A zero length ends .eh_frame.
      if (length === 0) {
        if (kind === 'eh_frame') return;
        continue;
      }
      const end = cursor.position + length;
      if (end > this.#bytes.length) throw cursor.corrupt('an entry within the section', 'its end');
      const idAt = cursor.position;
      const id = cursor.sectionOffset(offsetSize);
      if (!this.#isCie(id, offsetSize)) {
        const cie = this.#cieAt(kind === 'eh_frame' ? idAt - id : id);
        const [start, stop] = this.#code(cursor, cie);
        each(offset, start, stop);
      }
      cursor.position = end;
    }
  }

  /** @throws FaultError `corrupt` */
  readFde(offset: number): Fde {
    const cursor = this.#cursor(offset);
    const { length, offsetSize } = cursor.initialLength();
    const entryEnd = cursor.position + length;
    const idAt = cursor.position;
    const id = cursor.sectionOffset(offsetSize);
    const cie = this.#cieAt(this.#section.kind === 'eh_frame' ? idAt - id : id);
    const [start, end] = this.#code(cursor, cie);
    if (cie.augmented) cursor.skip(cursor.uleb());
    return { cie, start, end, instructions: cursor.take(entryEnd - cursor.position) };
  }

  #cursor(position: number): DwarfCursor {
    return new DwarfCursor(this.#bytes, this.#section.reader.name, 0, position);
  }

  #isCie(id: number, offsetSize: number): boolean {
    if (this.#section.kind === 'eh_frame') return id === 0;
    return id === (offsetSize === 4 ? 0xffffffff : 2 ** 64);
  }

  #cieAt(offset: number): Cie {
    let cie = this.#cies.get(offset);
    if (cie === undefined) {
      cie = this.#readCie(offset);
      this.#cies.set(offset, cie);
    }
    return cie;
  }

  #readCie(offset: number): Cie {
    const cursor = this.#cursor(offset);
    if (offset < 0) throw cursor.corrupt('the offset of a CIE', String(offset));
    const { length, offsetSize } = cursor.initialLength();
    const end = cursor.position + length;
    const id = cursor.sectionOffset(offsetSize);
    if (!this.#isCie(id, offsetSize)) throw cursor.corrupt('a CIE', 'another entry');
    const version = cursor.u8();
    if (version !== 1 && version !== 3 && version !== 4) {
      throw cursor.corrupt('a CIE of version 1, 3 or 4', String(version));
    }
    const augmentation = cursor.cstring();
    let addressSize = 8;
    if (version === 4) {
      addressSize = cursor.u8();
      cursor.skip(1);
    }
    const codeAlign = cursor.uleb();
    const dataAlign = cursor.sleb();
    const returnRegister = version === 1 ? cursor.u8() : cursor.uleb();
    const { encoding, signal, augmented } = readAugmentation(cursor, augmentation);
    const instructions = cursor.take(end - cursor.position);
    const format = { codeAlign, dataAlign, returnRegister, addressSize };
    return { ...format, encoding, augmented, signal, instructions };
  }

  #code(cursor: DwarfCursor, cie: Cie): [number, number] {
    const start = this.#pointer(cursor, cie, cie.encoding);
    const length = this.#pointer(cursor, cie, cie.encoding & 0x0f);
    return [start, start + length];
  }

  #pointer(cursor: DwarfCursor, cie: Cie, encoding: number): number {
    const at = cursor.position;
    const value = readEncoded(cursor, cie.addressSize, encoding & 0x0f);
    switch (encoding & 0xf0) {
      case 0:
        return value;
      case DW_EH_PE.pcrel:
        return Number(BigInt.asIntN(64, this.#section.address)) + at + value;
      default:
        throw cursor.corrupt('an absolute or pc-relative address', `encoding ${encoding}`);
    }
  }
}

interface Augmentation {
  readonly encoding: number;
  readonly signal: boolean;
  readonly augmented: boolean;
}

/** @source Linux Standard Base, "DWARF Extensions": z R P L S */
function readAugmentation(cursor: DwarfCursor, letters: string): Augmentation {
  let encoding: number = DW_EH_PE.absptr;
  let signal = false;
  if (letters === '') return { encoding, signal, augmented: false };
  if (!letters.startsWith('z')) throw cursor.corrupt('an augmentation z…', letters);
  const length = cursor.uleb();
  const end = cursor.position + length;
  for (const letter of letters.slice(1)) {
    if (letter === 'R') encoding = cursor.u8();
    else if (letter === 'S') signal = true;
    else if (letter === 'L') cursor.skip(1);
    else if (letter === 'P') readEncoded(cursor, 8, cursor.u8() & 0x0f);
    else break;
  }
  cursor.position = end;
  return { encoding, signal, augmented: true };
}

function readEncoded(cursor: DwarfCursor, addressSize: number, format: number): number {
  switch (format) {
    case 0x00:
      return cursor.address(addressSize);
    case 0x01:
      return cursor.uleb();
    case 0x02:
      return cursor.u16();
    case 0x03:
      return cursor.u32();
    case 0x04:
      return cursor.i64AsNumber();
    case 0x09:
      return cursor.sleb();
    case 0x0a:
      return (cursor.u16() << 16) >> 16;
    case 0x0b:
      return cursor.i32();
    case 0x0c:
      return cursor.i64AsNumber();
    default:
      throw cursor.corrupt('an encoding of an address', `0x${format.toString(16)}`);
  }
}
