import type { UnitFormat } from './abbrev.ts';
import { skipVariableForm, sizeOfForm } from './abbrev.ts';
import { DW_FORM } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { readInteger, readString } from './form.ts';
import type { DwarfUnit } from './unit.ts';

/**
 * Directories or files of a line program. Of hundreds few are asked for, so only where each entry
 * begins is kept, and it is decoded then.
 */
export interface LineEntries {
  readonly count: number;
  /** Undefined when there is no such entry. */
  nameOf(index: number): string | undefined;
  /** Number of its directory; 0 when it does not say. */
  directoryOf(index: number): number;
  /** DW_LNCT_MD5, lower-case hex; undefined where the compiler wrote none. */
  digestOf(index: number): string | undefined;
}

const DW_LNCT = { path: 1, directoryIndex: 2, md5: 5 } as const;
/** More files than any unit has; each takes at least a byte anyway. */
const MAX_ENTRIES = 1_000_000;

interface Column {
  readonly content: number;
  readonly form: number;
  /** Bytes, -1 where the data says it. */
  readonly size: number;
}

/** Reads the format and the entries of a table of version 5. @throws FaultError `corrupt` */
export function readEntries(cursor: DwarfCursor, format: UnitFormat, unit: DwarfUnit): LineEntries {
  const columns = Array.from({ length: cursor.u8() }, (): Column => {
    const content = cursor.uleb();
    const form = cursor.uleb();
    return { content, form, size: sizeOfForm(form, format) };
  });
  const count = cursor.uleb();
  if (count > MAX_ENTRIES || (columns.length === 0 && count > 0)) {
    throw cursor.corrupt('a table of files', `${count} entries of ${columns.length} columns`);
  }
  const starts: number[] = [];
  while (starts.length < count) {
    if (cursor.atEnd) throw cursor.corrupt(`${count} entries`, `${starts.length}`);
    starts.push(cursor.position);
    for (let i = 0; i < columns.length; i++) skipColumn(cursor, columns[i]!);
  }
  return new EntryTable(cursor, starts, columns, format, unit);
}

function skipColumn(cursor: DwarfCursor, { form, size }: Column): void {
  if (size >= 0) cursor.skip(size);
  else skipVariableForm(cursor, form);
}

class EntryTable implements LineEntries {
  readonly #data: DwarfCursor;
  readonly #starts: readonly number[];
  readonly #columns: readonly Column[];
  readonly #format: UnitFormat;
  readonly #unit: DwarfUnit;

  constructor(
    data: DwarfCursor,
    starts: readonly number[],
    columns: readonly Column[],
    format: UnitFormat,
    unit: DwarfUnit,
  ) {
    this.#data = data;
    this.#starts = starts;
    this.#columns = columns;
    this.#format = format;
    this.#unit = unit;
  }

  get count(): number {
    return this.#starts.length;
  }

  nameOf(index: number): string | undefined {
    if (!(index < this.count)) return undefined;
    const found = this.#columnOf(index, DW_LNCT.path);
    return (found && readString(found.at, found.form, this.#unit)) ?? '';
  }

  directoryOf(index: number): number {
    const found = this.#columnOf(index, DW_LNCT.directoryIndex);
    return Number((found && readInteger(found.at, found.form, this.#format)) ?? 0n);
  }

  digestOf(index: number): string | undefined {
    const found = this.#columnOf(index, DW_LNCT.md5);
    if (found?.form !== DW_FORM.data16) return undefined;
    const digest = found.at.take(16);
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** Before the value of a column; undefined when the table has no such column, or no such entry. */
  #columnOf(index: number, content: number): { at: DwarfCursor; form: number } | undefined {
    const start = this.#starts[index];
    if (start === undefined) return undefined;
    const { bytes, what, origin } = this.#data;
    const at = new DwarfCursor(bytes, what, origin, start);
    for (const column of this.#columns) {
      if (column.content === content) return { at, form: column.form };
      skipColumn(at, column);
    }
    return undefined;
  }
}

/** The directories of versions 2 to 4; 0 is the compilation's. @throws FaultError `corrupt` */
export function readOldDirectories(cursor: DwarfCursor): LineEntries {
  const names = [''];
  for (let name = cursor.cstring(); name !== ''; name = cursor.cstring()) names.push(name);
  return plainEntries(names, []);
}

/** The files of versions 2 to 4, whose numbers begin at 1. @throws FaultError `corrupt` */
export function readOldFiles(cursor: DwarfCursor): LineEntries {
  const names = [''];
  const directories = [0];
  for (let name = cursor.cstring(); name !== ''; name = cursor.cstring()) {
    names.push(name);
    directories.push(cursor.uleb());
    cursor.skipLeb(); // modification time
    cursor.skipLeb(); // size
  }
  return plainEntries(names, directories);
}

function plainEntries(names: readonly string[], directories: readonly number[]): LineEntries {
  return {
    count: names.length,
    nameOf: (index) => names[index],
    directoryOf: (index) => directories[index] ?? 0,
    digestOf: () => undefined,
  };
}
