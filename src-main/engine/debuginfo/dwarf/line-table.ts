import type { FaultError } from '../../base/fault.ts';
import { pathOfFile, readLineHeader, type LineHeader } from './line-header.ts';
import { collectRows, LINE_FLAG, searchRow, type LineRow, type LineState } from './line-program.ts';
import type { LineRows } from './line-rows.ts';
import { LineSequences } from './line-sequences.ts';
import type { DwarfUnit } from './unit.ts';

/** A place in the source. */
export interface SourceLocation {
  /** As the compiler wrote it: absolute, or relative to a directory it did not tell. */
  readonly file: string;
  /** 0: code that belongs to no line. */
  readonly line: number;
  /** 0: not told. */
  readonly column: number;
}

/** A row of the line table with the code it covers. */
export interface LineRange extends SourceLocation {
  readonly isStmt: boolean;
  /** Signed doubles, half-open. */
  readonly start: number;
  readonly end: number;
}

/** Addresses looked up one by one, before all rows are worth collecting. */
const MAX_SEARCHES = 8;

/** The line table of one unit. */
export class LineTable {
  readonly #header: LineHeader;
  readonly #compDir: string;
  readonly #paths = new Map<number, string | undefined>();
  #searches = 0;
  readonly #stops: LineState[] = [];
  #collected: CollectedRows | undefined;

  /** @throws FaultError `corrupt` */
  constructor(unit: DwarfUnit, offset: number) {
    const section = unit.file.require('line', '.debug_line');
    this.#header = readLineHeader(section, offset, unit);
    this.#compDir = unit.root.compDir;
  }

  /** Name of a file by its number (DW_AT_call_file, DW_AT_decl_file). */
  fileName(file: number): string | undefined {
    if (!this.#paths.has(file)) {
      this.#paths.set(file, pathOfFile(this.#header, file, this.#compDir));
    }
    return this.#paths.get(file);
  }

  /** MD5 of a file, by its name; undefined where the compiler wrote none. */
  digestOf(path: string): string | undefined {
    const { files } = this.#header;
    for (let i = 0; i < files.count; i++) {
      const digest = files.digestOf(i);
      if (digest === undefined) return undefined;
      if (this.fileName(i) === path) return digest;
    }
    return undefined;
  }

  /**
   * The row that covers an address: the last one at or below it, whether it begins a statement or
   * not. Undefined outside the unit's code, and where the row names no file.
   * @throws FaultError `corrupt` when the program is damaged and what is in front of that has none
   */
  find(address: number): LineRange | undefined {
    if (this.#collected === undefined && this.#searches++ < MAX_SEARCHES) {
      const found = searchRow(this.#header, address, this.#stops);
      return found && this.#rangeOf(found);
    }
    const { rows, sequences, fault } = this.#all();
    const row = sequences.find(address);
    if (row !== undefined) return this.#rangeOf(rowAt(rows, row));
    if (fault !== undefined) throw fault;
    return undefined;
  }

  #all(): CollectedRows {
    if (this.#collected === undefined) {
      const { rows, fault } = collectRows(this.#header);
      this.#collected = { rows, fault, sequences: new LineSequences(rows) };
    }
    return this.#collected;
  }

  #rangeOf(row: LineRow): LineRange | undefined {
    const file = this.fileName(row.file);
    if (file === undefined) return undefined;
    const { line, column, flags, address: start, end } = row;
    return { file, line, column, isStmt: (flags & LINE_FLAG.isStmt) !== 0, start, end };
  }
}

interface CollectedRows {
  readonly rows: LineRows;
  readonly sequences: LineSequences;
  /** What ends the program before its end. */
  readonly fault: FaultError | undefined;
}

function rowAt({ addresses, files, lines, columns, flags }: LineRows, row: number): LineRow {
  return {
    address: addresses[row]!,
    end: addresses[row + 1]!,
    file: files[row]!,
    line: lines[row]!,
    column: columns[row]!,
    flags: flags[row]!,
  };
}
