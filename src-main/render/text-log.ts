import type { LogBlock } from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { dateText } from './units.ts';

/** crash's `log`; the lines of a record of several lines are indented below its text. */
export function logLines({ records, show }: LogBlock): string[] {
  const lines: string[] = [];
  for (let i = 0; i < records.count; i++) {
    const time = timeText(records.tsNsec[i] ?? 0n, show);
    const caller = show?.caller
      ? `[${printable(records.caller[i] ?? '').padStart(show.callerWidth ?? 6)}] `
      : '';
    const level = show?.level ? `<${records.level[i] ?? 0}>` : '';
    const prefix = `${time}${caller}${level}`;
    const indent = ' '.repeat(prefix.length);
    const [first = '', ...rest] = (records.text[i] ?? '').split('\n').map(printable);
    lines.push(prefix + first, ...rest.map((line) => indent + line));
    if (show?.context) {
      for (const pair of records.context?.[i] ?? []) lines.push(indent + printable(pair));
    }
  }
  return lines;
}

function timeText(nsec: bigint, show: LogBlock['show']): string {
  if (show?.time === 'none') return '';
  const seconds = nsec / 1_000_000_000n;
  if (show?.time === 'date' && show.bootTime !== undefined) {
    return `[${dateText(show.bootTime + Number(seconds))}] `;
  }
  const fraction = String((nsec % 1_000_000_000n) / 1000n).padStart(6, '0');
  return `[${String(seconds).padStart(5)}.${fraction}] `;
}
