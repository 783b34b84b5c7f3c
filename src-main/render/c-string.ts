import { printable } from './printable.ts';

/** Characters of an array that are shown, as crash sets gdb's `print elements`. */
const MAX_CHARACTERS = 256;

const ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  27: '\\033',
  34: '\\"',
  92: '\\\\',
};

/** An array of characters as gdb writes it: octal escapes, without the last NUL. */
export function charArrayText(bytes: Uint8Array, count: number): string {
  const cut = count > MAX_CHARACTERS;
  const shown = Array.from(bytes.subarray(0, MAX_CHARACTERS));
  if (!cut && shown.at(-1) === 0) shown.pop();
  return `"${shown.map((byte) => characterText(byte, 34)).join('')}"${cut ? '...' : ''}`;
}

/** `136 '\210'`. */
export function characterText(byte: number, quote: 34 | 39): string {
  if (byte === (quote === 34 ? 39 : 34)) return String.fromCharCode(byte);
  if (byte === quote) return `\\${String.fromCharCode(byte)}`;
  const escape = ESCAPES[byte];
  if (escape !== undefined) return escape;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

/** Text that the engine decoded already. */
export function quoted(text: string): string {
  const escaped = text.replace(/[\n\r\t]/g, (character) => ESCAPES[character.charCodeAt(0)] ?? '');
  return `"${printable(escaped).replaceAll('"', '\\"')}"`;
}
