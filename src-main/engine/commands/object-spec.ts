import type { ValueBlock, ValueNode } from '../../../src-shared/contract/index.ts';
import { virtAddr, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { isFunctionSymbol } from '../kernel/function-symbol.ts';
import { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { declarationOf } from '../types/declaration.ts';
import { findMember, offsetOf, structOf } from '../types/layout.ts';
import type { Type } from '../types/type.ts';
import { UsageError } from './command.ts';
import { absentOf } from './facts.ts';
import { findCount } from './numbers.ts';
import { valueNode } from './value-node.ts';

/** `struct[.member[,member]]`, as `list -s` and `tree -s` take it. */
export interface ObjectSpec {
  readonly type: Type;
  readonly members: readonly string[];
  /** As it was written. */
  readonly name: string;
}

/** @throws UsageError for a type or member that is not known */
export function parseObjectSpec(program: Program, text: string): ObjectSpec {
  const [, name = '', paths] = /^(?:struct |union )?(\w+)(?:\.(.+))?$/.exec(text) ?? [];
  const type = findStruct(program, name);
  if (type === undefined) {
    throw new UsageError(
      `invalid data structure reference: ${text} (asked ${program.types.finderNames.join(', ')})`,
    );
  }
  const members = paths?.split(',') ?? [];
  for (const path of members) {
    const first = path.split('->')[0]!;
    if (findMember(type, first) === undefined) {
      throw new UsageError(`invalid data structure member reference: ${name}.${first}`);
    }
  }
  return { type, members, name };
}

function findStruct(program: Program, name: string): Type | undefined {
  for (const text of [`struct ${name}`, `union ${name}`, name]) {
    const type = program.findShownType(text);
    if (type !== undefined && structOf(type) !== undefined) return type;
  }
  return undefined;
}

/** Bytes: `struct.member`, or a number; undefined for other text. */
export function findOffset(program: Program, text: string): number | undefined {
  const named = /^(\w+)\.([\w.[\]]+)$/.exec(text);
  if (named === null) return findCount(text);
  const type = findStruct(program, named[1]!);
  if (type === undefined || findMember(type, named[2]!) === undefined) return undefined;
  return offsetOf(type, named[2]!);
}

/** @throws UsageError */
export function requireOffset(program: Program, text: string, option: string): number {
  const offset = findOffset(program, text);
  if (offset !== undefined) return offset;
  throw new UsageError(`invalid ${option} argument: ${text} is neither a number nor struct.member`);
}

export interface ValueStyle {
  readonly raw: boolean;
  readonly radix?: 10 | 16;
}

/** What a spec asks of one object; what cannot be read says why. */
export function specValues(
  program: Program,
  spec: ObjectSpec,
  address: VirtAddr,
  style: ValueStyle,
): ValueBlock[] {
  const whole = new KernelObject(program, spec.type, address);
  const common = {
    type: 'value',
    showOffsets: false,
    origin: spec.type.origin,
    ...(style.radix !== undefined && { radix: style.radix }),
  } as const;
  if (spec.members.length === 0) {
    return [{ ...common, value: valueNode(program, whole, ''), address, size: whole.size }];
  }
  return spec.members.map((path) => {
    const owner = { typeName: declarationOf(spec.type), address };
    const raw = style.raw ? ({ raw: true } as const) : {};
    try {
      const object = memberByPath(whole, path);
      const shown = valueNode(program, object, path);
      const value = style.raw ? withFunction(program, shown) : shown;
      return { ...common, value, address: object.address, size: object.size, owner, ...raw };
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      // A pointer on the way could not be followed.
      const value = absentOf(error.fault);
      const node = { name: path, typeName: '', kind: 'int', offset: 0, size: 0, value } as const;
      return { ...common, value: node, address: virtAddr(0n), size: 0, owner };
    }
  });
}

/** Of numbers as they lie in memory crash names those that are the address of a function. */
function withFunction(program: Program, node: ValueNode): ValueNode {
  const { symbol: _symbol, ...plain } = node;
  if (typeof node.value !== 'bigint' || node.size !== 8) return plain;
  const hit = program.symbols.at(virtAddr(node.value));
  if (hit?.offset !== 0 || !isFunctionSymbol(program, hit.symbol)) return plain;
  const { name, size, module } = hit.symbol;
  const symbol = { name, offset: 0, size };
  return { ...plain, symbol: module === undefined ? symbol : { ...symbol, module } };
}

function memberByPath(whole: KernelObject, path: string): KernelObject {
  let at = whole;
  for (const [i, part] of path.split('->').entries()) {
    if (i > 0) at = at.deref();
    at = at.member(part);
  }
  return at;
}
