import { DW_AT, DW_TAG } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import type { DieCursor } from './die-cursor.ts';
import { findInOrigins, findName, openDie } from './die-names.ts';
import { DW_OP } from './operations.ts';
import type { DieRef, DwarfUnit } from './unit.ts';

/** Blocks and inlined functions inside each other; deeper is damage. */
const MAX_DEPTH = 256;

/** Address of a variable of static storage, as the file has it. @throws FaultError `corrupt` */
export function staticAddressOf(ref: DieRef): bigint | undefined {
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

/**
 * The variable of that name that lies at one of `addresses`, inside whatever function of a unit
 * (names of those outside are in the index). Reads all functions of the unit.
 * @throws FaultError `corrupt`
 */
export function findStaticAt(
  unit: DwarfUnit,
  name: string,
  addresses: readonly bigint[],
): DieRef | undefined {
  const root = unit.cursor();
  if (!root.next()) return undefined;
  const lies = ({ ref }: DieCursor): boolean => {
    const at = staticAddressOf(ref);
    return at !== undefined && addresses.includes(at);
  };
  return findInBlocks(root, name, lies, true, 0);
}

/**
 * The variable of static storage of that name in a function or its blocks; functions inlined into
 * it have their own. @throws FaultError `corrupt`
 */
export function findStaticIn(subprogram: DieRef, name: string): DieRef | undefined {
  const hasAddress = ({ ref }: DieCursor): boolean => staticAddressOf(ref) !== undefined;
  return findInBlocks(openDie(subprogram), name, hasAddress, false, 0);
}

function findInBlocks(
  die: DieCursor,
  name: string,
  accepts: (variable: DieCursor) => boolean,
  intoFunctions: boolean,
  depth: number,
): DieRef | undefined {
  let found: DieRef | undefined;
  if (depth > MAX_DEPTH) return found;
  die.forEachChild((child) => {
    const { tag } = child;
    if (tag === DW_TAG.variable) {
      if (findName(child) === name && accepts(child)) found = child.ref;
    } else if (
      tag === DW_TAG.lexicalBlock ||
      (intoFunctions && (tag === DW_TAG.subprogram || tag === DW_TAG.inlinedSubroutine))
    ) {
      found = findInBlocks(child, name, accepts, intoFunctions, depth + 1);
    }
    return found === undefined;
  });
  return found;
}
