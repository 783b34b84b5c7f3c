import { pathOfFile, readLineHeader, type LineHeader } from './line-header.ts';
import { LINE_FLAG, runLineProgram, type LineRows } from './line-program.ts';
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

/** The line table of one unit. */
export class LineTable {
  readonly #header: LineHeader;
  readonly #rows: LineRows;
  readonly #compDir: string;
  /** Code of a sequence -> its first row; the row that ends it. */
  readonly #sequences: RangeMap;
  readonly #lastRows = new Map<number, number>();
  readonly #paths = new Map<number, string | undefined>();

  /** @throws FaultError `corrupt` */
  constructor(unit: DwarfUnit, offset: number) {
    const section = unit.file.require('line', '.debug_line');
    this.#header = readLineHeader(section, offset, unit);
    this.#rows = runLineProgram(this.#header);
    this.#compDir = unit.root.compDir;
    this.#sequences = sequencesOf(this.#rows, this.#lastRows);
  }

  get rowCount(): number {
    return this.#rows.count;
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
   */
  find(address: number): LineRange | undefined {
    const first = this.#sequences.find(address);
    if (first === undefined) return undefined;
    const { addresses } = this.#rows;
    let low = first;
    let high = this.#lastRows.get(first)!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return this.#rangeAt(low - 1);
  }

  /** Rows of the code in [start, end), ascending within each sequence, for showing with assembly. */
  *iterate(start: number, end: number): Generator<LineRange> {
    const { count, addresses, flags } = this.#rows;
    for (let i = 0; i + 1 < count; i++) {
      if ((flags[i]! & LINE_FLAG.endSequence) !== 0) continue;
      if (addresses[i + 1]! <= start || addresses[i]! >= end) continue;
      const range = addresses[i]! < addresses[i + 1]! ? this.#rangeAt(i) : undefined;
      if (range !== undefined) yield range;
    }
  }

  #rangeAt(row: number): LineRange | undefined {
    const { addresses, files, lines, columns, flags } = this.#rows;
    const file = this.fileName(files[row]!);
    if (file === undefined) return undefined;
    return {
      file,
      line: lines[row]!,
      column: columns[row]!,
      isStmt: (flags[row]! & LINE_FLAG.isStmt) !== 0,
      start: addresses[row]!,
      end: addresses[row + 1]!,
    };
  }
}

/** Sequences whose addresses descend are left out: a search in them would find wrong lines. */
function sequencesOf(rows: LineRows, lastRows: Map<number, number>): RangeMap {
  const map = new RangeMap();
  const { count, addresses, flags } = rows;
  let first = 0;
  let ascends = true;
  for (let i = 0; i < count; i++) {
    if (i > first && addresses[i]! < addresses[i - 1]!) ascends = false;
    if ((flags[i]! & LINE_FLAG.endSequence) === 0) continue;
    if (ascends) {
      map.add(addresses[first]!, addresses[i]!, first);
      lastRows.set(first, i);
    }
    first = i + 1;
    ascends = true;
  }
  return map;
}
