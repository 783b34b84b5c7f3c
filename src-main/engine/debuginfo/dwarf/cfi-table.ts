import { FaultError } from '../../base/fault.ts';
import { signedOf } from '../symbol-table.ts';
import { FrameEntries } from './cfi-entries.ts';
import { rowAt } from './cfi-program.ts';
import type { CfiRow } from './cfi-row.ts';
import { RangeMap } from './range-map.ts';
import type { FrameSection } from './sections.ts';

/**
 * Call frame information of one file. The sections are read, and their entries indexed, at the first
 * look-up (a kernel's .debug_frame has some MiB).
 */
export class CfiTable {
  /** What could not be read, full sentences. */
  readonly warnings: string[] = [];
  readonly #sections: readonly FrameSection[];
  #indexes: FrameIndex[] | undefined;
  readonly #rows = new Map<bigint, CfiRow | undefined>();

  constructor(sections: readonly FrameSection[]) {
    this.#sections = sections;
  }

  /**
   * How to find the caller of the frame at an address; undefined where no entry covers it.
   * @param address link-time; of a return address the caller asks for the address minus one
   * @throws FaultError `corrupt`
   */
  find(address: bigint): CfiRow | undefined {
    if (this.#rows.has(address)) return this.#rows.get(address);
    this.#indexes ??= this.#sections.map((section) => this.#index(section));
    let row: CfiRow | undefined;
    for (const { section, entries, map } of this.#indexes) {
      const offset = map.find(signedOf(address));
      if (entries === undefined || offset === undefined) continue;
      const { name } = section.reader;
      row = rowAt(entries.readFde(offset), signedOf(address), section.kind, name);
      break;
    }
    if (this.#rows.size >= 10_000) this.#rows.clear();
    this.#rows.set(address, row);
    return row;
  }

  #index(section: FrameSection): FrameIndex {
    const map = new RangeMap();
    try {
      const entries = new FrameEntries(section);
      try {
        entries.visit((offset, start, end) => map.add(start, end, offset));
      } catch (error) {
        // What was read before is still good.
        if (!(error instanceof FaultError)) throw error;
        this.warnings.push(`${error.message}.`);
      }
      return { section, entries, map };
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.warnings.push(`${error.message}.`);
      return { section, entries: undefined, map };
    }
  }
}

interface FrameIndex {
  readonly section: FrameSection;
  readonly entries: FrameEntries | undefined;
  readonly map: RangeMap;
}
