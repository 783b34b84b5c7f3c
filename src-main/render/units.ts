/** Small formats that several layouts share. */

export function hexDigits(value: bigint | number): string {
  return value.toString(16);
}

/** 16 digits: a 64-bit address or register. */
export function address16(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}

/** Centred in `width`; an odd blank goes to the side named. Longer text is left as it is. */
export function centered(text: string, width: number, extra: 'left' | 'right' = 'right'): string {
  const blanks = Math.max(0, width - text.length);
  const left = extra === 'left' ? Math.ceil(blanks / 2) : Math.floor(blanks / 2);
  return ' '.repeat(left) + text + ' '.repeat(blanks - left);
}

/** Bytes as crash shows memory: `511.6 MB`, `2 GB`. */
export function sizeText(bytes: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['GB', 2 ** 30],
    ['MB', 2 ** 20],
  ];
  for (const [name, unit] of units) {
    if (bytes >= unit) return `${(bytes / unit).toFixed(1).replace(/\.0$/, '')} ${name}`;
  }
  return bytes === 0 ? '0' : `${Math.floor(bytes / 1024)} KB`;
}

/** `3 days, 01:02:03`. */
export function durationText(seconds: number): string {
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / 86_400);
  const clock = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  const text = clock.map((part) => String(part).padStart(2, '0')).join(':');
  return days > 0 ? `${days} days, ${text}` : text;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Mon Nov 23 07:11:05 UTC 2026`. */
export function dateText(epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000);
  if (Number.isNaN(date.getTime())) return `${epochSeconds} seconds since the epoch`;
  const clock = date.toISOString().slice(11, 19);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} UTC ${date.getUTCFullYear()}`;
}
