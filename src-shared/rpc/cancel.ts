import { RpcError } from './rpc-error.ts';

/**
 * Cancellation that reaches a synchronous engine.
 *
 * A worker that computes does not take messages, so a cancel message alone comes too late. Where
 * both sides share memory, the client also writes the call's id into a slot of a shared array and
 * the call's signal looks there whenever it is asked. The slot is `id % CANCEL_SLOTS`; a later call
 * that shares the slot holds another id, so a stale flag never cancels it.
 */
export const CANCEL_SLOTS = 1024;

/** Shared between one client and one dispatcher; zeroed: ids begin at 1. */
export type CancelFlags = Int32Array<SharedArrayBuffer>;

export function createCancelFlags(): CancelFlags {
  return new Int32Array(new SharedArrayBuffer(CANCEL_SLOTS * 4));
}

export function raiseCancelFlag(flags: CancelFlags, id: number): void {
  Atomics.store(flags, id % CANCEL_SLOTS, id);
}

/** The signal a dispatched call is given. Reading `aborted` is cheap enough for hot loops. */
export class CallSignal implements AbortSignal {
  readonly #id: number;
  readonly #flags: CancelFlags | undefined;
  readonly #listeners = new Set<() => void>();
  #cancelled = false;

  constructor(id: number, flags: CancelFlags | undefined) {
    this.#id = id;
    this.#flags = flags;
  }

  get aborted(): boolean {
    if (this.#cancelled) return true;
    const flags = this.#flags;
    return flags !== undefined && Atomics.load(flags, this.#id % CANCEL_SLOTS) === this.#id;
  }

  get reason(): unknown {
    return this.aborted ? new RpcError('cancelled', 'cancelled') : undefined;
  }

  throwIfAborted(): void {
    if (this.aborted) throw new RpcError('cancelled', 'cancelled');
  }

  /** Listeners are told by the cancel message, not by the flag: a busy thread cannot be told. */
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }
}
