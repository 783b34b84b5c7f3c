import type { PhysAddr } from '../../base/address.ts';
import type { PageWalk } from '../../translate/page-walk.ts';
import type { AddressSpace } from '../address-space.ts';

/** Memory that has addresses but no bytes: reading throws what `error` makes. */
export class UnreadableSpace implements AddressSpace {
  readonly name: string;
  readonly #error: () => Error;

  constructor(name: string, error: () => Error) {
    this.name = name;
    this.#error = error;
  }

  readInto(): void {
    throw this.#error();
  }
  read(): Uint8Array {
    throw this.#error();
  }
  readU8(): number {
    throw this.#error();
  }
  readU16(): number {
    throw this.#error();
  }
  readU32(): number {
    throw this.#error();
  }
  readS32(): number {
    throw this.#error();
  }
  readU64(): bigint {
    throw this.#error();
  }
  readCString(): string {
    throw this.#error();
  }
  translate(): PhysAddr {
    throw this.#error();
  }
  walk(): PageWalk {
    throw this.#error();
  }
}
