import { corruptTable } from '../corrupt.ts';
import { DW_AT, DW_FORM } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { grown } from './grown.ts';
import type { SectionReader } from './sections.ts';

/** What the size of a form depends on. */
export interface UnitFormat {
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
}

/** How the DIEs of one code are written. */
export interface Abbrev {
  readonly code: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Its attributes in the arrays of {@link AbbrevTable}. */
  readonly first: number;
  readonly count: number;
  /** Bytes of all attributes, -1 where the data says it. */
  readonly size: number;
  /** Has DW_AT_low_pc or DW_AT_ranges: declarations and abstract functions have neither. */
  readonly hasCode: boolean;
  /** Bytes in front of a DW_AT_sibling of DW_FORM_ref4, -1 where there is none or the data says it. */
  readonly sibling4: number;
  /** Values of DW_FORM_implicit_const, by position. */
  readonly constants: ReadonlyMap<number, bigint>;
}

/** What the attributes of all codes of a table are, one code after the other. */
export interface AbbrevAttributes {
  readonly attributes: Uint16Array;
  readonly forms: Uint16Array;
  /** Bytes where the form says it, else -1. */
  readonly sizes: Int8Array;
}

/** GCC writes up to some hundreds of codes a unit, LTO some ten thousand. */
const MAX_CODES = 1_000_000;
/** DWARF 5 has 140 attributes. Those without bytes would make DIEs of one byte that cost any time. */
const MAX_ATTRIBUTES = 512;
const FIRST_WINDOW = 8 * 1024;

/** Abbreviations of one unit. */
export class AbbrevTable implements AbbrevAttributes {
  readonly count: number;
  readonly attributes: Uint16Array;
  readonly forms: Uint16Array;
  readonly sizes: Int8Array;
  readonly #abbrevs: readonly Abbrev[];
  /** Only where the codes are not 1, 2, 3…, which no known compiler does. */
  readonly #byCode: ReadonlyMap<number, Abbrev> | undefined;

  constructor(abbrevs: readonly Abbrev[], { attributes, forms, sizes }: AbbrevAttributes) {
    this.attributes = attributes;
    this.forms = forms;
    this.sizes = sizes;
    this.count = abbrevs.length;
    this.#abbrevs = abbrevs;
    const ordered = abbrevs.every(({ code }, i) => code === i + 1);
    this.#byCode = ordered ? undefined : new Map(abbrevs.map((abbrev) => [abbrev.code, abbrev]));
  }

  find(code: number): Abbrev | undefined {
    return this.#byCode === undefined ? this.#abbrevs[code - 1] : this.#byCode.get(code);
  }
}

/** @throws FaultError `corrupt` */
export function readAbbrevs(
  section: SectionReader,
  offset: number,
  format: UnitFormat,
): AbbrevTable {
  const available = section.size - offset;
  // The table does not say how long it is.
  for (let window = FIRST_WINDOW; ; window *= 8) {
    const length = Math.min(window, Math.max(0, available));
    const cursor = new DwarfCursor(section.bytes(offset, length), section.name, offset);
    try {
      return parseAbbrevs(cursor, format);
    } catch (error) {
      if (length >= available) throw error;
    }
  }
}

function parseAbbrevs(cursor: DwarfCursor, format: UnitFormat): AbbrevTable {
  const abbrevs: Abbrev[] = [];
  const all = new AttributeBuilder();
  for (;;) {
    const code = cursor.uleb();
    if (code === 0) return new AbbrevTable(abbrevs, all.finish());
    if (abbrevs.length >= MAX_CODES) {
      throw corruptTable(cursor.what, cursor.offset, `up to ${MAX_CODES} codes`, 'more');
    }
    abbrevs.push(parseAbbrev(cursor, code, format, all));
  }
}

/** Units of Debian's 6.1 have 11 to 1,700 pairs, half of them up to 800. */
const FIRST_PAIRS = 2048;

class AttributeBuilder {
  count = 0;
  #attributes = new Uint16Array(FIRST_PAIRS);
  #forms = new Uint16Array(FIRST_PAIRS);
  #sizes = new Int8Array(FIRST_PAIRS);

  add(attribute: number, form: number, size: number): void {
    const at = this.count++;
    if (at === this.#sizes.length) this.#grow();
    this.#attributes[at] = attribute;
    this.#forms[at] = form;
    this.#sizes[at] = size;
  }

  finish(): AbbrevAttributes {
    return {
      attributes: this.#attributes.slice(0, this.count),
      forms: this.#forms.slice(0, this.count),
      sizes: this.#sizes.slice(0, this.count),
    };
  }

  #grow(): void {
    const length = this.#sizes.length * 2;
    this.#attributes = grown(new Uint16Array(length), this.#attributes);
    this.#forms = grown(new Uint16Array(length), this.#forms);
    this.#sizes = grown(new Int8Array(length), this.#sizes);
  }
}

function parseAbbrev(
  cursor: DwarfCursor,
  code: number,
  format: UnitFormat,
  all: AttributeBuilder,
): Abbrev {
  const tag = cursor.uleb();
  const hasChildren = cursor.u8() !== 0;
  const first = all.count;
  let size = 0;
  let sibling4 = -1;
  let hasCode = false;
  let constants: Map<number, bigint> | undefined;
  const { bytes } = cursor;
  for (let i = 0; ; i++) {
    // Nearly all take one byte each.
    let attribute = bytes[cursor.position]!;
    let form = bytes[cursor.position + 1]!;
    if (attribute < 0x80 && form < 0x80) cursor.position += 2;
    else {
      attribute = cursor.uleb();
      form = cursor.uleb();
    }
    if (form === DW_FORM.implicitConst) (constants ??= new Map()).set(i, cursor.slebBig());
    if (attribute === 0 && form === 0) break;
    if (i >= MAX_ATTRIBUTES) {
      throw cursor.corrupt(`up to ${MAX_ATTRIBUTES} attributes of a code`, 'more');
    }
    if (attribute > 0xffff || form > 0xffff) {
      throw cursor.corrupt('an attribute and a form', `${attribute}, ${form}`);
    }
    const length = sizeOfForm(form, format);
    all.add(attribute, form, length);
    if (attribute === DW_AT.sibling && form === DW_FORM.ref4) sibling4 = size;
    if (attribute === DW_AT.lowPc || attribute === DW_AT.ranges) hasCode = true;
    size = size < 0 || length < 0 ? -1 : size + length;
  }
  const count = all.count - first;
  const values = constants ?? NO_CONSTANTS;
  return { code, tag, hasChildren, first, count, size, hasCode, sibling4, constants: values };
}

const NO_CONSTANTS: ReadonlyMap<number, bigint> = new Map();

/** Bytes of a form, -1 where the data says it. */
export function sizeOfForm(form: number, format: UnitFormat): number {
  const size = SIZES[form] ?? VARIABLE;
  return size === BY_FORMAT ? sizeByFormat(form, format) : size;
}

function sizeByFormat(form: number, format: UnitFormat): number {
  if (form === DW_FORM.addr) return format.addressSize;
  if (form === DW_FORM.refAddr && format.version <= 2) return format.addressSize;
  return format.offsetSize;
}
const VARIABLE = -1;
const BY_FORMAT = -2;
/** By form: bytes, or one of the above. The codes of GNU's forms lie far above DWARF's. */
const SIZES: readonly number[] = sizesOfForms();

function sizesOfForms(): number[] {
  const groups: readonly (readonly [number, readonly number[]])[] = [
    [0, [DW_FORM.flagPresent, DW_FORM.implicitConst]],
    [1, [DW_FORM.data1, DW_FORM.ref1, DW_FORM.flag, DW_FORM.strx1, DW_FORM.addrx1]],
    [2, [DW_FORM.data2, DW_FORM.ref2, DW_FORM.strx2, DW_FORM.addrx2]],
    [3, [DW_FORM.strx3, DW_FORM.addrx3]],
    [4, [DW_FORM.data4, DW_FORM.ref4, DW_FORM.strx4, DW_FORM.addrx4, DW_FORM.refSup4]],
    [8, [DW_FORM.data8, DW_FORM.ref8, DW_FORM.refSig8, DW_FORM.refSup8]],
    [16, [DW_FORM.data16]],
    [BY_FORMAT, [DW_FORM.addr, DW_FORM.refAddr, DW_FORM.strp, DW_FORM.lineStrp]],
    [BY_FORMAT, [DW_FORM.strpSup, DW_FORM.secOffset, DW_FORM.gnuRefAlt, DW_FORM.gnuStrpAlt]],
  ];
  const highest = Math.max(...groups.flatMap(([, forms]) => forms));
  const sizes = Array.from({ length: highest + 1 }, () => VARIABLE);
  for (const [size, forms] of groups) for (const form of forms) sizes[form] = size;
  return sizes;
}

/** Moves over a value whose form has no fixed size. @throws FaultError `corrupt` */
export function skipVariableForm(cursor: DwarfCursor, form: number): void {
  switch (form) {
    case DW_FORM.udata:
    case DW_FORM.sdata:
    case DW_FORM.refUdata:
    case DW_FORM.strx:
    case DW_FORM.addrx:
    case DW_FORM.loclistx:
    case DW_FORM.rnglistx:
    case DW_FORM.gnuAddrIndex:
    case DW_FORM.gnuStrIndex:
      cursor.skipLeb();
      return;
    case DW_FORM.string:
      cursor.skipString();
      return;
    case DW_FORM.block1:
      cursor.skip(cursor.u8());
      return;
    case DW_FORM.block2:
      cursor.skip(cursor.u16());
      return;
    case DW_FORM.block4:
      cursor.skip(cursor.u32());
      return;
    case DW_FORM.block:
    case DW_FORM.exprloc:
      cursor.skip(cursor.uleb());
      return;
    default:
      throw cursor.corrupt('a form of DWARF 2 to 5', `0x${form.toString(16)}`);
  }
}

/** Moves over any value. */
export function skipForm(cursor: DwarfCursor, form: number, format: UnitFormat): void {
  const size = sizeOfForm(form, format);
  if (size >= 0) cursor.skip(size);
  else skipVariableForm(cursor, form);
}
