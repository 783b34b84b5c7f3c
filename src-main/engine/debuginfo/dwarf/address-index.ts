import { FaultError } from '../../base/fault.ts';
import { DwarfCursor } from './cursor.ts';
import type { DwarfFile } from './dwarf-file.ts';
import { ListBudget } from './list-window.ts';
import { RangeMap } from './range-map.ts';
import { rangesOf } from './ranges.ts';
import type { SectionReader } from './sections.ts';
import type { DwarfUnit } from './unit.ts';

/**
 * Address -> unit. `.debug_aranges` first, which is small; only for addresses it does not cover
 * (clang writes none) the first DIE of every unit that it does not list is read.
 */
export class AddressIndex {
  /** What could not be read, full sentences. */
  readonly warnings: string[] = [];
  readonly #file: DwarfFile;
  #aranges: { readonly map: RangeMap; readonly units: ReadonlySet<number> } | undefined;
  #others: RangeMap | undefined;

  constructor(file: DwarfFile) {
    this.#file = file;
  }

  findUnit(address: number): DwarfUnit | undefined {
    this.#aranges ??= this.#readAranges();
    let offset = this.#aranges.map.find(address);
    if (offset === undefined) {
      this.#others ??= this.#readOthers(this.#aranges.units);
      offset = this.#others.find(address);
    }
    return offset === undefined ? undefined : this.#file.unitAt(offset);
  }

  #readAranges(): { map: RangeMap; units: Set<number> } {
    const map = new RangeMap();
    const units = new Set<number>();
    const section = this.#file.sections.aranges;
    if (section !== undefined) {
      this.#guard('.debug_aranges', () => parseAranges(section, map, units));
    }
    return { map, units };
  }

  #readOthers(listed: ReadonlySet<number>): RangeMap {
    const map = new RangeMap();
    const budget = new ListBudget();
    for (const offset of this.#file.unitOffsets()) {
      if (listed.has(offset)) continue;
      this.#guard(`unit at ${offset}`, () => {
        const die = this.#file.unitAt(offset).cursor();
        if (!die.next()) return;
        const ranges = rangesOf(die, budget);
        for (let i = 0; i < ranges.length; i += 2) map.add(ranges[i]!, ranges[i + 1]!, offset);
      });
    }
    return map;
  }

  #guard(what: string, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      // The first few say what is wrong with all of them.
      if (this.warnings.length < 10) this.warnings.push(`${what}: ${error.message}.`);
    }
  }
}

/** @source DWARF 5, 6.1.2 "Lookup by Address" */
function parseAranges(section: SectionReader, map: RangeMap, units: Set<number>): void {
  const cursor = new DwarfCursor(section.bytes(0, section.size), section.name);
  while (!cursor.atEnd) {
    const start = cursor.position;
    const { length, offsetSize } = cursor.initialLength();
    const end = cursor.position + length;
    const version = cursor.u16();
    const unit = cursor.sectionOffset(offsetSize);
    const addressSize = cursor.u8();
    const segmentSize = cursor.u8();
    if (version !== 2 || segmentSize !== 0 || (addressSize !== 8 && addressSize !== 4)) {
      const found = `version ${version}, addresses of ${addressSize}, segments of ${segmentSize}`;
      throw cursor.corrupt('version 2 without segments', found);
    }
    // Tuples are aligned to their size, counted from the start of the set.
    const tuple = addressSize * 2;
    cursor.position = start + Math.ceil((cursor.position - start) / tuple) * tuple;
    units.add(unit);
    while (cursor.position + tuple <= end) {
      const low = cursor.address(addressSize);
      const size = cursor.unsigned(addressSize);
      if (low === 0 && size === 0) break;
      map.add(low, low + size, unit);
    }
    cursor.position = end;
  }
}
