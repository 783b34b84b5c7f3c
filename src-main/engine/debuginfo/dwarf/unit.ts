import { readAbbrevs, type AbbrevTable, type UnitFormat } from './abbrev.ts';
import { DW_AT, DW_UT } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { DieCursor } from './die-cursor.ts';
import type { DwarfFile } from './dwarf-file.ts';
import type { SectionReader } from './sections.ts';

/** A unit's header; offsets are of its section. */
export interface UnitHeader extends UnitFormat {
  readonly offset: number;
  /** One past its last byte. */
  readonly end: number;
  /** Of its first DIE. */
  readonly firstDie: number;
  /** DW_UT_*; of DWARF 4 compile or type, by the section. */
  readonly type: number;
  readonly abbrevOffset: number;
  /** Of type units. */
  readonly signature?: bigint;
  /** Section offset of the type DIE of a type unit. */
  readonly typeDie?: number;
}

/** What the unit's own DIE says. */
export interface UnitRoot {
  readonly tag: number;
  readonly name: string;
  readonly compDir: string;
  readonly producer: string;
  /** DW_LANG_*, 0 when not said. */
  readonly language: number;
  /** Offset in .debug_line. */
  readonly stmtList: number | undefined;
  /** Base of range and location lists; 0 when not said. */
  readonly lowPc: number;
}

/** The longest header: 64-bit DWARF 5 type unit. */
const MAX_HEADER = 40;

/** @throws FaultError `corrupt` */
export function readUnitHeader(
  section: SectionReader,
  offset: number,
  isTypes: boolean,
): UnitHeader {
  const window = Math.max(0, Math.min(MAX_HEADER, section.size - offset));
  const cursor = new DwarfCursor(section.bytes(offset, window), section.name, offset);
  const { length, offsetSize } = cursor.initialLength();
  const end = cursor.offset + length;
  if (end > section.size) {
    throw cursor.corrupt(`a unit within ${section.size} bytes`, `one of ${length}`);
  }
  const version = cursor.u16();
  if (version < 2 || version > 5) throw cursor.corrupt('DWARF version 2 to 5', String(version));
  let type: number = isTypes ? DW_UT.type : DW_UT.compile;
  let addressSize: number;
  let abbrevOffset: number;
  if (version >= 5) {
    type = cursor.u8();
    addressSize = cursor.u8();
    abbrevOffset = cursor.sectionOffset(offsetSize);
  } else {
    abbrevOffset = cursor.sectionOffset(offsetSize);
    addressSize = cursor.u8();
  }
  if (addressSize !== 8 && addressSize !== 4) {
    throw cursor.corrupt('addresses of 4 or 8 bytes', String(addressSize));
  }
  const header = { offset, end, version, offsetSize, addressSize, type, abbrevOffset };
  if (type === DW_UT.type || type === DW_UT.splitType) {
    const signature = cursor.u64();
    const typeDie = offset + cursor.sectionOffset(offsetSize);
    return { ...header, firstDie: cursor.offset, signature, typeDie };
  }
  // The identity of a split unit.
  if (type === DW_UT.skeleton || type === DW_UT.splitCompile) cursor.skip(8);
  return { ...header, firstDie: cursor.offset };
}

/** Bases of the unit's indexed forms (DWARF 5). */
interface UnitBases {
  readonly str: number;
  readonly addr: number;
  readonly rnglists: number;
  readonly loclists: number;
}

/** One unit; its bytes are read when its DIEs are, and may be dropped and read again. */
export class DwarfUnit {
  readonly file: DwarfFile;
  readonly header: UnitHeader;
  readonly section: SectionReader;
  #abbrevs: AbbrevTable | undefined;
  #root: UnitRoot | undefined;
  #bases: UnitBases | undefined;

  constructor(file: DwarfFile, section: SectionReader, header: UnitHeader) {
    this.file = file;
    this.section = section;
    this.header = header;
  }

  get abbrevs(): AbbrevTable {
    const { header } = this;
    this.#abbrevs ??= readAbbrevs(this.file.sections.abbrev, header.abbrevOffset, header);
    return this.#abbrevs;
  }

  /** Whole unit, header included. */
  bytes(): Uint8Array {
    return this.file.bytesOf(this);
  }

  /** Before the unit's first DIE. */
  cursor(): DieCursor {
    return new DieCursor(this, this.header.firstDie);
  }

  /** On the DIE at a section offset. @throws FaultError `corrupt` where there is none */
  dieAt(offset: number): DieCursor {
    const { firstDie, end } = this.header;
    const cursor = new DieCursor(this, Math.min(Math.max(offset, firstDie), end));
    if (offset < firstDie || offset >= end || !cursor.next()) {
      throw new DwarfCursor(new Uint8Array(0), this.section.name, offset).corrupt(
        `a DIE of the unit at ${this.header.offset}`,
        'none',
      );
    }
    return cursor;
  }

  contains(offset: number): boolean {
    return offset >= this.header.firstDie && offset < this.header.end;
  }

  get bases(): UnitBases {
    if (this.#bases === undefined) {
      const die = this.cursor();
      const found = die.next();
      const base = (attribute: number): number | undefined =>
        found ? die.unsigned(attribute) : undefined;
      // Without the attribute the first contribution is meant; its header comes first.
      const after = this.header.offsetSize === 8 ? 16 : 8;
      this.#bases = {
        str: base(DW_AT.strOffsetsBase) ?? after,
        addr: base(DW_AT.addrBase) ?? after,
        rnglists: base(DW_AT.rnglistsBase) ?? after + 4,
        loclists: base(DW_AT.loclistsBase) ?? after + 4,
      };
    }
    return this.#bases;
  }

  get root(): UnitRoot {
    if (this.#root === undefined) {
      const die = this.cursor();
      const found = die.next();
      this.#root = {
        tag: found ? die.tag : 0,
        name: (found ? die.string(DW_AT.name) : undefined) ?? '',
        compDir: (found ? die.string(DW_AT.compDir) : undefined) ?? '',
        producer: (found ? die.string(DW_AT.producer) : undefined) ?? '',
        language: (found ? die.unsigned(DW_AT.language) : undefined) ?? 0,
        stmtList: found ? die.unsigned(DW_AT.stmtList) : undefined,
        lowPc: (found ? die.address(DW_AT.lowPc) : undefined) ?? 0,
      };
    }
    return this.#root;
  }
}

/** A DIE's place. */
export interface DieRef {
  readonly unit: DwarfUnit;
  /** In the unit's section. */
  readonly offset: number;
}
