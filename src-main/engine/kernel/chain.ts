import { addVirt, hex, virtAddr, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { AddressSpace } from '../program/address-space.ts';
import { MAX_WALK } from './walk.ts';

/** A chain of pointers: where it begins, where the next pointer lies, where it ends. */
export interface Chain {
  /** The first item. */
  readonly first: VirtAddr;
  /** Bytes from an item to its pointer to the next one. */
  readonly nextAt: number;
  /** Addresses at which the chain is at its end; NULL always is. */
  readonly ends: readonly VirtAddr[];
  /**
   * The chain has no head of its own: coming back to its first or second item is its end, and so is
   * an item that points to itself.
   */
  readonly isBare: boolean;
  /** Whether an address can be an item. */
  readonly isPlausible: (address: VirtAddr) => boolean;
}

/** An item that was met before: the chain never ends. */
export interface Loop {
  readonly duplicate: VirtAddr;
  /** Items before the loop, and in it. */
  readonly before: number;
  readonly length: number;
}

/**
 * Items of a chain in its order; each once. Ends at NULL, at one of `ends`, at an item met before, at
 * an address that cannot be one, where memory is missing, at {@link MAX_WALK} items.
 * @returns why it ended early; undefined at its proper end
 */
export function* iterateChain(
  space: AddressSpace,
  chain: Chain,
): Generator<VirtAddr, { problem: string; loop?: Loop } | undefined> {
  const order = new Map<bigint, number>();
  let item = chain.first;
  let previous: VirtAddr | undefined;
  for (;;) {
    if (item === 0n || chain.ends.includes(item)) return undefined;
    const met = order.get(item);
    if (met !== undefined) {
      if (chain.isBare && (met <= 1 || item === previous)) return undefined;
      const loop = { duplicate: item, before: met, length: order.size - met };
      return {
        problem: `the list never ends: after ${order.size} entries it comes back to ${hex(item)}, a loop of ${loop.length}`,
        loop,
      };
    }
    if (order.size >= MAX_WALK) {
      return { problem: `the list has more than ${MAX_WALK} entries; the rest was not read` };
    }
    if (!chain.isPlausible(item)) {
      const from = previous === undefined ? '' : `, the next of ${hex(previous)},`;
      return { problem: `${hex(item)}${from} is no kernel address: the list ends there` };
    }
    let next: VirtAddr;
    try {
      next = virtAddr(space.readU64(addVirt(item, chain.nextAt)));
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      const from = previous === undefined ? '' : `, the next of ${hex(previous)},`;
      return { problem: `${hex(item)}${from} cannot be read: ${error.message}` };
    }
    order.set(item, order.size);
    yield item;
    previous = item;
    item = next;
  }
}
