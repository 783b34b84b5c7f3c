import { FaultError } from '../../base/fault.ts';
import { DwarfCursor } from './cursor.ts';
import type { SectionReader } from './sections.ts';

const FIRST_WINDOW = 1024;
const MAX_WINDOW = 16 * 1024 * 1024;

/**
 * Reads a list that does not say how long it is: in a window that grows until the list ends in it.
 * `parse` is called again from the start each time.
 * @throws FaultError `corrupt`
 */
export function readList<T>(
  section: SectionReader,
  offset: number,
  parse: (cursor: DwarfCursor) => T,
): T {
  const available = Math.max(0, section.size - offset);
  for (let window = FIRST_WINDOW; ; window *= 16) {
    const length = Math.min(window, available, MAX_WINDOW);
    const cursor = new DwarfCursor(section.bytes(offset, length), section.name, offset);
    try {
      return parse(cursor);
    } catch (error) {
      const whole = length >= available || length >= MAX_WINDOW;
      if (whole || !(error instanceof FaultError)) throw error;
    }
  }
}
