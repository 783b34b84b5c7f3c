import type { Block, LogTable } from '../../src-shared/contract/index.ts';

/** @source include/linux/kern_levels.h */
export const LEVELS: readonly { readonly name: string; readonly short: string }[] = [
  { name: 'emergency', short: 'emerg' },
  { name: 'alert', short: 'alert' },
  { name: 'critical', short: 'crit' },
  { name: 'error', short: 'err' },
  { name: 'warning', short: 'warn' },
  { name: 'notice', short: 'notice' },
  { name: 'info', short: 'info' },
  { name: 'debug', short: 'debug' },
];

export function levelName(level: number): string {
  return LEVELS[level]?.short ?? `level ${level}`;
}

/** Records of at least the severity `maxLevel` (0 is the most severe). */
export function logRows(log: LogTable, maxLevel: number): Uint32Array {
  const rows = new Uint32Array(log.count);
  let count = 0;
  for (let row = 0; row < log.count; row++)
    if ((log.level[row] ?? 7) <= maxLevel) rows[count++] = row;
  return rows.subarray(0, count);
}

/** How many records each level has. */
export function levelCounts(log: LogTable): readonly number[] {
  const counts = new Array<number>(8).fill(0);
  for (const level of log.level) counts[level & 7] = (counts[level & 7] ?? 0) + 1;
  return counts;
}

/** Positions in `rows` whose text holds `query`, case ignored. */
export function findInLog(log: LogTable, rows: Uint32Array, query: string): Uint32Array {
  const wanted = query.toLowerCase();
  if (!wanted) return new Uint32Array(0);
  const found: number[] = [];
  for (let position = 0; position < rows.length; position++) {
    if ((log.text[rows[position] ?? 0] ?? '').toLowerCase().includes(wanted)) found.push(position);
  }
  return Uint32Array.from(found);
}

/** How the kernel's own printk begins a report of what kills it. @source kernel/panic.c, arch/x86/mm/fault.c, arch/x86/kernel/dumpstack.c */
const PANIC = /^Kernel panic - not syncing/;
const OOPS = /^Oops: /;
const FAULT =
  /^BUG: |^general protection fault|^kernel BUG at|^sysrq: Trigger a crash|^Unable to handle/;

/** Row of the record that says the machine dies: the last panic, else oops, else fault. */
export function panicRow(log: LogTable): number | undefined {
  for (const pattern of [PANIC, OOPS, FAULT]) {
    const row = log.text.findLastIndex((text) => pattern.test(text));
    if (row >= 0) return row;
  }
  return undefined;
}

/** Splits text at each hit of `query`, for marking; odd parts are the hits. */
export function splitAtHits(text: string, query: string): readonly string[] {
  const wanted = query.toLowerCase();
  if (!wanted) return [text];
  const parts: string[] = [];
  const folded = text.toLowerCase();
  // Folding may change lengths in rare scripts: then positions would lie, and nothing is marked.
  if (folded.length !== text.length) return [text];
  let from = 0;
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), text.slice(at, at + wanted.length));
    from = at + wanted.length;
  }
  parts.push(text.slice(from));
  return parts;
}

const WORDS = 40;

/** Rows from the first report of the final trouble on: the last fault report, or the panic. */
export function lastWords(log: LogTable): readonly number[] {
  const last = log.count - 1;
  let first = panicRow(log);
  // A panic that follows an oops by little belongs to it: begin with the oops.
  for (let row = (first ?? 0) - 1; row >= Math.max(0, (first ?? 0) - 200); row--) {
    if (!FAULT.test(log.text[row] ?? '')) continue;
    first = row;
    break;
  }
  first ??= Math.max(0, log.count - WORDS);
  const rows: number[] = [];
  for (let row = first; row <= last && rows.length < WORDS; row++) rows.push(row);
  return rows;
}

/** `WARN()`: who was where. Lockdep's `WARNING:` lines say neither, and do not taint. */
const WARNING = /^WARNING: (CPU: \d+ PID: \d+ at |.*, CPU#\d+: )/;

/** Sequence number of the first WARN() that the log still holds. @source kernel/panic.c `__warn` */
export function firstWarningOf(blocks: readonly Block[]): number | undefined {
  const log = blocks.find((block) => block.type === 'log')?.records;
  const row = log?.text.findIndex((text) => WARNING.test(text)) ?? -1;
  return row < 0 ? undefined : log?.seq[row];
}
