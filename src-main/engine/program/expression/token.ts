import { ExpressionError } from './expression-error.ts';

/** Where a token stands: `column` from 1, `end` behind its last character (0-based). */
interface Place {
  readonly text: string;
  readonly column: number;
  readonly end: number;
}
export type Token =
  | (Place & { readonly kind: 'number'; readonly value: bigint; readonly typeName: string })
  | (Place & { readonly kind: 'name' | 'operator' | 'history' | 'end' });

/** Longer is no expression that a person wrote. */
const MAX_LENGTH = 4096;

const OPERATOR =
  /<<=|>>=|\.\.\.|::|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:.,()[\]{}@]/y;
const NAME =
  /[A-Za-z_][A-Za-z_0-9]*(?:\.(?:part|constprop|isra|cold|llvm|[0-9]+)(?![A-Za-z_0-9]))*/y;
const NUMBER = /(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)([A-Za-z_0-9.]*)/y;
/** gdb's way to write a function's name before `::`. */
const QUOTED = /'([A-Za-z_][A-Za-z_0-9.]*)'(?=\s*::)/y;
const HISTORY = /\$(?:[A-Za-z_][A-Za-z_0-9]*|\$?[0-9]*)/y;
const CHARACTER = /'(\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)|[^\\'])'/y;

/**
 * Splits the text of a C expression into tokens, the last of kind `end`. Names may hold the suffixes
 * that compilers give to parts of functions (`foo.cold`).
 * @throws ExpressionError
 */
export function tokensOf(text: string): Token[] {
  if (text.length > MAX_LENGTH) {
    throw new ExpressionError(`the expression is longer than ${MAX_LENGTH} characters`, 1);
  }
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++;
    const column = at + 1;
    if (at >= text.length) {
      tokens.push({ kind: 'end', text: '', column, end: at });
      return tokens;
    }
    let found: RegExpExecArray | null;
    if ((found = match(NUMBER)) !== null) {
      const end = at + found[0].length;
      tokens.push({ ...numberOf(found, column), text: found[0], column, end });
    } else if ((found = match(NAME)) !== null) {
      tokens.push({ kind: 'name', text: found[0], column, end: at + found[0].length });
    } else if ((found = match(QUOTED)) !== null) {
      tokens.push({ kind: 'name', text: found[1]!, column, end: at + found[0].length });
    } else if ((found = match(CHARACTER)) !== null) {
      const value = characterOf(found[1]!);
      const end = at + found[0].length;
      tokens.push({ kind: 'number', value, typeName: 'char', text: found[0], column, end });
    } else if ((found = match(HISTORY)) !== null) {
      tokens.push({ kind: 'history', text: found[0], column, end: at + found[0].length });
    } else if ((found = match(OPERATOR)) !== null) {
      tokens.push({ kind: 'operator', text: found[0], column, end: at + found[0].length });
    } else {
      throw new ExpressionError(unexpected(text[at]!), column);
    }
    at += found[0].length;
  }
}

function unexpected(character: string): string {
  if (character === '"') return 'a string has no address in the dump';
  if (character === "'") return "expected a character constant such as 'a' or '\\n'";
  return `unexpected character: ${character}`;
}

/** C's type of an integer constant on LP64: the first of the list that holds it (C11 6.4.4.1). */
function numberOf(
  found: RegExpExecArray,
  column: number,
): { kind: 'number'; value: bigint; typeName: string } {
  const [whole, digits = '', suffix = ''] = found;
  if (/^[.]|^e/i.test(suffix) && !/^0x/i.test(digits)) {
    throw new ExpressionError(`floating point is not supported: ${whole}`, column);
  }
  const parts = /^(?:(u)(?:l|ll)?|(?:l|ll)(u?))?$/i.exec(suffix);
  if (parts === null) {
    throw new ExpressionError(`no number: ${whole}${hexHint(whole)}`, column);
  }
  const isOctal = /^0[0-9]/.test(digits);
  if (isOctal && /[89]/.test(digits)) {
    throw new ExpressionError(`8 and 9 are no octal digits: ${whole}`, column);
  }
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  if (value >= 1n << 64n) throw new ExpressionError(`more than 64 bits: ${whole}`, column);
  const unsigned = /u/i.test(suffix);
  const long = /l/i.test(suffix);
  const decimal = /^[1-9]/.test(digits);
  return { kind: 'number', value, typeName: typeNameOf(value, unsigned, long, decimal) };
}

function typeNameOf(value: bigint, unsigned: boolean, long: boolean, decimal: boolean): string {
  if (!long && !unsigned && value < 1n << 31n) return 'int';
  if (!long && (unsigned || !decimal) && value < 1n << 32n) return 'unsigned int';
  if (!unsigned && value < 1n << 63n) return 'long';
  return 'unsigned long';
}

function hexHint(text: string): string {
  return /^[0-9a-f]{2,16}$/i.test(text) ? `; hexadecimal is written 0x${text}` : '';
}

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  e: 27,
};

function characterOf(text: string): bigint {
  if (!text.startsWith('\\')) return BigInt.asIntN(8, BigInt(text.codePointAt(0)!));
  const code = text.slice(1);
  if (/^[0-7]/.test(code)) return BigInt.asIntN(8, BigInt(Number.parseInt(code, 8)));
  if (/^x[0-9a-f]/i.test(code)) return BigInt.asIntN(8, BigInt(`0${code}`));
  return BigInt(ESCAPES[code] ?? code.codePointAt(0)!);
}
