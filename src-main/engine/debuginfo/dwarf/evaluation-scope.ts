import { FaultError } from '../../base/fault.ts';
import { signedOf } from '../symbol-table.ts';
import { DW_AT } from './constants.ts';
import { findName, openDie, originOf, sameDie } from './die-names.ts';
import { evaluateValue, type EvaluationScope } from './expression.ts';
import type { CallerContext, CallSite, FrameContext } from './frame-context.ts';
import { locationAt } from './location-list.ts';
import { EvaluationStop } from './stack-value.ts';
import { entryOf, mayRunAgain, targetOfBranch } from './tail-calls.ts';
import type { DieRef } from './unit.ts';

/** Values at the entry of a caller of a caller of…; deeper than any compiler's chains. */
const MAX_CALLERS = 16;

/** What expressions of a function's variables need, in one frame of it. */
export function scopeOfFrame(subprogram: DieRef, frame: FrameContext, depth = 0): EvaluationScope {
  const { unit } = subprogram;
  const address = signedOf(frame.lookupAddress);
  const scope: EvaluationScope = {
    unit,
    frame,
    frameBase() {
      const location = openDie(subprogram).location(DW_AT.frameBase);
      const at = location && locationAt(unit, location, address);
      if (at?.kind !== 'expression') {
        throw new EvaluationStop('damaged', 'the function says no frame base');
      }
      const noBase = (): never => {
        throw new EvaluationStop('damaged', 'a frame base that needs itself');
      };
      return evaluateValue(at.bytes, { ...scope, frameBase: noBase });
    },
    entryValue: (expression, recovered) =>
      entryValue(expression, subprogram, frame, recovered, depth),
    locationOf(die) {
      const location = openDie(die).location(DW_AT.location);
      const at = location && locationAt(die.unit, location, address);
      return at?.kind === 'expression' ? at.bytes : new Uint8Array(0);
    },
  };
  return scope;
}

/**
 * What a register held when the function began, from the caller's side of the call. Only where it
 * is certain that this very call entered the function: a direct call of it, or an indirect one whose
 * target can be computed.
 */
function entryValue(
  expression: Uint8Array,
  subprogram: DieRef,
  frame: FrameContext,
  recovered: string[],
  depth: number,
): bigint {
  if (depth >= MAX_CALLERS) stop('the value came through too many callers');
  const caller = frame.caller();
  if (caller === undefined) return stop('changed since the function began; no caller is known');
  const site = callSiteOf(caller);
  const scope = scopeOfFrame(site.subprogram, caller.frame, depth + 1);
  checkTarget(site, subprogram, frame, scope);
  checkRunsOnce(subprogram, frame);
  const parameter = site.parameters.find(({ location }) => sameBytes(location, expression));
  if (parameter === undefined) {
    return stop('changed since the function began, and the caller does not keep it');
  }
  const value = evaluateValue(parameter.value, scope, [], recovered);
  const name = findName(openDie(site.subprogram)) ?? 'the caller';
  recovered.push(`value at the function's entry, as ${name} passed it`);
  return value;
}

function callSiteOf({ frame, callSites }: CallerContext): CallSite {
  if (callSites === undefined) {
    return stop('changed since the function began; the caller has no debug information');
  }
  // A frame is looked up one byte before its return address.
  const site = callSites.findCallSite(frame.lookupAddress + 1n);
  return site ?? stop('changed since the function began; the caller does not describe the call');
}

function checkTarget(
  site: CallSite,
  subprogram: DieRef,
  frame: FrameContext,
  caller: EvaluationScope,
): void {
  const low = entryOf(subprogram);
  const entry = low === undefined ? undefined : frame.relocate(low);
  if (site.target === undefined) {
    const called = site.targetExpression && evaluateTarget(site.targetExpression, caller);
    if (called === undefined || called !== entry) {
      stop('changed since the function began; whether the indirect call entered it is not certain');
    }
    return;
  }
  const callee = openDie(subprogram);
  const same = sameDie(site.target.die, originOf(callee));
  // The declaration that another unit's caller sees is a different DIE of the same name.
  const declared = site.target.name !== undefined && site.target.name === findName(callee);
  // Several functions of a name, or made from one (f.part.0), are told apart by the call itself.
  const end = caller.frame.relocate(caller.frame.lookupAddress + 1n);
  const called = targetOfBranch(end, caller.frame, 'call');
  const isEntry = called === undefined || (entry !== undefined && beginsAt(entry, called));
  if ((!same && !declared) || !isEntry) {
    stop('changed since the function began, which a tail call entered');
  }
}

/**
 * A call may skip ENDBR64 (4 bytes), or count its depth in the padding before the function.
 * @source arch/x86/kernel/callthunks.c, arch/x86/kernel/alternative.c `apply_direct_call_offset`
 */
function beginsAt(entry: bigint, called: bigint): boolean {
  return called >= entry - 16n && called <= entry + 4n;
}

function checkRunsOnce(subprogram: DieRef, frame: FrameContext): void {
  const again = mayRunAgain(subprogram, frame);
  if (again === 'yes') stop('changed since the function began, which may have called itself last');
  if (again === 'unknown') {
    stop(
      'changed since the function began, which may have ended in itself through other functions',
    );
  }
}

function evaluateTarget(expression: Uint8Array, caller: EvaluationScope): bigint | undefined {
  try {
    return evaluateValue(expression, caller);
  } catch (error) {
    if (error instanceof EvaluationStop || error instanceof FaultError) return undefined;
    throw error;
  }
}

function stop(why: string): never {
  throw new EvaluationStop('unavailable', why);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
