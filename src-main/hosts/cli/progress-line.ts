import type { OpenProgress } from '../../../src-shared/contract/index.ts';
import { printable } from '../../render/printable.ts';

/** One line of a terminal, rewritten. */
export interface ProgressLine {
  show(progress: OpenProgress): void;
  /** Takes the line away; nothing where none was written. */
  clear(): void;
}

const ERASE = '\r\x1b[K';
/** A line that would be gone at once is not worth its flicker. */
const QUIET_MS = 300;
const REWRITE_MS = 100;

/**
 * Tells what reading packages of debuginfo and sources has come to; all else of opening is over
 * before it could be read.
 * @param columns of the terminal, asked when there is something to write; undefined where it is none
 * @param now milliseconds
 */
export function progressLine(
  write: (text: string) => void,
  columns: () => number | undefined,
  now: () => number,
): ProgressLine {
  let began: number | undefined;
  let written: number | undefined;
  return {
    show({ phase, text, fraction }) {
      if ((phase !== 'debuginfo' && phase !== 'sources') || fraction === undefined) return;
      const time = now();
      began ??= time;
      if (time - began < QUIET_MS) return;
      if (written !== undefined && time - written < REWRITE_MS) return;
      const wide = columns();
      if (wide === undefined) return;
      written = time;
      const percent = `${Math.floor(fraction * 100)} %`.padStart(6);
      // One column stays free: some terminals go to the next line when the last one is written.
      const room = Math.max(0, wide - percent.length - 1);
      write(`${ERASE}${cut(printable(text), room)}${percent}`);
    },
    clear() {
      if (written !== undefined) write(ERASE);
      began = undefined;
      written = undefined;
    },
  };
}

/** Of a path the end tells more than the beginning. */
function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  return room < 2 ? '' : `…${text.slice(text.length - room + 1)}`;
}
