import { virtAddr } from '../base/address.ts';
import type { Program } from '../program/program.ts';
import { UsageError, type Command } from './command.ts';
import type { CommandContext } from './context.ts';
import { evaluate, guarded } from './expression.ts';
import { addressOf } from '../program/expression/value.ts';
import { tableBlock } from './table.ts';

const KILO = 1024n;
const UNITS: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: KILO,
  m: KILO * KILO,
  g: KILO * KILO * KILO,
};

export const evalCommand: Command = {
  name: 'eval',
  summary: 'a number in hexadecimal, decimal, octal and binary',
  usage: '[-b] [-l] value | value operator value | expression',
  help: [
    'A value is a decimal number, hex digits with or without 0x (with a letter in them, or 0x), or a',
    'symbol; k, m, g behind a number multiply by 1024; ~ inverts, - negates. Operators are + - & | ^ * %',
    '/ << >>, over 64 bits without sign. Everything else is read as a C expression, as in p.',
    '',
    '  -b  which bits are set',
    '  -l  64-bit values (always so here)',
  ],
  needs: ['memory'],
  *run(context, args) {
    const words = [...args];
    let bits = false;
    while (/^-[bl]+$/.test(words[0] ?? '')) bits = words.shift()!.includes('b') || bits;
    const text = words.join(' ').trim();
    if (text === '') throw new UsageError('a value or an expression is needed');
    const value = valueOf(context, text);
    yield tableBlock(
      'eval',
      [
        { id: 'value', title: 'VALUE', kind: 'flags', cell: () => value },
        { id: 'unit', title: 'UNIT', kind: 'text', cell: () => unitText(value) },
        ...(bits
          ? [{ id: 'bits', title: 'BITS SET', kind: 'text' as const, cell: () => bitsText(value) }]
          : []),
      ],
      [value],
    );
  },
};

function valueOf(context: CommandContext, text: string): bigint {
  const bare = /^\(([^()]*)\)$/.exec(text)?.[1]?.trim() ?? text;
  const match = /^([~-]?\s*[\w.]+)(?:\s*(<<|>>|[-+&|^*%/])\s*([~-]?\s*[\w.]+))?$/.exec(bare);
  if (match !== null) {
    const [, first = '', operator, second = ''] = match;
    const left = findTerm(context.program, first);
    const right = operator === undefined ? 0n : findTerm(context.program, second);
    if (left !== undefined && right !== undefined) {
      return operator === undefined ? left : computed(left, operator, right);
    }
  }
  const { value } = evaluate(context, text);
  return guarded(text, () => addressOf(value));
}

function findTerm(program: Program, text: string): bigint | undefined {
  const sign = /^[~-]/.exec(text)?.[0];
  const plain = text.replace(/^[~-]\s*/, '');
  const value = findNumber(plain) ?? program.symbols.find(plain)?.address;
  if (value === undefined) return undefined;
  return virtAddr(sign === '~' ? ~value : sign === '-' ? -value : value);
}

function findNumber(text: string): bigint | undefined {
  const match = /^(0x[0-9a-f]+|[0-9]+|[0-9a-f]+)([kmg]?)$/i.exec(text);
  if (match === null) return undefined;
  const [, digits = '', unit = ''] = match;
  if (digits.length > 20) return undefined;
  const isDecimal = /^[0-9]+$/.test(digits);
  const value = BigInt(isDecimal || /^0x/i.test(digits) ? digits : `0x${digits}`);
  return value * (UNITS[unit.toLowerCase()] ?? 1n);
}

function computed(left: bigint, operator: string, right: bigint): bigint {
  switch (operator) {
    case '+':
      return virtAddr(left + right);
    case '-':
      return virtAddr(left - right);
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '*':
      return virtAddr(left * right);
    case '<<':
    case '>>':
      if (right >= 64n) throw new UsageError(`a shift by ${right} leaves nothing of 64 bits`);
      return virtAddr(operator === '<<' ? left << right : left >> right);
    default:
      if (right === 0n) throw new UsageError('division by zero');
      return operator === '/' ? left / right : left % right;
  }
}

/** The largest unit that the value is a whole number of. */
function unitText(value: bigint): string {
  for (const [name, unit] of Object.entries(UNITS).reverse()) {
    if (name !== '' && value >= unit && value % unit === 0n) {
      return `${value / unit}${name.toUpperCase()}B`;
    }
  }
  return '';
}

function bitsText(value: bigint): string {
  const set: number[] = [];
  for (let bit = 63; bit >= 0; bit--) if ((value >> BigInt(bit)) & 1n) set.push(bit);
  return set.join(' ');
}
