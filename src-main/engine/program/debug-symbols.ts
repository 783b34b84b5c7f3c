import type { VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { findName, findTypeRef, openDie } from '../debuginfo/dwarf/die-names.ts';
import { staticAddressOf } from '../debuginfo/dwarf/static-variables.ts';
import type { DieRef } from '../debuginfo/dwarf/unit.ts';
import type { DwarfTypeFinder } from '../types/dwarf-type-finder.ts';
import type { FunctionType, Type } from '../types/type.ts';
import type { DebugInfoPart, ProgramDebugInfo } from './debug-info.ts';
import { addressesIn, findStaticOf } from './static-locals.ts';
import type { FoundSymbol } from './symbols.ts';

/** DW_LANG_Mips_Assembler: its subprograms have no prototypes. */
const ASSEMBLER = 0x8001;

/**
 * Type of a variable by the definition that lies at the symbol's address: source files may have a
 * static variable each of one name and of different types. Undefined where none lies there.
 */
export function variableTypeOf(info: ProgramDebugInfo, symbol: FoundSymbol): Type | undefined {
  return guarded(info, symbol, (part) => {
    const finder = info.typesOf(part);
    const ref = findStaticOf(info, part, symbol) ?? findGlobal(finder, part, symbol);
    return ref && finder.types.typeOf(findTypeRef(openDie(ref)));
  });
}

function findGlobal(
  finder: DwarfTypeFinder,
  part: DebugInfoPart,
  symbol: FoundSymbol,
): DieRef | undefined {
  const addresses = addressesIn(part, symbol);
  for (const ref of finder.iterateVariables(symbol.name)) {
    const at = staticAddressOf(ref);
    if (at !== undefined && addresses.includes(at)) return ref;
  }
  return undefined;
}

/**
 * Prototype of the function that begins at the symbol; undefined where another one does.
 * `prototype` is undefined for functions in assembler, which have none: BTF, made from their
 * DWARF, calls them `void (void)`.
 */
export function functionTypeOf(
  info: ProgramDebugInfo,
  symbol: FoundSymbol,
): { readonly prototype: FunctionType | undefined } | undefined {
  return guarded(info, symbol, (part) => {
    const address = BigInt.asUintN(64, symbol.address - part.slide);
    const dwarf = info.infoOf(part);
    const unit = dwarf.findUnit(address);
    if (unit === undefined) return undefined;
    if (unit.root.language === ASSEMBLER) return { prototype: undefined };
    const ref = dwarf.functionsOf(unit).findSubprogram(Number(BigInt.asIntN(64, address)));
    // Of a function that the compiler changed (`.isra.0`) the source's prototype is none.
    if (ref === undefined || findName(openDie(ref)) !== symbol.name) return undefined;
    return { prototype: info.typesOf(part).types.functionOf(ref) };
  });
}

function guarded<T>(
  info: ProgramDebugInfo,
  { name, module }: { readonly name: string; readonly module?: string; readonly address: VirtAddr },
  read: (part: DebugInfoPart) => T | undefined,
): T | undefined {
  const part = info.parts.find((each) => each.name === (module ?? 'vmlinux'));
  if (part === undefined) return undefined;
  try {
    return read(part);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    info.warnings.add(`Debug information of ${part.name}, type of ${name}: ${error.message}.`);
    return undefined;
  }
}
