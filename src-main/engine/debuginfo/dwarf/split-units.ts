import { FaultError } from '../../base/fault.ts';
import { DW_AT, DW_UT } from './constants.ts';
import { DwarfFile } from './dwarf-file.ts';
import type { DwarfSections } from './sections.ts';

/** Units of assembler come first in vmlinux: they are never split. */
const MAX_UNITS = 256;
/** A skeleton unit is one DIE of some ten attributes. */
const MAX_SKELETON = 512;

/**
 * Name of the first `.dwo` file that holds what this file's units only point to (-gsplit-dwarf,
 * CONFIG_DEBUG_INFO_SPLIT). Reads nothing where there is no .debug_addr, and headers at most else.
 * @source DWARF 5 section 3.1.2 (skeleton units); GCC's DebugFission for DWARF 4
 */
export function findSplitUnit(sections: DwarfSections): string | undefined {
  if (sections.addr === undefined) return undefined;
  const file = new DwarfFile(sections);
  try {
    let offset = 0;
    for (let i = 0; i < MAX_UNITS && offset < sections.info.size; i++) {
      const { header } = file.unitAt(offset);
      const found = header.end - offset > MAX_SKELETON ? undefined : dwoNameAt(file, offset);
      if (found !== undefined) return found;
      offset = header.end;
    }
  } catch (error) {
    // Whoever reads the unit for what it holds says what is wrong with it.
    if (!(error instanceof FaultError)) throw error;
  }
  return undefined;
}

function dwoNameAt(file: DwarfFile, offset: number): string | undefined {
  const unit = file.unitAt(offset);
  const die = unit.cursor();
  if (!die.next()) return undefined;
  const name = die.string(DW_AT.dwoName) ?? die.string(DW_AT.gnuDwoName);
  return name ?? (unit.header.type === DW_UT.skeleton ? '(no name)' : undefined);
}
