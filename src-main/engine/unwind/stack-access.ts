import { hex, virtAddr } from '../base/address.ts';
import type { StackRange, UnwindEnvironment } from './environment.ts';

/** The walk cannot go on, for a reason the reader must be told. */
export class UnwindStop extends Error {}

/**
 * Which stack the walk may read from, as the kernel's get_stack_info() decides: it may leave a
 * stack for another one, but never come back to one it has left.
 * @source arch/x86/kernel/dumpstack_64.c `get_stack_info()`, its `visit_mask`
 */
export class StackAccess {
  readonly #env: UnwindEnvironment;
  readonly #left = new Set<StackRange>();
  readonly #seen = new Set<bigint>();
  #current: StackRange | undefined;

  constructor(env: UnwindEnvironment, sp: bigint) {
    this.#env = env;
    this.#current = this.rangeOf(sp);
  }

  /** The known stack that holds an address. */
  rangeOf(address: bigint): StackRange | undefined {
    return this.#env.stacks.find(({ start, end }) => address >= start && address < end);
  }

  /**
   * The stack of a frame found, which must lie further out than the one before.
   * @throws UnwindStop when it does not, or when it was there before
   */
  advance(from: { sp: bigint; stack: StackRange | undefined }, sp: bigint, slot: bigint) {
    const holder = this.rangeOf(sp);
    const stack = holder ?? this.rangeOf(slot);
    if (stack !== undefined && stack === from.stack && sp <= from.sp) {
      throw new UnwindStop(
        `the stack goes the wrong way: from ${hex(from.sp)} to ${hex(sp)} on the ${stack.kind} stack`,
      );
    }
    if (holder !== undefined) return holder;
    // Without known stacks nothing else would stop a cycle.
    if (stack === undefined && this.#seen.has(sp)) {
      throw new UnwindStop(`the stack comes back to ${hex(sp)}`);
    }
    this.#seen.add(sp);
    return stack;
  }

  /** @throws UnwindStop off the stacks, or back on one that was left */
  #check(address: bigint, length: number, what: string): void {
    if (address % 8n !== 0n) {
      throw new UnwindStop(`${what} at ${hex(address)} is not aligned to 8 bytes`);
    }
    const current = this.#current;
    const end = address + BigInt(length);
    if (current !== undefined && address >= current.start && end <= current.end) return;
    const range = this.rangeOf(address);
    if (range === undefined || end > range.end) {
      if (this.#env.stacks.length === 0 || !this.#env.stacksComplete) return;
      throw new UnwindStop(`${what} at ${hex(address)} is on no stack of this task or its CPU`);
    }
    if (this.#left.has(range)) {
      throw new UnwindStop(`${what} at ${hex(address)} goes back to the ${range.kind} stack`);
    }
    if (current !== undefined) this.#left.add(current);
    this.#current = range;
  }

  /** @throws UnwindStop, FaultError */
  readU64(address: bigint, what: string): bigint {
    this.#check(address, 8, what);
    return this.#env.readU64(virtAddr(address));
  }

  /** @throws UnwindStop, FaultError */
  read(address: bigint, length: number, what: string): Uint8Array {
    this.#check(address, length, what);
    return this.#env.read(virtAddr(address), length);
  }
}
