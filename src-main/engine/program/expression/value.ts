import { virtAddr, type VirtAddr } from '../../base/address.ts';
import { resolveTypedef } from '../../types/layout.ts';
import type { Type } from '../../types/type.ts';
import type { AddressSpace } from '../address-space.ts';
import { KernelObject, type ObjectContext } from '../object.ts';
import { DETACHED, DetachedSpace } from './detached-space.ts';

/** What an expression stands for. */
export interface Value {
  readonly object: KernelObject;
  /** It lies in memory and has an address. */
  readonly isLvalue: boolean;
  /** Set for a variable whose type nobody knows: its name. Only its address can be used. */
  readonly untyped?: string;
  /** A per-CPU variable of no CPU: its name. */
  readonly perCpu?: string;
  /** Who told its type, where that is not who knows the type itself. */
  readonly origin?: string;
}

export function lvalue(object: KernelObject): Value {
  return { object, isLvalue: true };
}

/** A computed scalar of this type; the bits that do not fit are cut off, as C converts. */
export function rvalue(
  context: ObjectContext,
  space: AddressSpace,
  type: Type,
  value: bigint,
): Value {
  const detached = new DetachedSpace(space, bytesOf(value));
  const object = new KernelObject(context, type, DETACHED, detached);
  return { object, isLvalue: false };
}

/** As wide as C's widest scalar, `__int128`. */
function bytesOf(value: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setBigUint64(0, BigInt.asUintN(64, value), true);
  view.setBigUint64(8, BigInt.asUintN(64, value >> 64n), true);
  return new Uint8Array(view.buffer);
}

/** How arithmetic sees a value. */
export interface Operand {
  readonly value: bigint;
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** What it points to; undefined for numbers. */
  readonly target?: Type;
}

/**
 * The number behind a value: arrays and functions become pointers. Undefined for what has no number
 * (structs, void). @throws FaultError when it has to be read and cannot be
 */
export function operandOf({ object }: Value): Operand | undefined {
  const type = resolveTypedef(object.type);
  switch (type.kind) {
    case 'int':
    case 'enum':
      return { value: object.bigint(), size: type.size, signed: type.signed };
    case 'pointer':
      return { value: object.pointer(), size: 8, signed: false, target: type.target };
    case 'array':
      return { value: object.address, size: 8, signed: false, target: type.element };
    case 'function':
      return { value: object.address, size: 8, signed: false, target: object.type };
    default:
      return undefined;
  }
}

/**
 * What a value means where an address is wanted: a pointer's or number's value; of everything else
 * that lies in memory its own address (`init_task.tasks`).
 */
export function addressOf(value: Value): VirtAddr {
  const { object, isLvalue } = value;
  const type = resolveTypedef(object.type);
  const isScalar = type.kind === 'int' || type.kind === 'enum' || type.kind === 'pointer';
  if (isLvalue && (!isScalar || value.untyped !== undefined || value.perCpu !== undefined)) {
    return object.address;
  }
  return virtAddr(object.bigint());
}
