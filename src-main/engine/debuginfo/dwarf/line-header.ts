import type { UnitFormat } from './abbrev.ts';
import { skipForm } from './abbrev.ts';
import { DW_FORM } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { readInteger, readString } from './form.ts';
import type { SectionReader } from './sections.ts';
import type { DwarfUnit } from './unit.ts';

/** A line program's header. */
export interface LineHeader extends UnitFormat {
  readonly minInstructionLength: number;
  readonly maxOperations: number;
  readonly defaultIsStmt: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Operands of standard opcodes, by opcode; 0 unused. */
  readonly opcodeLengths: Uint8Array;
  readonly directories: readonly string[];
  readonly files: readonly LineFile[];
  /** The instructions. */
  readonly program: DwarfCursor;
}

/** Of hundreds of files few are asked for, so the name is decoded then. */
interface LineFile {
  readonly name: () => string;
  readonly directory: number;
  /** DW_LNCT_MD5, lower-case hex; undefined where the compiler wrote none. */
  readonly md5: () => string | undefined;
}

const DW_LNCT = { path: 1, directoryIndex: 2, md5: 5 } as const;
/** More files than any unit has; each takes at least a byte anyway. */
const MAX_ENTRIES = 1_000_000;

/**
 * @param unit the unit whose program it is: for the forms of its strings
 * @throws FaultError `corrupt`
 * @source DWARF 5, 6.2.4 "The Line Number Program Header"
 */
export function readLineHeader(
  section: SectionReader,
  offset: number,
  unit: DwarfUnit,
): LineHeader {
  const window = Math.max(0, Math.min(12, section.size - offset));
  const start = new DwarfCursor(section.bytes(offset, window), section.name, offset);
  const { length, offsetSize } = start.initialLength();
  const cursor = new DwarfCursor(section.bytes(start.offset, length), section.name, start.offset);
  const version = cursor.u16();
  if (version < 2 || version > 5) {
    throw cursor.corrupt('a line program of version 2 to 5', String(version));
  }
  let { addressSize } = unit.header;
  if (version >= 5) {
    addressSize = cursor.u8();
    cursor.skip(1);
  }
  const headerLength = cursor.sectionOffset(offsetSize);
  const programStart = cursor.position + headerLength;
  const minInstructionLength = cursor.u8();
  const maxOperations = version >= 4 ? Math.max(1, cursor.u8()) : 1;
  const defaultIsStmt = cursor.u8() !== 0;
  const lineBase = cursor.i8();
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  if (lineRange === 0 || opcodeBase === 0) {
    throw cursor.corrupt('a line range and an opcode base', `${lineRange}, ${opcodeBase}`);
  }
  const opcodeLengths = new Uint8Array(opcodeBase);
  opcodeLengths.set(cursor.take(opcodeBase - 1), 1);
  const format = { version, addressSize, offsetSize };
  const names = version >= 5 ? readTables(cursor, format, unit) : readOldTables(cursor);
  cursor.position = programStart;
  if (programStart > cursor.bytes.length) throw cursor.corrupt('the program', 'the end');
  return {
    ...format,
    minInstructionLength,
    maxOperations,
    defaultIsStmt,
    lineBase,
    lineRange,
    opcodeBase,
    opcodeLengths,
    ...names,
    program: cursor,
  };
}

type Names = Pick<LineHeader, 'directories' | 'files'>;

/** Versions 2 to 4: directory 0 is the compilation's, file numbers begin at 1. */
function readOldTables(cursor: DwarfCursor): Names {
  const directories = [''];
  for (let name = cursor.cstring(); name !== ''; name = cursor.cstring()) directories.push(name);
  const none = (): undefined => undefined;
  const files: LineFile[] = [{ name: () => '', directory: 0, md5: none }];
  for (let name = cursor.cstring(); name !== ''; name = cursor.cstring()) {
    const directory = cursor.uleb();
    cursor.skipLeb(); // modification time
    cursor.skipLeb(); // size
    files.push({ name: () => name, directory, md5: none });
  }
  return { directories, files };
}

function readTables(cursor: DwarfCursor, format: UnitFormat, unit: DwarfUnit): Names {
  // Offsets in the tables are the program's own size, which is the unit's in practice.
  if (format.offsetSize !== unit.header.offsetSize) {
    throw cursor.corrupt('the same DWARF format as its unit', `${format.offsetSize}-byte offsets`);
  }
  const directories = readEntries(cursor, format, unit).map(({ name }) => name());
  return { directories, files: readEntries(cursor, format, unit) };
}

function readEntries(cursor: DwarfCursor, format: UnitFormat, unit: DwarfUnit): LineFile[] {
  const columns = Array.from({ length: cursor.u8() }, () => ({
    content: cursor.uleb(),
    form: cursor.uleb(),
  }));
  const count = cursor.uleb();
  if (count > MAX_ENTRIES || (columns.length === 0 && count > 0)) {
    throw cursor.corrupt('a table of files', `${count} entries of ${columns.length} columns`);
  }
  const entries: LineFile[] = [];
  for (let i = 0; i < count; i++) {
    let path: { position: number; form: number } | undefined;
    let directory = 0;
    let digest: number | undefined;
    for (const { content, form } of columns) {
      const at = cursor.position;
      if (content === DW_LNCT.path) path = { position: at, form };
      else if (content === DW_LNCT.directoryIndex) {
        directory = Number(readInteger(cursor, form, format) ?? 0n);
      } else if (content === DW_LNCT.md5 && form === DW_FORM.data16) digest = at;
      cursor.position = at;
      skipForm(cursor, form, format);
    }
    entries.push({
      name: () => nameAt(cursor, path, unit),
      directory,
      md5: () => (digest === undefined ? undefined : hexAt(cursor, digest)),
    });
    if (cursor.atEnd && i + 1 < count) throw cursor.corrupt(`${count} entries`, `${i + 1}`);
  }
  return entries;
}

/** Its 16 bytes, which skipping them showed to be there. */
function hexAt({ bytes }: DwarfCursor, position: number): string {
  const digest = bytes.subarray(position, position + 16);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function nameAt(
  cursor: DwarfCursor,
  path: { position: number; form: number } | undefined,
  unit: DwarfUnit,
): string {
  if (path === undefined) return '';
  const at = new DwarfCursor(cursor.bytes, cursor.what, cursor.origin, path.position);
  return readString(at, path.form, unit) ?? '';
}

/**
 * Path of a file number, joined as the header says; undefined where there is no such file. A
 * compilation directory that is relative was rewritten by -ffile-prefix-map, as were the names
 * (Debian's kernels): it is no part of their paths.
 */
export function pathOfFile(header: LineHeader, file: number, compDir: string): string | undefined {
  const entry = header.files[file];
  const name = entry?.name();
  if (entry === undefined || name === undefined || name === '') return undefined;
  const told = header.version < 5 ? compDir : (header.directories[0] ?? compDir);
  const root = told.startsWith('/') ? told : '';
  const directory = entry.directory === 0 ? '' : header.directories[entry.directory];
  if (directory === undefined) return name;
  return join(join(root, directory), name);
}

function join(directory: string, name: string): string {
  if (name.startsWith('/') || directory === '') return name;
  if (name === '') return directory;
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}
