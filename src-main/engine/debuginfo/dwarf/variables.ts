import { signedOf } from '../symbol-table.ts';
import { DW_AT, DW_TAG } from './constants.ts';
import type { DieCursor } from './die-cursor.ts';
import { findInOrigins, findName, findTypeRef, openDie, originOf } from './die-names.ts';
import { scopeOfFrame } from './evaluation-scope.ts';
import { absentOf, evaluateLocation } from './expression.ts';
import type { FrameContext } from './frame-context.ts';
import type { FunctionScope } from './functions.ts';
import { locationAt } from './location-list.ts';
import { absentLocation, type ValueLocation } from './location.ts';
import { DW_OP } from './operations.ts';
import type { DieRef, DwarfUnit } from './unit.ts';

/** A parameter or local variable of a function; its value is looked for separately. */
export interface ScopeVariable {
  readonly name: string;
  readonly kind: 'parameter' | 'variable';
  readonly die: DieRef;
  /** Undefined: void, or not told. */
  readonly type: DieRef | undefined;
  /** DW_AT_decl_line; 0 when not told. */
  readonly line: number;
  /** How many blocks of the function stand around it; 0 for its own. */
  readonly depth: number;
}

/** More are damage. */
const MAX_VARIABLES = 10_000;

/**
 * Parameters and variables of a function that are in scope where `scope` was looked up: its own
 * first, those of inner blocks after (they hide outer ones of their name). Parameters that the
 * compiler left out of an inlined instance are taken from the function itself.
 * @throws FaultError `corrupt`
 */
export function variablesOf(scope: FunctionScope): ScopeVariable[] {
  const variables: ScopeVariable[] = [];
  for (const [depth, block] of scope.blocks.entries()) {
    const seen = new Set<number>();
    openDie(block).forEachChild((child) => {
      const kind = kindOf(child);
      if (kind === undefined || variables.length >= MAX_VARIABLES) return;
      const variable = variableOf(child, kind, depth);
      if (variable === undefined) return;
      variables.push(variable);
      seen.add(originOf(openDie(variable.die)).offset);
    });
    if (depth === 0) addLeftOut(scope, seen, variables);
  }
  return variables;
}

function addLeftOut(
  scope: FunctionScope,
  seen: ReadonlySet<number>,
  variables: ScopeVariable[],
): void {
  const origin = originOf(openDie(scope.die));
  if (origin.unit === scope.die.unit && origin.offset === scope.die.offset) return;
  openDie(origin).forEachChild((child) => {
    if (child.tag !== DW_TAG.formalParameter || seen.has(child.offset)) return;
    if (variables.length >= MAX_VARIABLES) return;
    const variable = variableOf(child, 'parameter', 0);
    if (variable !== undefined) variables.push(variable);
  });
}

function kindOf(die: DieCursor): ScopeVariable['kind'] | undefined {
  if (die.tag === DW_TAG.formalParameter) return 'parameter';
  // A declaration (`extern`) inside a function is no variable of it.
  if (die.tag !== DW_TAG.variable || die.flag(DW_AT.declaration)) return undefined;
  return 'variable';
}

function variableOf(
  die: DieCursor,
  kind: ScopeVariable['kind'],
  depth: number,
): ScopeVariable | undefined {
  const name = findName(die);
  if (name === undefined) return undefined;
  const line = findInOrigins(die, (at) => at.unsigned(DW_AT.declLine)) ?? 0;
  return { name, kind, die: die.ref, type: findTypeRef(die), line, depth };
}

/**
 * Where a variable's value is in a frame.
 * @param subprogram the real function of the frame: the last of its scopes
 * @param size bytes of the variable's type, for constants; undefined when not known
 */
export function locateVariable(
  variable: Pick<ScopeVariable, 'die'>,
  subprogram: DieRef,
  frame: FrameContext,
  size?: number,
): ValueLocation {
  try {
    const die = openDie(variable.die);
    const location = die.location(DW_AT.location);
    if (location === undefined) return constantOf(die, size);
    const at = locationAt(variable.die.unit, location, signedOf(frame.lookupAddress));
    if (at.kind === 'not-here') {
      return absentLocation('optimized-out', 'the compiler keeps no value at this instruction');
    }
    const scope = { ...scopeOfFrame(subprogram, frame), unit: variable.die.unit };
    const found = withoutNeedlessPiece(evaluateLocation(at.bytes, scope), size);
    return isAddress(at.bytes, scope.unit) ? { ...found, isStatic: true } : found;
  } catch (error) {
    return absentOf(error);
  }
}

/** DW_OP_addr or DW_OP_addrx alone. */
function isAddress(expression: Uint8Array, unit: DwarfUnit): boolean {
  const [opcode] = expression;
  if (opcode === DW_OP.addr) return expression.length === 1 + unit.header.addressSize;
  if (opcode !== DW_OP.addrx && opcode !== DW_OP.gnuAddrIndex) return false;
  // One LEB128: only its last byte is below 0x80.
  return expression.findIndex((byte, i) => i > 0 && byte < 0x80) === expression.length - 1;
}

/** GCC 16 writes many whole values as one piece. */
function withoutNeedlessPiece(location: ValueLocation, size: number | undefined): ValueLocation {
  const [piece, ...others] = location.pieces ?? [];
  const whole = piece?.placeBitOffset === 0 && piece.bitSize === (size ?? -1) * 8;
  if (piece === undefined || !whole || others.length > 0) return location;
  return { ...location, place: piece.place, pieces: undefined };
}

/** DW_AT_const_value, of the instance or its origin. */
function constantOf(die: DieCursor, size: number | undefined): ValueLocation {
  const bytes = findInOrigins(die, (at) => {
    const block = at.block(DW_AT.constValue);
    if (block !== undefined) return block.slice();
    const text = at.string(DW_AT.constValue);
    if (text !== undefined) return Uint8Array.from(`${text}\0`, (c) => c.charCodeAt(0));
    const value = at.integer(DW_AT.constValue);
    return value === undefined ? undefined : littleEndian(value, size ?? 8);
  });
  if (bytes === undefined) return absentLocation('optimized-out', 'optimized out by the compiler');
  return { place: { kind: 'bytes', bytes }, pieces: undefined, recovered: [] };
}

function littleEndian(value: bigint, size: number): Uint8Array {
  const length = Math.min(Math.max(size, 1), 16);
  const bits = BigInt.asUintN(length * 8, value);
  return Uint8Array.from({ length }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
}
