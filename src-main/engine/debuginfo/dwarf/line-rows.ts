import { grown } from './grown.ts';

/** Rows of one line program, struct of arrays in the order of the program. */
export interface LineRows {
  readonly count: number;
  /** Signed doubles. */
  readonly addresses: Float64Array;
  readonly files: Uint32Array;
  readonly lines: Uint32Array;
  readonly columns: Uint16Array;
  /** `LINE_FLAG` */
  readonly flags: Uint8Array;
}

/** Lines and columns beyond are kept as these. */
export const MAX_LINE = 0xffffffff;
export const MAX_COLUMN = 0xffff;

const FIRST_ROWS = 16_384;

/** Collects all rows. */
export class RowBuilder {
  #count = 0;
  #addresses = new Float64Array(FIRST_ROWS);
  #files = new Uint32Array(FIRST_ROWS);
  #lines = new Uint32Array(FIRST_ROWS);
  #columns = new Uint16Array(FIRST_ROWS);
  #flags = new Uint8Array(FIRST_ROWS);

  add(address: number, file: number, line: number, column: number, flags: number): void {
    const at = this.#count++;
    if (at === this.#flags.length) this.#grow();
    this.#addresses[at] = address;
    this.#files[at] = Math.min(file, 0xffffffff);
    this.#lines[at] = line < 0 ? 0 : Math.min(line, MAX_LINE);
    this.#columns[at] = Math.min(column, MAX_COLUMN);
    this.#flags[at] = flags;
  }

  finish(): LineRows {
    const count = this.#count;
    return {
      count,
      addresses: this.#addresses.slice(0, count),
      files: this.#files.slice(0, count),
      lines: this.#lines.slice(0, count),
      columns: this.#columns.slice(0, count),
      flags: this.#flags.slice(0, count),
    };
  }

  #grow(): void {
    const length = this.#flags.length * 2;
    this.#addresses = grown(new Float64Array(length), this.#addresses);
    this.#files = grown(new Uint32Array(length), this.#files);
    this.#lines = grown(new Uint32Array(length), this.#lines);
    this.#columns = grown(new Uint16Array(length), this.#columns);
    this.#flags = grown(new Uint8Array(length), this.#flags);
  }
}
