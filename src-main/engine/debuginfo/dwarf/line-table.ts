import { pathOfFile, readLineHeader, type LineHeader } from './line-header.ts';
import { collectRows, LINE_FLAG, searchRow, type LineRow } from './line-program.ts';
import type { LineRows } from './line-rows.ts';
import { RangeMap } from './range-map.ts';
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
   * @throws FaultError `corrupt` when the program is damaged before that row
   */
  find(address: number): LineRange | undefined {
    if (this.#collected === undefined && this.#searches++ < MAX_SEARCHES) {
      const found = searchRow(this.#header, address);
      return found && this.#rangeOf(found);
    }
    const { rows, sequences, lastRows } = this.#all();
    const first = sequences.find(address);
    if (first === undefined) return undefined;
    const { addresses } = rows;
    let low = first;
    let high = lastRows.get(first)!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return this.#rangeOf(rowAt(rows, low - 1));
  }

  #all(): CollectedRows {
    if (this.#collected === undefined) {
      const rows = collectRows(this.#header);
      this.#collected = { rows, ...sequencesOf(rows) };
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

interface CollectedRows extends Sequences {
  readonly rows: LineRows;
}

interface Sequences {
  /** Code of a sequence -> its first row. */
  readonly sequences: RangeMap;
  /** First row -> the row that ends its sequence. */
  readonly lastRows: ReadonlyMap<number, number>;
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

/** Sequences whose addresses descend are left out: a search in them would find wrong lines. */
function sequencesOf(rows: LineRows): Sequences {
  const sequences = new RangeMap();
  const lastRows = new Map<number, number>();
  const { count, addresses, flags } = rows;
  let first = 0;
  let ascends = true;
  for (let i = 0; i < count; i++) {
    if (i > first && addresses[i]! < addresses[i - 1]!) ascends = false;
    if ((flags[i]! & LINE_FLAG.endSequence) === 0) continue;
    if (ascends) {
      sequences.add(addresses[first]!, addresses[i]!, first);
      lastRows.set(first, i);
    }
    first = i + 1;
    ascends = true;
  }
  return { sequences, lastRows };
}
