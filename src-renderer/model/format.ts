import type { SymbolRef } from '../../src-shared/contract/index.ts';

/** 16 digits, no prefix: how the field writes a 64-bit address. */
export function hex16(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16).padStart(16, '0');
}

/** `0x…`, as short as it is. */
export function hex(value: bigint | number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** Two digits. */
export function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Three significant digits with a binary unit; exact below 1024. */
export function byteSize(value: number | bigint): string {
  let n = Number(value);
  let unit = 0;
  while (Math.abs(n) >= 1024 && unit < UNITS.length - 1) {
    n /= 1024;
    unit++;
  }
  const digits = unit === 0 || Math.abs(n) >= 100 ? 0 : Math.abs(n) >= 10 ? 1 : 2;
  const text = n.toFixed(digits);
  return `${text.includes('.') ? text.replace(/\.?0+$/, '') : text} ${UNITS[unit] ?? 'B'}`;
}

/** Digits in groups of three, by a narrow no-break space. */
export function grouped(value: number | bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** Share of a whole; never rounds a part to none or to all. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return '–';
  const share = (part / whole) * 100;
  if (part > 0 && share < 0.1) return '<0.1 %';
  if (part < whole && share > 99.9) return '>99.9 %';
  return `${share >= 10 ? share.toFixed(0) : share.toFixed(1)} %`;
}

/** `name+0x12`, with the module as the kernel writes it. */
export function symbolText(symbol: SymbolRef): string {
  const offset = symbol.offset === 0 ? '' : `+${hex(symbol.offset)}`;
  return symbol.module ? `${symbol.name}${offset} [${symbol.module}]` : `${symbol.name}${offset}`;
}

/** Nanoseconds as the kernel log writes them: seconds with six decimals. */
export function logTime(nsec: bigint): string {
  const negative = nsec < 0n;
  const micros = (negative ? -nsec : nsec) / 1000n;
  const text = `${micros / 1_000_000n}.${(micros % 1_000_000n).toString().padStart(6, '0')}`;
  return negative ? `-${text}` : text;
}

export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** Last part of a path; the path is the host's, so either separator may occur. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1) || path;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** `3 days, 04:05:06`, as `uptime` says it; with milliseconds `04:05:06.789`, cut off as crash does. */
export function timeSpan(seconds: number, milliseconds = false): string {
  // A double has less than a microsecond too little: 2.528 is not 2.527.
  const all = Math.floor(seconds * 1000 + 1e-6);
  const whole = milliseconds ? Math.floor(all / 1000) : Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${
    milliseconds ? `.${String(all % 1000).padStart(3, '0')}` : ''
  }`;
  const days = Math.floor(whole / 86400);
  return days > 0 ? `${plural(days, 'day')}, ${clock}` : clock;
}

/** Seconds since the epoch as `2026-11-23 06:49:53 UTC`. */
export function dateUtc(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? String(seconds)
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A fact's note, in the brackets it came with or in round ones. */
export function bracketed(note: string): string {
  return /^[[(]/.test(note) ? note : `(${note})`;
}
