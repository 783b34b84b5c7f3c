import { SvelteMap } from 'svelte/reactivity';
import type {
  EngineService,
  MemoryRange,
  MemorySpace,
  SessionId,
} from '../../src-shared/contract/index.ts';
import {
  isKnown,
  loadingRow,
  ROW_BYTES,
  rowOf,
  stateAt,
  type MemoryRow,
} from '../model/memory-rows.ts';
import { errorInfoOf } from './errors.ts';

const CHUNK = 4096n;
const MOST_CHUNKS = 512;

interface Chunk {
  readonly range: MemoryRange;
  readonly rows: (MemoryRow | undefined)[];
}

/** Rows of memory of one space, read by chunks of a page and kept; the dump never changes. */
export class MemoryReader {
  readonly #chunks = new SvelteMap<bigint, Chunk>();
  readonly #pending = new Map<bigint, Promise<MemoryRange>>();
  readonly #engine: EngineService;
  readonly #session: SessionId;
  readonly space: MemorySpace;
  /** The last call that failed as a whole; unreadable bytes are no failure. */
  failure = $state<string | undefined>();

  constructor(engine: EngineService, session: SessionId, space: MemorySpace) {
    this.#engine = engine;
    this.#session = session;
    this.space = space;
  }

  /** The row at a multiple of 16; a row of blanks until {@link load} has brought it. */
  row(address: bigint): MemoryRow {
    const chunk = this.#chunks.get(chunkOf(address));
    if (!chunk) return loadingRow(address);
    const index = Number(address % CHUNK) / ROW_BYTES;
    return (chunk.rows[index] ??= rowOf(chunk.range, index));
  }

  /** The range that holds an address, when it is here. */
  rangeAt(address: bigint): MemoryRange | undefined {
    return this.#chunks.get(chunkOf(address))?.range;
  }

  /** Up to `count` bytes from an address on, as far as their content is known and here. */
  bytes(address: bigint, count: number): Uint8Array {
    const found = new Uint8Array(count);
    for (let index = 0; index < count; index++) {
      const at = address + BigInt(index);
      const range = this.rangeAt(at);
      const offset = range ? Number(at - range.address) : 0;
      if (!range || !isKnown(stateAt(range, offset))) return found.subarray(0, index);
      found[index] = range.bytes[offset] ?? 0;
    }
    return found;
  }

  /** Brings the chunks of `[from, to]`, and the ones beside them a little later. */
  async load(from: bigint, to: bigint): Promise<void> {
    const first = chunkOf(from);
    const last = chunkOf(to);
    const wanted: Promise<unknown>[] = [];
    for (let at = first; at <= last; at += CHUNK) wanted.push(this.#bring(at));
    await Promise.all(wanted);
    if (last + CHUNK < 1n << 64n) void this.#bring(last + CHUNK);
    if (first >= CHUNK) void this.#bring(first - CHUNK);
  }

  async #bring(at: bigint): Promise<void> {
    if (this.#chunks.has(at) || this.#pending.has(at)) {
      await this.#pending.get(at)?.catch(() => undefined);
      return;
    }
    const call = this.#engine.readMemory({
      session: this.#session,
      space: this.space,
      address: at,
      length: Number(CHUNK),
    });
    this.#pending.set(at, call);
    try {
      const range = await call;
      this.#chunks.set(at, { range, rows: [] });
      this.failure = undefined;
      for (const oldest of this.#chunks.keys()) {
        if (this.#chunks.size <= MOST_CHUNKS) break;
        this.#chunks.delete(oldest);
      }
    } catch (reason) {
      this.failure = errorInfoOf(reason).message;
    } finally {
      this.#pending.delete(at);
    }
  }
}

function chunkOf(address: bigint): bigint {
  return address - (address % CHUNK);
}
