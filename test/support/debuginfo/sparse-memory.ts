import { FaultError } from '../../../src-main/engine/base/fault.ts';
import { physAddr, virtAddr, type VirtAddr } from '../../../src-main/engine/base/address.ts';

const PAGE = 4096n;

/** Virtual memory that has only the pages something was put into; the others are excluded. */
export class SparseMemory {
  readonly #pages = new Map<bigint, Uint8Array>();
  /** Pages read so far. */
  readonly touched = new Set<bigint>();

  put(address: bigint, bytes: Uint8Array): this {
    for (let i = 0; i < bytes.length; i++) {
      const at = address + BigInt(i);
      const number = at / PAGE;
      let page = this.#pages.get(number);
      if (page === undefined) this.#pages.set(number, (page = new Uint8Array(4096)));
      page[Number(at % PAGE)] = bytes[i]!;
    }
    return this;
  }

  /** Leaves the page of an address out of the dump. */
  exclude(address: bigint): this {
    this.#pages.delete(address / PAGE);
    return this;
  }

  readInto(address: VirtAddr, target: Uint8Array, targetOffset = 0, length = target.length): void {
    for (let i = 0; i < length; i++) {
      const at = virtAddr(address + BigInt(i));
      const number = at / PAGE;
      const page = this.#pages.get(number);
      if (page === undefined) {
        throw new FaultError({ kind: 'excluded', phys: physAddr(at & 0xffffffn), virt: at });
      }
      this.touched.add(number);
      target[targetOffset + i] = page[Number(at % PAGE)]!;
    }
  }
}
