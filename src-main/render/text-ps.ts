import type { TableBlock } from '../../src-shared/contract/index.ts';
import { rowsOf, titleOf, type Row } from './table-rows.ts';
import { taskHeader } from './text-task.ts';
import { centered } from './units.ts';

const ADDRESS = 16;

function middleOf(block: TableBlock): { readonly id: string; readonly title: string } {
  const id = titleOf(block, 'stack') === '' ? 'task' : 'stack';
  return { id, title: centered(titleOf(block, id), ADDRESS, 'left') };
}

function head(row: Row, middle: string): string {
  const mark = row.text('active') === '>' ? '>' : ' ';
  const [pid, ppid, cpu] = [row.text('pid'), row.text('ppid'), row.text('cpu')];
  // The stack pointer of a running task is in no task_struct.
  const address = typeof row.value(middle) === 'bigint' ? row.text(middle) : '--';
  return `${mark} ${pid.padStart(7)} ${ppid.padStart(7)} ${cpu.padStart(3)}  ${centered(address, ADDRESS, 'left')}`;
}

/** crash's `ps`; VSZ and RSS in KB. */
export function psLines(block: TableBlock): string[] {
  const { id, title } = middleOf(block);
  const kilobytes = (row: Row, column: string) => {
    const bytes = row.number(column);
    return bytes === undefined ? row.text(column) : String(Math.floor(bytes / 1024));
  };
  return [
    `      PID    PPID  CPU ${title}  ST  %MEM      VSZ      RSS  COMM`,
    ...rowsOf(block).map((row) => {
      const state = row.text('state').padStart(3);
      const gap = row.text('state').length > 3 ? ' ' : '  ';
      const memory = `${gap}${row.text('mem').padStart(4)} ${kilobytes(row, 'vsz').padStart(8)} ${kilobytes(row, 'rss').padStart(8)}`;
      return `${head(row, id)} ${state}${memory}  ${row.text('comm')}`;
    }),
  ];
}

/** `ps -y`. */
export function policyLines(block: TableBlock): string[] {
  const { id, title } = middleOf(block);
  return [
    `      PID    PPID  CPU ${title}  POLICY       PRIO  COMM`,
    ...rowsOf(block).map(
      (row) =>
        `${head(row, id)}  ${row.text('policy').padEnd(12)} ${row.text('prio').padStart(4)}  ${row.text('comm')}`,
    ),
  ];
}

function headerOf(row: Row): string {
  return taskHeader(row.text('pid'), row.text('task'), row.text('cpu'), row.text('comm'));
}

/** `ps -p`, `-c`, `-g`: task headers, indented by their depth. A blank line ends each. */
export function treeLines(block: TableBlock, indent: string, none: string | undefined): string[] {
  const rows = rowsOf(block);
  const lines = rows.map((row) => indent.repeat(row.number('depth') ?? 0) + headerOf(row));
  if (rows.length === 1 && none !== undefined) lines.push(`  ${none}`);
  return [...lines, ''];
}

/** `ps -l CPU: 0` names its CPU, which crash puts on a line of its own. */
function cpuLine(block: TableBlock): string[] {
  const cpu = /CPU: \d+$/.exec(block.name)?.[0];
  return cpu === undefined ? [] : [cpu];
}

/** `ps -l`: nanoseconds of the last run, as wide as the first of them. */
export function lastRunLines(block: TableBlock): string[] {
  const rows = rowsOf(block);
  const width = rows[0]?.text('lastRun').length ?? 0;
  return [
    ...cpuLine(block),
    ...rows.map(
      (row) => `[${row.text('lastRun').padStart(width)}] [${row.text('state')}]  ${headerOf(row)}`,
    ),
  ];
}

/** `ps -m`: `[days hh:mm:ss.mmm]` since the last run. */
export function sinceRunLines(block: TableBlock): string[] {
  const rows = rowsOf(block);
  const times = rows.map((row) => row.number('since'));
  const days = String(Math.floor(Math.max(0, ...times.map((time) => time ?? 0)) / 86_400)).length;
  return [
    ...cpuLine(block),
    ...rows.map((row, i) => {
      const time = times[i];
      const since = time === undefined ? row.text('since') : sinceText(time, days);
      return `[${since}] [${row.text('state')}]  ${headerOf(row)}`;
    }),
  ];
}

function sinceText(seconds: number, dayDigits: number): string {
  const milliseconds = Math.floor(seconds * 1000 + 1e-6);
  const two = (value: number) => String(value).padStart(2, '0');
  const [h, m, s] = [3_600_000, 60_000, 1000].map((unit) => Math.floor(milliseconds / unit));
  const days = String(Math.floor(milliseconds / 86_400_000)).padStart(dayDigits);
  const rest = String(milliseconds % 1000).padStart(3, '0');
  return `${days} ${two(h! % 24)}:${two(m! % 60)}:${two(s! % 60)}.${rest}`;
}

/** `ps -S`. */
export function stateLines(block: TableBlock): string[] {
  return rowsOf(block).map((row) => `  ${row.text('state')}: ${row.text('count')}`);
}

/** `ps -r`. */
export function limitLines(block: TableBlock): string[] {
  const width = 11;
  const line = (name: string, current: string, maximum: string) =>
    `${name.padStart(12)}   ${centered(current, width)}   ${centered(maximum, width)}`;
  return [
    line('RLIMIT', 'CURRENT', 'MAXIMUM'),
    ...rowsOf(block).map((row) =>
      line(row.text('limit'), row.text('current'), row.text('maximum')),
    ),
    '',
  ];
}
