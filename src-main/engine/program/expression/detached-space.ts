import { virtAddr, type PhysAddr, type VirtAddr } from '../../base/address.ts';
import { FaultError, type Fault } from '../../base/fault.ts';
import type { PageWalk } from '../../translate/page-walk.ts';
import { textOfBytes, type AddressSpace } from '../address-space.ts';

/** Where values lie that are in no memory: no machine maps it, so it is nobody's address. */
export const DETACHED = virtAddr(0x8000_dead_0000_0000n);

/** Bytes of a value that are not known. */
export interface UnknownBytes {
  readonly start: number;
  readonly end: number;
  readonly fault: Fault;
}

/**
 * An address space with one value of its own at {@link DETACHED}, and another space everywhere else:
 * so that a computed value is read as an object in memory is, and a computed pointer still leads
 * into memory. Reading bytes of the value that are not known throws their fault.
 */
export class DetachedSpace implements AddressSpace {
  readonly name: string;
  readonly #space: AddressSpace;
  readonly #bytes: Uint8Array;
  readonly #unknown: readonly UnknownBytes[];

  constructor(space: AddressSpace, bytes: Uint8Array, unknown: readonly UnknownBytes[] = []) {
    this.name = space.name;
    this.#space = space;
    this.#bytes = bytes;
    this.#unknown = unknown;
  }

  readInto(address: VirtAddr, target: Uint8Array, targetOffset: number, length: number): void {
    const at = this.#offsetOf(address, length);
    if (at < 0) this.#space.readInto(address, target, targetOffset, length);
    else target.set(this.#bytes.subarray(at, at + length), targetOffset);
  }

  read(address: VirtAddr, length: number): Uint8Array {
    const at = this.#offsetOf(address, length);
    return at < 0 ? this.#space.read(address, length) : this.#bytes.slice(at, at + length);
  }

  readU8(address: VirtAddr): number {
    return this.read(address, 1)[0]!;
  }

  readU16(address: VirtAddr): number {
    return this.#view(address, 2).getUint16(0, true);
  }

  readU32(address: VirtAddr): number {
    return this.#view(address, 4).getUint32(0, true);
  }

  readS32(address: VirtAddr): number {
    return this.#view(address, 4).getInt32(0, true);
  }

  readU64(address: VirtAddr): bigint {
    return this.#view(address, 8).getBigUint64(0, true);
  }

  readCString(address: VirtAddr, max = 256): string {
    const rest = this.#bytes.length - Number(address - DETACHED);
    if (address < DETACHED || rest <= 0) return this.#space.readCString(address, max);
    const bytes = this.read(address, Math.min(rest, max));
    const end = bytes.indexOf(0);
    return textOfBytes(end < 0 ? bytes : bytes.subarray(0, end));
  }

  translate(address: VirtAddr): PhysAddr {
    return this.#space.translate(address);
  }

  walk(address: VirtAddr): PageWalk {
    return this.#space.walk(address);
  }

  #view(address: VirtAddr, length: number): DataView {
    const bytes = this.read(address, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  /** -1 outside of the value. @throws FaultError where it is not known */
  #offsetOf(address: VirtAddr, length: number): number {
    const at = Number(address - DETACHED);
    if (at < 0 || at + length > this.#bytes.length) return -1;
    const hole = this.#unknown.find(({ start, end }) => start < at + length && end > at);
    if (hole !== undefined) throw new FaultError(hole.fault);
    return at;
  }
}
