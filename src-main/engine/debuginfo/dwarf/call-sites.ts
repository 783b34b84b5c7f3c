import { signedOf } from '../symbol-table.ts';
import { DW_AT, DW_TAG } from './constants.ts';
import type { DieCursor } from './die-cursor.ts';
import { findName, openDie, originOf } from './die-names.ts';
import type { CallSite, CallSiteParameter } from './frame-context.ts';
import type { DieRef } from './unit.ts';

const MAX_DEPTH = 256;

/**
 * The call in a function that returns to an address.
 * @param returnAddress link-time
 * @throws FaultError `corrupt`
 */
export function findCallSite(subprogram: DieRef, returnAddress: bigint): CallSite | undefined {
  const wanted = signedOf(returnAddress);
  let found: CallSite | undefined;
  eachCallSite(openDie(subprogram), 0, (die) => {
    // GNU's form gives the return address as DW_AT_low_pc.
    const address = die.address(DW_AT.callReturnPc) ?? die.address(DW_AT.lowPc);
    if (address !== wanted) return true;
    found = callSiteOf(die, subprogram);
    return false;
  });
  return found;
}

/** @returns false when the visitor stopped */
export function eachCallSite(
  die: DieCursor,
  depth: number,
  visit: (die: DieCursor) => boolean,
): boolean {
  let goesOn = true;
  if (depth > MAX_DEPTH) return goesOn;
  die.forEachChild((child) => {
    const { tag } = child;
    if (tag === DW_TAG.callSite || tag === DW_TAG.gnuCallSite) goesOn = visit(child);
    else if (HOLDERS.has(tag)) goesOn = eachCallSite(child, depth + 1, visit);
    return goesOn;
  });
  return goesOn;
}

const HOLDERS = new Set<number>([
  DW_TAG.lexicalBlock,
  DW_TAG.inlinedSubroutine,
  DW_TAG.tryBlock,
  DW_TAG.catchBlock,
]);

function callSiteOf(die: DieCursor, subprogram: DieRef): CallSite {
  const { ref } = die;
  const target = targetOf(die);
  const targetExpression = die.block(DW_AT.callTarget) ?? die.block(DW_AT.gnuCallSiteTarget);
  const parameters: CallSiteParameter[] = [];
  die.forEachChild((child) => {
    const { tag } = child;
    if (tag !== DW_TAG.callSiteParameter && tag !== DW_TAG.gnuCallSiteParameter) return;
    const location = child.block(DW_AT.location);
    const value = child.block(DW_AT.callValue) ?? child.block(DW_AT.gnuCallSiteValue);
    if (location !== undefined && value !== undefined) parameters.push({ location, value });
  });
  return {
    die: ref,
    target: target && { die: originOf(openDie(target)), name: findName(openDie(target)) },
    targetExpression,
    subprogram,
    parameters,
  };
}

/** DW_AT_call_origin; GNU's form uses DW_AT_abstract_origin. */
export function targetOf(die: DieCursor): DieRef | undefined {
  return die.reference(DW_AT.callOrigin) ?? die.reference(DW_AT.abstractOrigin);
}
