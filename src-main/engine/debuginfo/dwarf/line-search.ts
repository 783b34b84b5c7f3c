import { LINE_FLAG, runLineProgram, type RowSink } from './line-program.ts';
import type { LineHeader } from './line-header.ts';

/** A row and the end of the code it covers. */
export interface FoundRow {
  readonly address: number;
  readonly end: number;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly flags: number;
}

/**
 * The row that covers an address, by running the program up to it: costs a fraction of collecting
 * all rows, where only a few are asked for. A sequence whose addresses descend before it answers
 * nothing.
 * @throws FaultError `corrupt`
 */
export function searchRow(header: LineHeader, address: number): FoundRow | undefined {
  const search = new RowSearch(address);
  runLineProgram(header, search);
  return search.found;
}

class RowSearch implements RowSink {
  found: FoundRow | undefined;
  readonly #wanted: number;
  /** The row before, unless it ended its sequence. */
  #open = false;
  #ascends = true;
  #address = 0;
  #file = 0;
  #line = 0;
  #column = 0;
  #flags = 0;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  add(address: number, file: number, line: number, column: number, flags: number): boolean {
    const before = this.#address;
    if (this.#open) {
      if (address < before) this.#ascends = false;
      else if (this.#ascends && before <= this.#wanted && this.#wanted < address) {
        this.found = {
          address: before,
          end: address,
          file: this.#file,
          line: Math.max(0, this.#line),
          column: Math.min(this.#column, 0xffff),
          flags: this.#flags,
        };
        return true;
      }
    } else this.#ascends = true;
    this.#open = (flags & LINE_FLAG.endSequence) === 0;
    this.#address = address;
    this.#file = file;
    this.#line = line;
    this.#column = column;
    this.#flags = flags;
    return false;
  }
}
