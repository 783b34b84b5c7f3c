import { virtAddr, type PhysAddr, type VirtAddr } from '../../base/address.ts';
import type { PageWalk } from '../../translate/page-walk.ts';
import type { AddressSpace } from '../address-space.ts';

/** Where values lie that are in no memory: no machine maps it, so it is nobody's address. */
export const DETACHED = virtAddr(0x8000_dead_0000_0000n);
/** Largest value that is not in memory: `__int128`. */
const SIZE = 16;

/**
 * An address space with one value of its own at {@link DETACHED}, and another space everywhere else:
 * so that a computed value is read as an object in memory is, and a computed pointer still leads
 * into memory.
 */
export class DetachedSpace implements AddressSpace {
  readonly name: string;
  readonly #space: AddressSpace;
  readonly #bytes = new Uint8Array(SIZE);

  constructor(space: AddressSpace, value: bigint) {
    this.name = space.name;
    this.#space = space;
    const view = new DataView(this.#bytes.buffer);
    view.setBigUint64(0, BigInt.asUintN(64, value), true);
    view.setBigUint64(8, BigInt.asUintN(64, value >> 64n), true);
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

  readCString(address: VirtAddr, max?: number): string {
    return this.#space.readCString(address, max);
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

  /** -1 outside of the value. */
  #offsetOf(address: VirtAddr, length: number): number {
    const at = address - DETACHED;
    return at >= 0n && at + BigInt(length) <= BigInt(SIZE) ? Number(at) : -1;
  }
}
