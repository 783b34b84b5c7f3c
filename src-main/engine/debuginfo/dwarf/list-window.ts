import { FaultError } from '../../base/fault.ts';
import { corruptTable } from '../corrupt.ts';
import { DwarfCursor } from './cursor.ts';
import type { SectionReader } from './sections.ts';

const FIRST_WINDOW = 1024;
/** A list of every function of a kernel has less. */
const MAX_WINDOW = 4 * 1024 * 1024;
/** All range lists of a kernel have about as much. */
const MAX_TOTAL = 16 * 1024 * 1024;

/**
 * How many bytes of lists one question may read: any number of DIEs may name the same long list, or
 * one without an end.
 */
export class ListBudget {
  #left = MAX_TOTAL;
  /** Lists that could not be read, by section and offset: not tried again. */
  readonly #failed = new Map<string, FaultError>();

  get left(): number {
    return this.#left;
  }

  spend(bytes: number): void {
    this.#left -= bytes;
  }

  failureOf(section: SectionReader, offset: number): FaultError | undefined {
    return this.#failed.size === 0 ? undefined : this.#failed.get(`${section.name} ${offset}`);
  }

  keepFailure(section: SectionReader, offset: number, fault: FaultError): void {
    this.#failed.set(`${section.name} ${offset}`, fault);
  }
}

/**
 * Reads a list that does not say how long it is: in a window that grows until the list ends in it.
 * `parse` is called again from the start each time.
 * @throws FaultError `corrupt`
 */
export function readList<T>(
  section: SectionReader,
  offset: number,
  parse: (cursor: DwarfCursor) => T,
  budget = new ListBudget(),
): T {
  const failure = budget.failureOf(section, offset);
  if (failure !== undefined) throw failure;
  const available = Math.max(0, section.size - offset);
  for (let window = FIRST_WINDOW; ; window *= 16) {
    const most = Math.min(available, MAX_WINDOW);
    if (budget.left <= 0) throw exhausted(section, offset);
    const length = Math.min(window, most, budget.left);
    const cursor = new DwarfCursor(section.bytes(offset, length), section.name, offset);
    try {
      const list = parse(cursor);
      budget.spend(cursor.position);
      return list;
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      budget.spend(length);
      if (length < most && length === window) continue;
      budget.keepFailure(section, offset, error);
      throw error;
    }
  }
}

function exhausted(section: SectionReader, offset: number): FaultError {
  return corruptTable(section.name, offset, `lists of up to ${MAX_TOTAL} bytes in all`, 'more');
}
