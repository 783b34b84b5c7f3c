import { DW_AT } from './constants.ts';
import type { DieCursor } from './die-cursor.ts';
import type { DieRef } from './unit.ts';

/** Concrete instance -> abstract instance -> declaration; longer chains are damage or a cycle. */
const MAX_CHAIN = 16;

/** On the DIE of a reference. @throws FaultError `corrupt` */
export function openDie({ unit, offset }: DieRef): DieCursor {
  return unit.dieAt(offset);
}

/**
 * First answer of a DIE or of what it is made from: DW_AT_abstract_origin, DW_AT_specification.
 * @throws FaultError `corrupt`
 */
export function findInOrigins<T>(
  die: DieCursor,
  read: (die: DieCursor) => T | undefined,
): T | undefined {
  let current = die;
  for (let i = 0; i < MAX_CHAIN; i++) {
    const found = read(current);
    if (found !== undefined) return found;
    const origin =
      current.reference(DW_AT.abstractOrigin) ?? current.reference(DW_AT.specification);
    if (origin === undefined) return undefined;
    current = openDie(origin);
  }
  return undefined;
}

/** DW_AT_name, own or of the origin. */
export function findName(die: DieCursor): string | undefined {
  return findInOrigins(die, (at) => at.string(DW_AT.name));
}

export function findLinkageName(die: DieCursor): string | undefined {
  return findInOrigins(
    die,
    (at) => at.string(DW_AT.linkageName) ?? at.string(DW_AT.mipsLinkageName),
  );
}

/** DW_AT_type, own or of the origin. Undefined: void, or not told. */
export function findTypeRef(die: DieCursor): DieRef | undefined {
  return findInOrigins(die, (at) => at.reference(DW_AT.type));
}

/** The end of the chain of origins: same for all instances of one function or variable. */
export function originOf(die: DieCursor): DieRef {
  let last = die.ref;
  findInOrigins(die, (at) => {
    last = at.ref;
    return undefined;
  });
  return last;
}

export function sameDie(a: DieRef, b: DieRef): boolean {
  return a.unit === b.unit && a.offset === b.offset;
}
