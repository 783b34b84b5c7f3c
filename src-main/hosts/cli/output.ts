import { writeSync } from 'node:fs';
import { printable } from '../../render/printable.ts';
import { EXIT } from './exit-codes.ts';
import { progressLine, type ProgressLine } from './progress-line.ts';

/** Where answers, warnings and errors go. Tests give their own. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
  /** `warning:`, `error:` before a message are coloured. */
  readonly color: boolean;
  /** What takes long, on standard error. */
  readonly progress?: ProgressLine;
}

/**
 * What is written at once: a write for each of thousands of blocks takes longer than making them. Less
 * than a pipe holds (64 KiB), so that its reader empties it while the next is made.
 */
const MAX_PENDING = 56 * 1024;
let pending = '';

/**
 * The process's own streams. What was answered is out before the engine's next pause, before any
 * message and before the process ends by itself. A reader that went away ends the process quietly.
 */
export function processOutput(color: boolean): Output {
  const err = (text: string): void => {
    flush();
    writeAll(2, text);
  };
  return {
    out: hold,
    err,
    progress: progressLine(err, terminalColumns, () => performance.now()),
    // Asked when something is said: making the stream costs more than most answers.
    get color() {
      return color && !process.env['NO_COLOR'] && process.stderr.isTTY;
    },
  };
}

/** Of standard error; undefined where that is no terminal. One that does not tell has 80. */
function terminalColumns(): number | undefined {
  return process.stderr.isTTY ? process.stderr.columns || 80 : undefined;
}

function hold(text: string): void {
  if (pending === '') setImmediate(flush);
  pending += text;
  if (pending.length >= MAX_PENDING) flush();
}

function flush(): void {
  const text = pending;
  pending = '';
  if (text !== '') writeAll(1, text);
}
process.on('exit', flush);

/** Made once: a new one for each write costs more than filling it. */
let room: Buffer | undefined;

/** UTF-8 of a text; valid until the next. */
function encoded(text: string): Buffer {
  if (text.length > MAX_PENDING * 2) return Buffer.from(text);
  // A UTF-16 unit takes three bytes at most.
  room ??= Buffer.allocUnsafeSlow(MAX_PENDING * 2 * 3);
  return room.subarray(0, room.write(text));
}

function writeAll(fd: 1 | 2, text: string): void {
  const bytes = encoded(text);
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // A pipe that is full, made non-blocking by somebody else: wait a moment.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else if (code === 'EPIPE') process.exit(EXIT.brokenPipe);
      else throw error;
    }
  }
}

const COLORS = { error: '\x1b[1;31m', warning: '\x1b[1;33m', note: '\x1b[1m' } as const;

/** `lead: text` for standard error; the text may be of a dump, or of a file's name. */
export function complain(output: Output, lead: keyof typeof COLORS, text: string): void {
  const safe = text.split('\n').map(printable).join('\n');
  output.err(output.color ? `${COLORS[lead]}${lead}:\x1b[0m ${safe}\n` : `${lead}: ${safe}\n`);
}
