import type { UnitFormat } from './abbrev.ts';
import { DW_FORM } from './constants.ts';
import type { DwarfCursor } from './cursor.ts';
import type { DieRef, DwarfUnit } from './unit.ts';

/** Value of a constant, flag or section offset; undefined for other forms. */
export function readInteger(
  data: DwarfCursor,
  form: number,
  format: UnitFormat,
): bigint | undefined {
  switch (form) {
    case DW_FORM.flagPresent:
      return 1n;
    case DW_FORM.data1:
    case DW_FORM.flag:
      return BigInt(data.u8());
    case DW_FORM.data2:
      return BigInt(data.u16());
    case DW_FORM.data4:
      return BigInt(data.u32());
    case DW_FORM.data8:
      return data.u64();
    case DW_FORM.udata:
    case DW_FORM.loclistx:
    case DW_FORM.rnglistx:
      return data.ulebBig();
    case DW_FORM.sdata:
      return data.slebBig();
    case DW_FORM.secOffset:
      return BigInt(data.sectionOffset(format.offsetSize));
    default:
      return undefined;
  }
}

/** As {@link readInteger}, as a double; sdata can be negative. */
export function readUnsigned(
  data: DwarfCursor,
  form: number,
  format: UnitFormat,
): number | undefined {
  switch (form) {
    case DW_FORM.flagPresent:
      return 1;
    case DW_FORM.data1:
    case DW_FORM.flag:
      return data.u8();
    case DW_FORM.data2:
      return data.u16();
    case DW_FORM.data4:
      return data.u32();
    case DW_FORM.data8:
      return data.u64AsNumber();
    case DW_FORM.udata:
    case DW_FORM.loclistx:
    case DW_FORM.rnglistx:
      return data.uleb();
    case DW_FORM.sdata:
      return data.sleb();
    case DW_FORM.secOffset:
      return data.sectionOffset(format.offsetSize);
    default:
      return undefined;
  }
}

/** Undefined for other forms. @throws FaultError `corrupt` for a string outside its section */
export function readString(data: DwarfCursor, form: number, unit: DwarfUnit): string | undefined {
  const { file } = unit;
  switch (form) {
    case DW_FORM.string:
      return data.cstring();
    case DW_FORM.strp:
      return file.stringAt(data.sectionOffset(unit.header.offsetSize));
    case DW_FORM.lineStrp:
      return file.lineStringAt(data.sectionOffset(unit.header.offsetSize));
    case DW_FORM.strpSup:
    case DW_FORM.gnuStrpAlt:
      return file.supplement().stringAt(data.sectionOffset(unit.header.offsetSize));
    default: {
      const index = readIndex(data, form, STRING_INDEXES);
      return index === undefined ? undefined : file.indexedString(unit, index);
    }
  }
}

/** Undefined for other forms. */
export function readAddress(data: DwarfCursor, form: number, unit: DwarfUnit): number | undefined {
  if (form === DW_FORM.addr) return data.address(unit.header.addressSize);
  const index = readIndex(data, form, ADDRESS_INDEXES);
  return index === undefined ? undefined : unit.file.indexedAddress(unit, index);
}

/** Bytes of an index; 0 for LEB128. */
type Indexes = Readonly<Record<number, number>>;
const STRING_INDEXES: Indexes = {
  [DW_FORM.strx]: 0,
  [DW_FORM.gnuStrIndex]: 0,
  [DW_FORM.strx1]: 1,
  [DW_FORM.strx2]: 2,
  [DW_FORM.strx3]: 3,
  [DW_FORM.strx4]: 4,
};
const ADDRESS_INDEXES: Indexes = {
  [DW_FORM.addrx]: 0,
  [DW_FORM.gnuAddrIndex]: 0,
  [DW_FORM.addrx1]: 1,
  [DW_FORM.addrx2]: 2,
  [DW_FORM.addrx3]: 3,
  [DW_FORM.addrx4]: 4,
};

function readIndex(data: DwarfCursor, form: number, indexes: Indexes): number | undefined {
  const size = indexes[form];
  if (size === undefined) return undefined;
  return size === 0 ? data.uleb() : data.unsigned(size);
}

/** Offset within the unit; -1 for forms that reach outside. */
export function readUnitOffset(data: DwarfCursor, form: number): number {
  switch (form) {
    case DW_FORM.ref1:
      return data.u8();
    case DW_FORM.ref2:
      return data.u16();
    case DW_FORM.ref4:
      return data.u32();
    case DW_FORM.ref8:
      return data.u64AsNumber();
    case DW_FORM.refUdata:
      return data.uleb();
    default:
      return -1;
  }
}

/** Undefined for other forms. @throws FaultError `corrupt` for a DIE that no unit holds */
export function readReference(
  data: DwarfCursor,
  form: number,
  unit: DwarfUnit,
): DieRef | undefined {
  const { offset, offsetSize, version, addressSize } = unit.header;
  const within = readUnitOffset(data, form);
  if (within >= 0) return { unit, offset: offset + within };
  switch (form) {
    case DW_FORM.refAddr:
      return unit.file.dieAt(data.unsigned(version <= 2 ? addressSize : offsetSize));
    case DW_FORM.refSup4:
      return unit.file.supplement().dieAt(data.u32());
    case DW_FORM.refSup8:
      return unit.file.supplement().dieAt(data.u64AsNumber());
    case DW_FORM.gnuRefAlt:
      return unit.file.supplement().dieAt(data.sectionOffset(offsetSize));
    case DW_FORM.refSig8:
      return unit.file.typeOfSignature(data.u64());
    default:
      return undefined;
  }
}
