import type { NameIndex } from '../debuginfo/dwarf/name-index.ts';
import { NamesNeeded, type DwarfTypeFinder } from '../types/dwarf-type-finder.ts';

/** What look-ups by name wait for. */
export interface Names {
  /** Resolved when look-ups can go on, by the index or, where it cannot be had, without it. */
  ready(): Promise<void>;
}

/**
 * The index of a kernel's DWARF names, read from the cache or made by workers. Not before something
 * is looked up by name: most sessions never do (BTF has the types, addresses lead to their units),
 * and making it keeps every CPU busy for a moment.
 */
export class NamesOnDemand implements Names {
  readonly #types: DwarfTypeFinder;
  readonly #read: (signal: AbortSignal) => Promise<NameIndex>;
  readonly #end = new AbortController();
  #reading: Promise<void> | undefined;

  constructor(types: DwarfTypeFinder, read: (signal: AbortSignal) => Promise<NameIndex>) {
    this.#types = types;
    this.#read = read;
    types.deferIndex();
  }

  ready(): Promise<void> {
    this.#reading ??= this.#make();
    return this.#reading;
  }

  /** Ends the workers, if they are at it. */
  close(): void {
    this.#end.abort(new Error('the dump was closed'));
  }

  async #make(): Promise<void> {
    try {
      this.#types.useIndex(await this.#read(this.#end.signal));
    } catch {
      // No worker could be started, or one failed: the next look-up reads the file in this thread.
    } finally {
      this.#types.endWait();
    }
  }
}

/** What `answer` returns, asked again when the index of names, which it needed, is there. */
export async function withNames<T>(
  names: Names | undefined,
  answer: () => T | Promise<T>,
): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof NamesNeeded) || names === undefined) throw error;
    await names.ready();
    return await answer();
  }
}
