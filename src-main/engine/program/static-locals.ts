import type { VirtAddr } from '../base/address.ts';
import { findTypeRef, openDie } from '../debuginfo/dwarf/die-names.ts';
import {
  findStaticAt,
  findStaticIn,
  staticAddressOf,
} from '../debuginfo/dwarf/static-variables.ts';
import type { DieRef, DwarfUnit } from '../debuginfo/dwarf/unit.ts';
import type { SymbolFile } from '../debuginfo/elf-symbol-file.ts';
import type { Type } from '../types/type.ts';
import type { DebugInfoPart, ProgramDebugInfo } from './debug-info.ts';
import type { FoundSymbol } from './symbols.ts';

/** `count.0`: what GCC calls a static variable of a function, of which there may be many. */
const NUMBERED = /^([A-Za-z_]\w*)\.\d+$/;
/** Files of one name in different folders (`core.c`): some kernels have fifty. */
const MAX_UNITS = 256;

/** A static variable of a function. */
export interface StaticLocal {
  readonly name: string;
  readonly type: Type;
  readonly address: VirtAddr;
}

/** Where a symbol may lie by the file's own addresses: per-CPU offsets do not move with the image. */
export function addressesIn({ slide }: DebugInfoPart, { address }: FoundSymbol): bigint[] {
  return [BigInt.asUintN(64, address - slide), address];
}

/**
 * The variable of a function that a symbol such as `count.0` stands for: by the symbol's file and
 * address. No index has these names. @throws FaultError `corrupt`
 */
export function findStaticOf(
  info: ProgramDebugInfo,
  part: DebugInfoPart,
  symbol: FoundSymbol,
): DieRef | undefined {
  const name = NUMBERED.exec(symbol.name)?.[1];
  if (name === undefined) return undefined;
  const addresses = addressesIn(part, symbol);
  const file = part.findSymbolFile?.(symbol.name, addresses);
  if (file === undefined) return undefined;
  for (const unit of unitsOf(info, part, file)) {
    const found = findStaticAt(unit, name, addresses);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The unit of the file's functions; of a file without any, all units of files of that name. */
function* unitsOf(
  info: ProgramDebugInfo,
  part: DebugInfoPart,
  { name, functions }: SymbolFile,
): Generator<DwarfUnit> {
  const dwarf = info.infoOf(part);
  const seen = new Set<DwarfUnit>();
  for (const address of functions) {
    const unit = dwarf.findUnit(address);
    if (unit === undefined || seen.has(unit)) continue;
    seen.add(unit);
    yield unit;
  }
  if (seen.size > 0) return;
  let left = MAX_UNITS;
  for (const offset of dwarf.file.unitOffsets()) {
    const unit = dwarf.file.unitAt(offset);
    const path = unit.root.name;
    if (path !== name && !path.endsWith(`/${name}`)) continue;
    yield unit;
    if (--left === 0) return;
  }
}

/**
 * `function::name`: the function's static variable. A function that was inlined everywhere has no
 * symbol and is looked up by its name in DWARF.
 * @throws FaultError `corrupt`
 */
export function findStaticLocal(
  info: ProgramDebugInfo,
  functions: readonly FoundSymbol[],
  functionName: string,
  name: string,
): StaticLocal | undefined {
  for (const symbol of functions) {
    const part = info.parts.find((each) => each.name === (symbol.module ?? 'vmlinux'));
    const die = part && info.infoOf(part).findSubprogram(addressesIn(part, symbol)[0]!);
    const found = part && die && localOf(info, part, die, name);
    if (found !== undefined) return found;
  }
  for (const part of info.parts) {
    for (const die of info.typesOf(part).iterateFunctions(functionName)) {
      const found = localOf(info, part, die, name);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function localOf(
  info: ProgramDebugInfo,
  part: DebugInfoPart,
  subprogram: DieRef,
  name: string,
): StaticLocal | undefined {
  const ref = findStaticIn(subprogram, name);
  const at = ref && staticAddressOf(ref);
  if (ref === undefined || at === undefined) return undefined;
  const type = info.typesOf(part).types.typeOf(findTypeRef(openDie(ref)));
  return { name, type, address: BigInt.asUintN(64, at + part.slide) as VirtAddr };
}
