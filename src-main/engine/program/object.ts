import { addVirt, virtAddr, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { findMember, nameOfType, resolveTypedef, sizeOf } from '../types/layout.ts';
import type { Type } from '../types/type.ts';
import { textOfBytes, type AddressSpace } from './address-space.ts';

/** What an object needs from its program: memory and types by name. */
export interface ObjectContext {
  readonly kernel: AddressSpace;
  type(name: string): Type;
}

/** Bytes of `__int128`, the largest of C. */
const MAX_SCALAR = 16;

/**
 * A typed object in the crashed machine's memory: a type and an address, nothing read yet.
 * Reading happens in the value methods; all of them throw FaultError for memory that is missing.
 */
export class KernelObject {
  readonly context: ObjectContext;
  readonly space: AddressSpace;
  readonly type: Type;
  readonly address: VirtAddr;
  /** Bit fields only: position from the object's address; -1 otherwise. */
  readonly bitOffset: number;
  /** Bit fields only; 0 otherwise. */
  readonly bitSize: number;

  constructor(
    context: ObjectContext,
    type: Type,
    address: VirtAddr,
    space: AddressSpace = context.kernel,
    bitOffset = -1,
    bitSize = 0,
  ) {
    this.context = context;
    this.space = space;
    this.type = type;
    this.address = address;
    this.bitOffset = bitOffset;
    this.bitSize = bitSize;
  }

  /** Bytes. @throws FaultError `unknown-type` for void and forward declarations */
  get size(): number {
    return sizeOf(this.type);
  }

  /**
   * Member by path, e.g. `se.vruntime`, `comm[3]`; through anonymous structs, not through
   * pointers. @throws FaultError `unknown-type`
   */
  member(path: string): KernelObject {
    const found = findMember(this.type, path);
    if (found === undefined) {
      const name = `${nameOfType(this.type)}.${path}`;
      throw new FaultError({ kind: 'unknown-type', name, asked: [this.type.origin] });
    }
    if (found.bitSize > 0) {
      const bitOffset = found.bitOffset % 8;
      const address = addVirt(this.address, (found.bitOffset - bitOffset) / 8);
      const { type, bitSize } = found;
      return new KernelObject(this.context, type, address, this.space, bitOffset, bitSize);
    }
    return this.at(found.type, addVirt(this.address, found.bitOffset / 8));
  }

  /** True when the type has that member. */
  has(path: string): boolean {
    return findMember(this.type, path) !== undefined;
  }

  /** What this pointer points to. @throws FaultError when it is NULL or no pointer */
  deref(): KernelObject {
    const type = resolveTypedef(this.type);
    if (type.kind === 'array') return this.at(type.element, this.address);
    if (type.kind !== 'pointer') throw this.#notA('pointer');
    const target = this.pointer();
    if (target === 0n) {
      throw new FaultError({
        kind: 'corrupt',
        what: nameOfType(type.target),
        expected: 'a pointer',
        found: 'NULL',
        virt: this.address,
      });
    }
    return this.at(type.target, target);
  }

  /** `this->path`, this being a pointer. */
  follow(path: string): KernelObject {
    return this.deref().member(path);
  }

  /** Element of an array, or what a pointer plus `i` points to. */
  index(i: number): KernelObject {
    const type = resolveTypedef(this.type);
    if (type.kind === 'array') {
      return this.at(type.element, addVirt(this.address, i * sizeOf(type.element)));
    }
    if (type.kind === 'pointer') {
      return this.at(type.target, addVirt(this.pointer(), i * sizeOf(type.target)));
    }
    throw this.#notA('array or pointer');
  }

  /** Declared number of elements; 0 for a flexible array. */
  get length(): number {
    const type = resolveTypedef(this.type);
    if (type.kind !== 'array') throw this.#notA('array');
    return type.length;
  }

  /** Integer, enum, pointer or bit field; signed as its type is. */
  bigint(): bigint {
    const type = resolveTypedef(this.type);
    if (type.kind !== 'int' && type.kind !== 'enum' && type.kind !== 'pointer') {
      throw this.#notA('scalar');
    }
    const signed = type.kind !== 'pointer' && type.signed;
    if (this.bitSize > 0) return this.#bitField(signed);
    switch (type.size) {
      case 8: {
        const value = this.space.readU64(this.address);
        return signed ? BigInt.asIntN(64, value) : value;
      }
      case 4:
        return BigInt(signed ? this.space.readS32(this.address) : this.space.readU32(this.address));
      case 2:
        return this.#narrow(this.space.readU16(this.address), 16, signed);
      case 1:
        return this.#narrow(this.space.readU8(this.address), 8, signed);
      default:
        if (type.size > MAX_SCALAR) throw this.#notA('scalar');
        return littleEndian(this.space.read(this.address, type.size), signed);
    }
  }

  /** As {@link bigint}; exact up to 2^53. */
  number(): number {
    const type = resolveTypedef(this.type);
    if (this.bitSize === 0 && (type.kind === 'int' || type.kind === 'enum') && type.size === 4) {
      return type.signed ? this.space.readS32(this.address) : this.space.readU32(this.address);
    }
    return Number(this.bigint());
  }

  /** A pointer's or an unsigned long's value as an address. */
  pointer(): VirtAddr {
    const type = resolveTypedef(this.type);
    if (type.kind === 'pointer') return virtAddr(this.space.readU64(this.address));
    return virtAddr(this.bigint());
  }

  isNull(): boolean {
    return this.pointer() === 0n;
  }

  /** A `char[]` up to NUL, or the string a `char *` points to; at most `max` bytes. */
  text(max = 256): string {
    const type = resolveTypedef(this.type);
    if (type.kind === 'pointer') return this.space.readCString(this.pointer(), max);
    if (type.kind !== 'array') throw this.#notA('string');
    const bytes = this.space.read(this.address, Math.min(type.length, max));
    const nul = bytes.indexOf(0);
    return textOfBytes(nul < 0 ? bytes : bytes.subarray(0, nul));
  }

  /** The object's bytes, a copy. */
  bytes(): Uint8Array {
    return this.space.read(this.address, this.size);
  }

  /** The same address seen as another type. */
  cast(type: Type | string): KernelObject {
    return this.at(typeof type === 'string' ? this.context.type(type) : type, this.address);
  }

  /** Another object of the same memory. */
  at(type: Type | string, address: VirtAddr): KernelObject {
    const resolved = typeof type === 'string' ? this.context.type(type) : type;
    return new KernelObject(this.context, resolved, address, this.space);
  }

  #bitField(signed: boolean): bigint {
    const bytes = Math.ceil((this.bitOffset + this.bitSize) / 8);
    const whole = littleEndian(this.space.read(this.address, bytes), false);
    const value = BigInt.asUintN(this.bitSize, whole >> BigInt(this.bitOffset));
    return signed ? BigInt.asIntN(this.bitSize, value) : value;
  }

  #narrow(value: number, bits: number, signed: boolean): bigint {
    return signed ? BigInt.asIntN(bits, BigInt(value)) : BigInt(value);
  }

  #notA(what: string): FaultError {
    const name = `${nameOfType(this.type)} as ${what}`;
    return new FaultError({ kind: 'unknown-type', name, asked: [this.type.origin] });
  }
}

/**
 * The object around a member: `container_of`.
 * @source include/linux/container_of.h
 */
export function containerOf(
  context: ObjectContext,
  address: VirtAddr,
  typeName: string,
  memberPath: string,
): KernelObject {
  const type = context.type(typeName);
  const found = findMember(type, memberPath);
  if (found === undefined) {
    const name = `${typeName}.${memberPath}`;
    throw new FaultError({ kind: 'unknown-type', name, asked: [type.origin] });
  }
  return new KernelObject(context, type, addVirt(address, -found.bitOffset / 8));
}

function littleEndian(bytes: Uint8Array, signed: boolean): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return signed ? BigInt.asIntN(bytes.length * 8, value) : value;
}
