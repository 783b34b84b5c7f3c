import type { VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { DwarfDebugInfo, type CodeLocation } from '../debuginfo/dwarf/debug-info.ts';
import type { DwarfSections } from '../debuginfo/dwarf/sections.ts';

/** A file with debug information, and where its code lies in the crashed machine. */
export interface DebugInfoPart {
  /** `vmlinux`, or the module's name. */
  readonly name: string;
  readonly path: string;
  /** What it was accepted for: `build-id`, … , `override`. */
  readonly match: string;
  readonly dwarf: DwarfSections;
  /** Address in the dump less address in the file: KASLR for the kernel, 0 for a relocated module. */
  readonly slide: bigint;
  covers(address: VirtAddr): boolean;
}

/**
 * Debug information of the kernel and of modules, by address. Reads a unit when an address needs
 * it; what is damaged answers undefined and leaves a warning.
 */
export class ProgramDebugInfo {
  readonly parts: readonly DebugInfoPart[];
  readonly warnings = new Set<string>();
  readonly #infos = new Map<DebugInfoPart, DwarfDebugInfo>();

  constructor(parts: readonly DebugInfoPart[]) {
    this.parts = parts;
  }

  /** The DWARF of a part, opened once. */
  infoOf(part: DebugInfoPart): DwarfDebugInfo {
    let info = this.#infos.get(part);
    if (info === undefined) {
      info = new DwarfDebugInfo(part.dwarf);
      this.#infos.set(part, info);
    }
    return info;
  }

  /**
   * Functions (inlined ones first) and source line of an instruction.
   * @param returnAddress the instruction meant is the call before it
   */
  findLocation(address: VirtAddr, returnAddress: boolean): CodeLocation | undefined {
    const part = this.parts.find((each) => each.covers(address));
    if (part === undefined) return undefined;
    const inFile = address - part.slide - (returnAddress ? 1n : 0n);
    try {
      const location = this.infoOf(part).findLocation(inFile);
      for (const warning of location?.warnings ?? []) this.warnings.add(warning);
      return location;
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.warnings.add(`Debug information of ${part.name}: ${error.message}.`);
      return undefined;
    }
  }
}
