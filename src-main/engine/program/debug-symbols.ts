import type { VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { DW_AT } from '../debuginfo/dwarf/constants.ts';
import { DwarfCursor } from '../debuginfo/dwarf/cursor.ts';
import { findInOrigins, findName, findTypeRef, openDie } from '../debuginfo/dwarf/die-names.ts';
import { DW_OP } from '../debuginfo/dwarf/operations.ts';
import type { DieRef } from '../debuginfo/dwarf/unit.ts';
import type { FunctionType, Type } from '../types/type.ts';
import type { DebugInfoPart, ProgramDebugInfo } from './debug-info.ts';
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
    for (const ref of finder.iterateVariables(symbol.name)) {
      const at = staticAddressOf(ref);
      if (at === undefined) continue;
      // Offsets of per-CPU variables do not move with the image.
      if (at !== BigInt.asUintN(64, symbol.address - part.slide) && at !== symbol.address) continue;
      return finder.types.typeOf(findTypeRef(openDie(ref)));
    }
    return undefined;
  });
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

/** Address of a variable of static storage, as the file has it. */
function staticAddressOf(ref: DieRef): bigint | undefined {
  const block = findInOrigins(openDie(ref), (die) => die.block(DW_AT.location));
  if (block === undefined || block.length < 2) return undefined;
  const data = new DwarfCursor(block, 'DW_AT_location');
  const opcode = data.u8();
  const { unit } = ref;
  if (opcode === DW_OP.addr && block.length === 1 + unit.header.addressSize) {
    return unit.header.addressSize === 8 ? data.u64() : BigInt(data.u32());
  }
  if (opcode !== DW_OP.addrx) return undefined;
  return BigInt.asUintN(64, BigInt(unit.file.indexedAddress(unit, data.uleb())));
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
