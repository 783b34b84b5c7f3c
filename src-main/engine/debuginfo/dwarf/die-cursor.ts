import { skipForm, skipVariableForm, type Abbrev, type AbbrevTable } from './abbrev.ts';
import { DW_AT, DW_FORM } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import {
  readAddress,
  readInteger,
  readReference,
  readString,
  readUnitOffset,
  readUnsigned,
} from './form.ts';
import type { DieRef, DwarfUnit } from './unit.ts';

/** Where a variable's location is written. */
export type LocationAttribute =
  | { readonly kind: 'expression'; readonly bytes: Uint8Array }
  /** Offset in .debug_loc or .debug_loclists. */
  | { readonly kind: 'list'; readonly offset: number };

/** Forms that hold bytes. */
const BLOCK_FORMS = new Set<number>([
  DW_FORM.block1,
  DW_FORM.block2,
  DW_FORM.block4,
  DW_FORM.block,
  DW_FORM.exprloc,
  DW_FORM.data16,
]);
const NO_ABBREV: Abbrev = {
  code: 0,
  tag: 0,
  hasChildren: false,
  first: 0,
  count: 0,
  size: 0,
  hasCode: false,
  sibling4: -1,
  constants: new Map(),
};

/**
 * Stands on one DIE of a unit and moves over them in the order they are written. Values are decoded
 * when asked for. A step always moves forward, so that no walk is endless.
 */
export class DieCursor {
  readonly unit: DwarfUnit;
  /** Section offset of the current DIE. */
  offset = 0;
  readonly #data: DwarfCursor;
  readonly #abbrevs: AbbrevTable;
  #abbrev: Abbrev = NO_ABBREV;
  /** Where each attribute's value begins. */
  readonly #starts: number[] = [];
  /** Forms that stand in the data (DW_FORM_indirect), by the attribute's position. */
  #indirect: Map<number, number> | undefined;

  /** Before the DIE at a section offset within the unit; call {@link next}. */
  constructor(unit: DwarfUnit, offset: number) {
    const { header, section } = unit;
    this.unit = unit;
    this.#data = new DwarfCursor(unit.bytes(), section.name, header.offset, offset - header.offset);
    this.#abbrevs = unit.abbrevs;
  }

  get tag(): number {
    return this.#abbrev.tag;
  }

  get hasChildren(): boolean {
    return this.#abbrev.hasChildren;
  }

  get ref(): DieRef {
    return { unit: this.unit, offset: this.offset };
  }

  get atEnd(): boolean {
    return this.#data.atEnd;
  }

  /**
   * Reads the next DIE; false at the end of a list of siblings and of the unit.
   * @throws FaultError `corrupt`
   */
  next(): boolean {
    const data = this.#data;
    this.offset = data.offset;
    const code = data.atEnd ? 0 : data.uleb();
    if (code === 0) {
      this.#abbrev = NO_ABBREV;
      return false;
    }
    const abbrev = this.#abbrevs.find(code);
    if (abbrev === undefined) {
      throw data.corrupt(`one of ${this.#abbrevs.count} abbreviation codes`, String(code));
    }
    this.#abbrev = abbrev;
    this.#indirect = undefined;
    const { first, count } = abbrev;
    const { forms, sizes } = this.#abbrevs;
    const starts = this.#starts;
    for (let i = 0; i < count; i++) {
      starts[i] = data.position;
      const size = sizes[first + i]!;
      if (size >= 0) data.position += size;
      else if (forms[first + i] === DW_FORM.indirect) this.#readIndirect(i);
      else skipVariableForm(data, forms[first + i]!);
    }
    if (data.position > data.bytes.length) {
      throw data.corrupt(`a DIE within the unit at ${this.unit.header.offset}`, 'its end');
    }
    return true;
  }

  /**
   * Visits the children of the current DIE; the visitor may move the cursor, and `false` stops.
   * Afterwards the cursor stands behind the children (or anywhere, when stopped).
   */
  forEachChild(visit: (die: this) => unknown): void {
    if (!this.hasChildren) return;
    while (this.next()) if (!this.#visit(visit)) return;
  }

  /**
   * As {@link forEachChild}, only the children of one tag that have code. Most others are stepped over
   * undecoded: of thousands of types and declarations between functions nothing but the length is
   * needed.
   */
  forEachChildWithCode(tag: number, visit: (die: this) => unknown): void {
    if (!this.hasChildren) return;
    const visitIfMeant = (die: this): unknown =>
      die.tag === tag && die.#abbrev.hasCode ? visit(die) : true;
    for (;;) {
      this.#stepOverOthers(tag);
      if (!this.next() || !this.#visit(visitIfMeant)) return;
    }
  }

  has(attribute: number): boolean {
    return this.#indexOf(attribute) >= 0;
  }

  /** Form of an attribute, 0 when the DIE has none. */
  formOf(attribute: number): number {
    const index = this.#indexOf(attribute);
    return index < 0 ? 0 : this.#formAt(index);
  }

  flag(attribute: number): boolean {
    const index = this.#indexOf(attribute);
    if (index < 0) return false;
    return this.#formAt(index) === DW_FORM.flagPresent || this.unsigned(attribute) !== 0;
  }

  /** A constant or section offset as a double; undefined where there is none. */
  unsigned(attribute: number): number | undefined {
    const index = this.#indexOf(attribute);
    if (index < 0) return undefined;
    const form = this.#formAt(index);
    if (form === DW_FORM.implicitConst) return Number(this.#abbrev.constants.get(index));
    const { position } = this.#data;
    const value = readUnsigned(this.#goTo(index), form, this.unit.header);
    this.#data.position = position;
    return value;
  }

  /** A constant; only sdata and implicit_const can be negative. */
  integer(attribute: number): bigint | undefined {
    const index = this.#indexOf(attribute);
    if (index < 0) return undefined;
    const form = this.#formAt(index);
    if (form === DW_FORM.implicitConst) return this.#abbrev.constants.get(index);
    const { position } = this.#data;
    const value = readInteger(this.#goTo(index), form, this.unit.header);
    this.#data.position = position;
    return value;
  }

  string(attribute: number): string | undefined {
    const index = this.#indexOf(attribute);
    if (index < 0) return undefined;
    const { position } = this.#data;
    const value = readString(this.#goTo(index), this.#formAt(index), this.unit);
    this.#data.position = position;
    return value;
  }

  /** Offset in .debug_str of a DW_FORM_strp; -1 for every other form and when there is none. */
  stringOffset(attribute: number): number {
    const index = this.#indexOf(attribute);
    if (index < 0 || this.#formAt(index) !== DW_FORM.strp) return -1;
    const { position } = this.#data;
    const value = this.#goTo(index).sectionOffset(this.unit.header.offsetSize);
    this.#data.position = position;
    return value;
  }

  /** An address; undefined where the attribute is something else. */
  address(attribute: number): number | undefined {
    const index = this.#indexOf(attribute);
    if (index < 0) return undefined;
    const { position } = this.#data;
    const value = readAddress(this.#goTo(index), this.#formAt(index), this.unit);
    this.#data.position = position;
    return value;
  }

  reference(attribute: number): DieRef | undefined {
    const index = this.#indexOf(attribute);
    if (index < 0) return undefined;
    const { position } = this.#data;
    const value = readReference(this.#goTo(index), this.#formAt(index), this.unit);
    this.#data.position = position;
    return value;
  }

  /** Bytes of an expression or block. */
  block(attribute: number): Uint8Array | undefined {
    const index = this.#indexOf(attribute);
    const form = index < 0 ? 0 : this.#formAt(index);
    if (!BLOCK_FORMS.has(form)) return undefined;
    const { position } = this.#data;
    const data = this.#goTo(index);
    const value = data.take(form === DW_FORM.data16 ? 16 : lengthOfBlock(data, form));
    data.position = position;
    return value;
  }

  /** Of DW_AT_location, DW_AT_frame_base and such. */
  location(attribute: number): LocationAttribute | undefined {
    const bytes = this.block(attribute);
    if (bytes !== undefined) return { kind: 'expression', bytes };
    const value = this.unsigned(attribute);
    if (value === undefined) return undefined;
    const { unit } = this;
    const offset =
      this.formOf(attribute) === DW_FORM.loclistx ? unit.file.loclistAt(unit, value) : value;
    return { kind: 'list', offset };
  }

  #goTo(index: number): DwarfCursor {
    this.#data.position = this.#starts[index]!;
    return this.#data;
  }

  /** A DIE has few attributes: a loop is faster than the array's own search. */
  #indexOf(attribute: number): number {
    const { first, count } = this.#abbrev;
    const { attributes } = this.#abbrevs;
    for (let i = 0; i < count; i++) if (attributes[first + i] === attribute) return i;
    return -1;
  }

  #formAt(index: number): number {
    return this.#indirect?.get(index) ?? this.#abbrevs.forms[this.#abbrev.first + index]!;
  }

  #readIndirect(index: number): void {
    const data = this.#data;
    const form = data.uleb();
    this.#starts[index] = data.position;
    (this.#indirect ??= new Map()).set(index, form);
    skipForm(data, form, this.unit.header);
  }

  /** Shows the DIE just read and moves behind its children. @returns false: the visitor stops */
  #visit(visit: (die: this) => unknown): boolean {
    const { hasChildren } = this;
    const after = this.#data.position;
    const sibling = hasChildren ? this.#siblingAfter(after) : -1;
    if (visit(this) === false) return false;
    this.#data.position = sibling >= 0 ? sibling : after;
    if (sibling < 0 && hasChildren) this.#skipTree();
    return true;
  }

  /** Moves over siblings that are not meant while their abbreviation tells where the next one is. */
  #stepOverOthers(tag: number): void {
    const { bytes } = this.#data;
    const abbrevs = this.#abbrevs;
    let at = this.#data.position;
    while (at < bytes.length) {
      let code = bytes[at]!;
      let next = at + 1;
      if (code >= 0x80) {
        // No more than 14 bits are tried here.
        const second = bytes[next++]!;
        if (!(second < 0x80)) break;
        code = (code & 0x7f) | (second << 7);
      }
      const abbrev = code === 0 ? undefined : abbrevs.find(code);
      if (abbrev === undefined || (abbrev.tag === tag && abbrev.hasCode)) break;
      next = this.#siblingOf(abbrev, next);
      if (next < 0 || next > bytes.length) break;
      at = next;
    }
    this.#data.position = at;
  }

  /** Position behind a DIE with its children; -1 where only decoding it tells. */
  #siblingOf({ hasChildren, size, sibling4 }: Abbrev, position: number): number {
    if (!hasChildren) return size < 0 ? -1 : position + size;
    const { bytes } = this.#data;
    const at = position + sibling4;
    if (sibling4 < 0 || at + 4 > bytes.length) return -1;
    const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    const found = low + bytes[at + 3]! * 0x100_0000;
    return found > position ? found : -1;
  }

  /** Position of the next sibling, -1 where the DIE does not say it or says nonsense. */
  #siblingAfter(position: number): number {
    const index = this.#indexOf(DW_AT.sibling);
    if (index < 0) return -1;
    const data = this.#data;
    const back = data.position;
    // Within the unit, and nothing else makes sense.
    const found = readUnitOffset(this.#goTo(index), this.#formAt(index));
    data.position = back;
    return found > position && found <= this.#data.bytes.length ? found : -1;
  }

  #skipTree(): void {
    for (let depth = 1; depth > 0 && !this.#data.atEnd;) {
      if (!this.next()) depth--;
      else if (this.hasChildren) {
        const sibling = this.#siblingAfter(this.#data.position);
        if (sibling >= 0) this.#data.position = sibling;
        else depth++;
      }
    }
  }
}

function lengthOfBlock(data: DwarfCursor, form: number): number {
  switch (form) {
    case DW_FORM.block1:
      return data.u8();
    case DW_FORM.block2:
      return data.u16();
    case DW_FORM.block4:
      return data.u32();
    default:
      return data.uleb();
  }
}
