import type { VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { CfiTable } from '../debuginfo/dwarf/cfi-table.ts';
import { DwarfDebugInfo, type CodeLocation } from '../debuginfo/dwarf/debug-info.ts';
import type { DwarfSections } from '../debuginfo/dwarf/sections.ts';
import type { SymbolFile } from '../debuginfo/elf-symbol-file.ts';
import type { AddressRange, SymbolTable } from '../debuginfo/symbol-table.ts';
import { DwarfTypeFinder } from '../types/dwarf-type-finder.ts';
import type { FindElsewhere } from '../types/dwarf-types.ts';

const MAX_LOCATIONS = 20_000;

export type ReadModuleSymbols = (ranges: readonly AddressRange[]) => SymbolTable | undefined;

export type FindSymbolFile = (name: string, addresses: readonly bigint[]) => SymbolFile | undefined;

/** A file with debug information, and where its code lies in the crashed machine. */
export interface DebugInfoPart {
  /** `vmlinux`, or the module's name. */
  readonly name: string;
  readonly path: string;
  /** Of a file in the cache: path of the package or compressed file it was taken out of. */
  readonly takenFrom?: string | undefined;
  /** What it was accepted for: `build-id`, … , `override`. */
  readonly match: string;
  readonly dwarf: DwarfSections;
  /** Address in the dump less address in the file: KASLR for the kernel, 0 for a relocated module. */
  readonly slide: bigint;
  /** Of a module: `.symtab` at the addresses where it was loaded. @throws FaultError */
  readonly readSymbols?: ReadModuleSymbols | undefined;
  /** The source file of a local symbol, at addresses of the file. @throws FaultError */
  readonly findSymbolFile?: FindSymbolFile | undefined;
  covers(address: VirtAddr): boolean;
}

/** How to name a part's file: by its path, or by what it was taken out of. */
export function fileTextOf({ name, path, takenFrom }: DebugInfoPart): string {
  if (takenFrom === undefined) return path;
  const file = name === 'vmlinux' ? name : `${name}.ko`;
  return `${file} from ${takenFrom.slice(takenFrom.lastIndexOf('/') + 1)} (cache)`;
}

/**
 * Debug information of the kernel and of modules, by address. Reads a unit when an address needs
 * it; what is damaged answers undefined and leaves a warning.
 */
export class ProgramDebugInfo {
  readonly parts: readonly DebugInfoPart[];
  readonly warnings = new Set<string>();
  readonly #infos = new Map<DebugInfoPart, DwarfDebugInfo>();
  readonly #tables = new Map<DebugInfoPart, CfiTable>();
  readonly #types = new Map<DebugInfoPart, DwarfTypeFinder>();
  #elsewhere: FindElsewhere | undefined;
  /** Tasks stand at the same few places: their return addresses, and other addresses. */
  readonly #returns = new Map<bigint, CodeLocation | undefined>();
  readonly #locations = new Map<bigint, CodeLocation | undefined>();

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

  /** The part whose code holds an address. */
  partAt(address: VirtAddr): DebugInfoPart | undefined {
    return this.parts.find((each) => each.covers(address));
  }

  /**
   * Symbols of a module by its file; undefined where it is not known or has none.
   * @param ranges the module's memory
   */
  symbolsOf(module: string, ranges: readonly AddressRange[]): SymbolTable | undefined {
    const part = this.parts.find(({ name }) => name === module);
    if (part?.readSymbols === undefined) return undefined;
    try {
      return part.readSymbols(ranges);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.warnings.add(`Symbols of ${part.name}: ${error.message}.`);
      return undefined;
    }
  }

  /** Call frame information of a part; its sections are indexed at the first look-up. */
  cfiOf(part: DebugInfoPart): CfiTable {
    let table = this.#tables.get(part);
    if (table === undefined) {
      table = new CfiTable(part.dwarf.frames ?? []);
      this.#tables.set(part, table);
    }
    return table;
  }

  /** Who is asked for structs that a part declares and does not define. */
  completeTypes(elsewhere: FindElsewhere): void {
    this.#elsewhere = elsewhere;
  }

  /** Types of a part's own DIEs; looking them up by name builds its index of names. */
  typesOf(part: DebugInfoPart): DwarfTypeFinder {
    let types = this.#types.get(part);
    if (types === undefined) {
      const name = part.name === 'vmlinux' ? 'DWARF' : `DWARF:${part.name}`;
      types = new DwarfTypeFinder(this.infoOf(part).file, name, (tag, wanted) =>
        this.#elsewhere?.(tag, wanted),
      );
      this.#types.set(part, types);
    }
    return types;
  }

  /**
   * Functions (inlined ones first) and source line of an instruction.
   * @param returnAddress the instruction meant is the call before it
   */
  findLocation(address: VirtAddr, returnAddress: boolean): CodeLocation | undefined {
    const known = returnAddress ? this.#returns : this.#locations;
    const found = known.get(address);
    if (found !== undefined || known.has(address)) return found;
    const location = this.#readLocation(address, returnAddress);
    if (known.size >= MAX_LOCATIONS) known.clear();
    known.set(address, location);
    return location;
  }

  #readLocation(address: VirtAddr, returnAddress: boolean): CodeLocation | undefined {
    const part = this.partAt(address);
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

  /** MD5 of a source file, by the line table of code that was compiled from it. */
  findDigest(address: VirtAddr, file: string): string | undefined {
    const part = this.partAt(address);
    const location = part && this.findLocation(address, false);
    if (part === undefined || location === undefined) return undefined;
    try {
      return this.infoOf(part).linesOf(location.unit)?.digestOf(file);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      return undefined;
    }
  }
}
