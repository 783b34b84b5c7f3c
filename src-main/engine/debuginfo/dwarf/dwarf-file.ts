import { FaultError } from '../../base/fault.ts';
import { corruptTable } from '../corrupt.ts';
import { DwarfCursor } from './cursor.ts';
import type { DwarfSections, SectionReader } from './sections.ts';
import { StringSection } from './strings.ts';
import { DwarfUnit, readUnitHeader, type DieRef } from './unit.ts';

/** Bytes of units kept in memory at once; the largest unit of a kernel has some MiB. */
const MAX_UNIT_BYTES = 96 * 1024 * 1024;

/** The units of one file's DWARF and what their forms refer to. Everything is read when needed. */
export class DwarfFile {
  readonly sections: DwarfSections;
  readonly #units = new Map<number, DwarfUnit>();
  readonly #typeUnits = new Map<number, DwarfUnit>();
  readonly #bytes = new Map<DwarfUnit, Uint8Array>();
  #bytesKept = 0;
  #offsets: Float64Array | undefined;
  #damage: string | undefined;
  #signatures: Map<bigint, DwarfUnit> | undefined;
  #str: StringSection | undefined;
  #lineStr: StringSection | undefined;
  #sup: DwarfFile | undefined;

  constructor(sections: DwarfSections) {
    this.sections = sections;
  }

  /** The unit whose header is at an offset of .debug_info. @throws FaultError `corrupt` */
  unitAt(offset: number): DwarfUnit {
    return this.#unit(this.#units, this.sections.info, offset, false);
  }

  /** For one pass over many units: nothing of the unit is kept afterwards. @throws FaultError */
  withUnit(offset: number, use: (unit: DwarfUnit) => void): void {
    const { info } = this.sections;
    const unit = new DwarfUnit(this, info, readUnitHeader(info, offset, false));
    try {
      use(unit);
    } finally {
      this.#bytesKept -= this.#bytes.get(unit)?.length ?? 0;
      this.#bytes.delete(unit);
    }
  }

  /**
   * Offsets of all units of .debug_info, ascending: reads every header. A damaged header ends the
   * list, and {@link damage} says so.
   */
  unitOffsets(): Float64Array {
    if (this.#offsets === undefined) {
      const offsets: number[] = [];
      const { info } = this.sections;
      this.#damage = walkHeaders(info, false, (offset) => offsets.push(offset));
      this.#offsets = Float64Array.from(offsets);
    }
    return this.#offsets;
  }

  /** Spares reading every header when an index knows them. */
  useUnitOffsets(offsets: Float64Array): void {
    this.#offsets ??= offsets;
  }

  /** Why the list of units ends early, once it was read. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** The DIE at an offset of .debug_info, whichever unit holds it. */
  dieAt(offset: number): DieRef {
    const offsets = this.unitOffsets();
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = low === 0 ? undefined : this.unitAt(offsets[low - 1]!);
    if (unit === undefined || !unit.contains(offset)) {
      throw corruptTable(this.sections.info.name, offset, 'a DIE of some unit', 'none');
    }
    return { unit, offset };
  }

  /** Type DIE of a type unit. @throws FaultError `corrupt` when no unit has the signature */
  typeOfSignature(signature: bigint): DieRef {
    this.#signatures ??= this.#readSignatures();
    const unit = this.#signatures.get(signature);
    if (unit?.header.typeDie === undefined) {
      const found = `0x${signature.toString(16)}`;
      throw corruptTable(this.sections.info.name, 0, 'the signature of a type unit', found);
    }
    return { unit, offset: unit.header.typeDie };
  }

  /** All type units, of DWARF 4 and 5. */
  typeUnits(): Iterable<DwarfUnit> {
    this.#signatures ??= this.#readSignatures();
    return this.#signatures.values();
  }

  /** @throws FaultError `corrupt` when the file refers to one that was not given */
  supplement(): DwarfFile {
    if (this.#sup === undefined) {
      const { sup, info } = this.sections;
      if (sup === undefined) {
        throw corruptTable(info.name, 0, 'its supplementary (dwz) file', 'it was not found');
      }
      this.#sup = new DwarfFile(sup);
    }
    return this.#sup;
  }

  get strings(): StringSection {
    this.#str ??= new StringSection(this.require('str', '.debug_str'));
    return this.#str;
  }

  stringAt(offset: number): string {
    return this.strings.at(offset);
  }

  lineStringAt(offset: number): string {
    this.#lineStr ??= new StringSection(this.require('lineStr', '.debug_line_str'));
    return this.#lineStr.at(offset);
  }

  indexedString(unit: DwarfUnit, index: number): string {
    const { offsetSize } = unit.header;
    const at = unit.bases.str + index * offsetSize;
    return this.stringAt(this.#offsetAt('strOffsets', '.debug_str_offsets', at, offsetSize));
  }

  indexedAddress(unit: DwarfUnit, index: number): number {
    const { addressSize } = unit.header;
    const section = this.require('addr', '.debug_addr');
    const at = unit.bases.addr + index * addressSize;
    return new DwarfCursor(section.bytes(at, addressSize), section.name, at).address(addressSize);
  }

  /** Offset in .debug_rnglists of a list by its index. */
  rnglistAt(unit: DwarfUnit, index: number): number {
    const { rnglists } = unit.bases;
    const { offsetSize } = unit.header;
    const at = rnglists + index * offsetSize;
    return rnglists + this.#offsetAt('rnglists', '.debug_rnglists', at, offsetSize);
  }

  /** Offset in .debug_loclists of a list by its index. */
  loclistAt(unit: DwarfUnit, index: number): number {
    const { loclists } = unit.bases;
    const { offsetSize } = unit.header;
    const at = loclists + index * offsetSize;
    return loclists + this.#offsetAt('loclists', '.debug_loclists', at, offsetSize);
  }

  /** A section that the data refers to. @throws FaultError `corrupt` when the file has none */
  require(key: SectionKey, name: string): SectionReader {
    const section = this.sections[key];
    if (section !== undefined) return section;
    throw corruptTable(
      this.sections.info.name,
      0,
      `a section ${name} in ${this.sections.name}`,
      'none',
    );
  }

  /** A unit's bytes; kept until others need the room. */
  bytesOf(unit: DwarfUnit): Uint8Array {
    let bytes = this.#bytes.get(unit);
    if (bytes !== undefined) return bytes;
    const { offset, end } = unit.header;
    bytes = unit.section.bytes(offset, end - offset);
    this.#bytesKept += bytes.length;
    for (const [old, held] of this.#bytes) {
      if (this.#bytesKept <= MAX_UNIT_BYTES) break;
      this.#bytes.delete(old);
      this.#bytesKept -= held.length;
    }
    this.#bytes.set(unit, bytes);
    return bytes;
  }

  #unit(
    units: Map<number, DwarfUnit>,
    section: SectionReader,
    offset: number,
    isTypes: boolean,
  ): DwarfUnit {
    let unit = units.get(offset);
    if (unit === undefined) {
      unit = new DwarfUnit(this, section, readUnitHeader(section, offset, isTypes));
      units.set(offset, unit);
    }
    return unit;
  }

  #offsetAt(key: SectionKey, name: string, at: number, size: 4 | 8): number {
    const section = this.require(key, name);
    return new DwarfCursor(section.bytes(at, size), section.name, at).sectionOffset(size);
  }

  #readSignatures(): Map<bigint, DwarfUnit> {
    const signatures = new Map<bigint, DwarfUnit>();
    const add = (unit: DwarfUnit): void => {
      const { signature } = unit.header;
      if (signature !== undefined) signatures.set(signature, unit);
    };
    for (const offset of this.unitOffsets()) add(this.unitAt(offset));
    const { types } = this.sections;
    if (types !== undefined) {
      walkHeaders(types, true, (offset) => add(this.#unit(this.#typeUnits, types, offset, true)));
    }
    return signatures;
  }
}

type SectionKey =
  'line' | 'str' | 'lineStr' | 'ranges' | 'rnglists' | 'loc' | 'loclists' | 'addr' | 'strOffsets';

/** @returns what is wrong with the header that ended the walk early */
function walkHeaders(
  section: SectionReader,
  isTypes: boolean,
  visit: (offset: number) => void,
): string | undefined {
  for (let offset = 0; offset < section.size;) {
    try {
      const { end } = readUnitHeader(section, offset, isTypes);
      visit(offset);
      offset = end;
    } catch (error) {
      if (error instanceof FaultError) return error.message;
      throw error;
    }
  }
  return undefined;
}
