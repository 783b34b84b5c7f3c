import { FaultError } from '../../base/fault.ts';
import { signedOf } from '../symbol-table.ts';
import { AddressIndex } from './address-index.ts';
import { findCallSite } from './call-sites.ts';
import { DwarfFile } from './dwarf-file.ts';
import type { CallSite, CallSites } from './frame-context.ts';
import { UnitFunctions, type FunctionScope } from './functions.ts';
import { LineTable, type LineRange, type SourceLocation } from './line-table.ts';
import type { DwarfSections } from './sections.ts';
import type { DieRef, DwarfUnit } from './unit.ts';

/** What the debug information says of one instruction. */
export interface CodeLocation {
  readonly unit: DwarfUnit;
  /** Innermost inlined function first, the real one last; empty when no function covers it. */
  readonly scopes: readonly FunctionScope[];
  /** Where each of `scopes` stands: the innermost by the line table, the others at their call. */
  readonly sources: readonly (Partial<SourceLocation> | undefined)[];
  /** Row of the line table, also where no function covers the address. */
  readonly line: LineRange | undefined;
  /** What could not be read, full sentences. */
  readonly warnings: readonly string[];
}

/** Decoded addresses kept; a machine's tasks stand at some hundred places. */
const MAX_CACHED = 20_000;
/** Decoded line tables and function lists kept. */
const MAX_UNITS = 256;

/**
 * The debug information of one file. Addresses given and answered are the file's own (link-time).
 * Nothing is read before it is needed: an address costs its unit, its abbreviations and its lines.
 */
export class DwarfDebugInfo implements CallSites {
  readonly file: DwarfFile;
  readonly name: string;
  readonly #addresses: AddressIndex;
  readonly #lines = new Map<DwarfUnit, LineTable | FaultError | undefined>();
  readonly #functions = new Map<DwarfUnit, UnitFunctions>();
  readonly #locations = new Map<bigint, CodeLocation | undefined>();

  constructor(sections: DwarfSections) {
    this.file = new DwarfFile(sections);
    this.name = sections.name;
    this.#addresses = new AddressIndex(this.file);
  }

  /** Of the address index; empty before the first look-up. */
  get warnings(): readonly string[] {
    return this.#addresses.warnings;
  }

  /**
   * What covers an address; of a return address the caller asks for the address minus one.
   * Undefined where no unit covers it.
   * @throws FaultError `corrupt` when its unit cannot be read
   */
  findLocation(address: bigint): CodeLocation | undefined {
    const cached = this.#locations.get(address);
    if (cached !== undefined || this.#locations.has(address)) return cached;
    const location = this.#readLocation(signedOf(address));
    if (this.#locations.size >= MAX_CACHED) this.#locations.clear();
    this.#locations.set(address, location);
    return location;
  }

  /** The call that returns to an address. @throws FaultError `corrupt` */
  findCallSite(returnAddress: bigint): CallSite | undefined {
    const subprogram = this.findSubprogram(returnAddress - 1n);
    return subprogram && findCallSite(subprogram, returnAddress);
  }

  /** The function whose code has an address. @throws FaultError `corrupt` */
  findSubprogram(address: bigint): DieRef | undefined {
    const unit = this.findUnit(address);
    return unit && this.functionsOf(unit).findSubprogram(signedOf(address));
  }

  findUnit(address: bigint): DwarfUnit | undefined {
    return this.#addresses.findUnit(signedOf(address));
  }

  /** Undefined when the unit has none. @throws FaultError `corrupt` */
  linesOf(unit: DwarfUnit): LineTable | undefined {
    if (!this.#lines.has(unit)) {
      if (this.#lines.size >= MAX_UNITS) this.#lines.clear();
      this.#lines.set(unit, readLines(unit));
    }
    const lines = this.#lines.get(unit);
    if (lines instanceof FaultError) throw lines;
    return lines;
  }

  /** @throws FaultError `corrupt` */
  functionsOf(unit: DwarfUnit): UnitFunctions {
    let functions = this.#functions.get(unit);
    if (functions === undefined) {
      if (this.#functions.size >= MAX_UNITS) this.#functions.clear();
      functions = new UnitFunctions(unit);
      this.#functions.set(unit, functions);
    }
    return functions;
  }

  #readLocation(address: number): CodeLocation | undefined {
    const unit = this.#addresses.findUnit(address);
    if (unit === undefined) return undefined;
    const warnings: string[] = [];
    const attempt = <T>(read: () => T): T | undefined => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof FaultError)) throw error;
        if (warnings.length === 0) warnings.push(`${error.message}.`);
        return undefined;
      }
    };
    const lines = (): LineTable | undefined => attempt(() => this.linesOf(unit));
    const functions = this.functionsOf(unit);
    const scopes = functions.scopesAt(address, lines);
    // It may be one of those that could not be read.
    if (scopes.length === 0 && functions.problem !== undefined) warnings.push(functions.problem);
    const line = attempt(() => lines()?.find(address));
    const sources = scopes.map((_, i) => (i === 0 ? line : scopes[i - 1]!.call));
    return { unit, scopes, sources, line, warnings };
  }
}

function readLines(unit: DwarfUnit): LineTable | FaultError | undefined {
  const { stmtList } = unit.root;
  if (stmtList === undefined) return undefined;
  try {
    return new LineTable(unit, stmtList);
  } catch (error) {
    if (error instanceof FaultError) return error;
    throw error;
  }
}
