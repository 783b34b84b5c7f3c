import type { UnitFormat } from './abbrev.ts';
import { DwarfCursor } from './cursor.ts';
import { readEntries, readOldDirectories, readOldFiles, type LineEntries } from './line-files.ts';
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
  readonly directories: LineEntries;
  readonly files: LineEntries;
  /** The instructions: from `programStart` to its end. */
  readonly program: DwarfCursor;
  readonly programStart: number;
}

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
  const names: Names =
    version >= 5
      ? readTables(cursor, format, unit)
      : { directories: readOldDirectories(cursor), files: readOldFiles(cursor) };
  if (programStart > cursor.bytes.length) {
    cursor.position = programStart;
    throw cursor.corrupt('the program', 'the end');
  }
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
    programStart,
  };
}

type Names = Pick<LineHeader, 'directories' | 'files'>;

function readTables(cursor: DwarfCursor, format: UnitFormat, unit: DwarfUnit): Names {
  // Offsets in the tables are the program's own size, which is the unit's in practice.
  if (format.offsetSize !== unit.header.offsetSize) {
    throw cursor.corrupt('the same DWARF format as its unit', `${format.offsetSize}-byte offsets`);
  }
  const directories = readEntries(cursor, format, unit);
  return { directories, files: readEntries(cursor, format, unit) };
}

/**
 * Path of a file number, joined as the header says; undefined where there is no such file. A
 * compilation directory that is relative was rewritten by -ffile-prefix-map, as were the names
 * (Debian's kernels): it is no part of their paths.
 */
export function pathOfFile(header: LineHeader, file: number, compDir: string): string | undefined {
  const { version, files, directories } = header;
  const name = files.nameOf(file);
  if (name === undefined || name === '') return undefined;
  const told = version < 5 ? compDir : (directories.nameOf(0) ?? compDir);
  const root = told.startsWith('/') ? told : '';
  const number = files.directoryOf(file);
  const directory = number === 0 ? '' : directories.nameOf(number);
  if (directory === undefined) return name;
  return join(join(root, directory), name);
}

function join(directory: string, name: string): string {
  if (name.startsWith('/') || directory === '') return name;
  if (name === '') return directory;
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}
