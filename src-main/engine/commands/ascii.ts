import type { Block } from '../../../src-shared/contract/index.ts';
import { UsageError, type Command } from './command.ts';
import { parseOptions } from './options.ts';

/** Names of the control characters, by code. */
const CONTROL =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  );
const DIGITS = 16;

export const ascii: Command = {
  name: 'ascii',
  summary: 'a number as the text its bytes are',
  usage: '[value …]',
  help: [
    'The bytes of hexadecimal numbers of up to 64 bits as text, in the order in which they lie in',
    'memory; characters that are none by name or as <xx>. Without numbers a table of ASCII.',
  ],
  needs: [],
  *run(_context, args) {
    const { operands } = parseOptions(args, '');
    yield operands.length === 0 ? chart() : { type: 'text', lines: operands.map(lineOf) };
  },
};

function lineOf(text: string): string {
  const digits = text.replace(/^0x/i, '').toLowerCase();
  if (!/^[0-9a-f]+$/.test(digits)) throw new UsageError(`invalid input: "${text}"`);
  if (digits.length > DIGITS) {
    throw new UsageError(`input string too large: "${text}" (${digits.length} vs ${DIGITS})`);
  }
  const padded = digits.padStart(DIGITS, '0');
  const bytes = padded.match(/../g) ?? [];
  return `${padded}: ${bytes.reverse().map(characterOf).join('')}`;
}

function characterOf(digits: string): string {
  const code = Number.parseInt(digits, 16);
  const control = CONTROL[code];
  if (control !== undefined) return `<${control}>`;
  if (code === 0x7f) return '<DEL>';
  return code < 0x80 ? String.fromCharCode(code) : `<${digits}>`;
}

/** Columns by the high three bits, rows by the low four. */
function chart(): Block {
  const cell = (code: number): string => {
    const name = CONTROL[code] ?? (code === 0x20 ? 'SP' : code === 0x7f ? 'DEL' : undefined);
    if (name !== undefined) return name.padStart(3);
    return ` ${String.fromCharCode(code)} `;
  };
  const rows = Array.from({ length: 16 }, (_, low) => {
    const cells = Array.from({ length: 8 }, (__, high) => cell(high * 16 + low));
    return `  ${low.toString(16).toUpperCase()} | ${cells.join(' ')}`.trimEnd();
  });
  const head = ['', '      0    1   2   3   4   5   6   7', `    +${'-'.repeat(31)}`];
  return { type: 'text', lines: [...head, ...rows, ''] };
}
