import { little } from './draw-kallsyms.ts';

const KINDS: Readonly<Record<string, number>> = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  FLOAT: 16,
  TYPE_TAG: 18,
  ENUM64: 19,
};
const INT_FLAGS: Readonly<Record<string, number>> = { signed: 1, char: 2, bool: 4 };

export interface BtfDrawing {
  /** Strings of the base, for split BTF: offsets continue after it. */
  readonly stringBase?: number;
}

/**
 * BTF from lines, one type each; ids count from the first line on (1, or what the base leaves):
 *
 *     INT int size=4 signed
 *     PTR ->1
 *     ARRAY ->1 n=16
 *     STRUCT flags size=8 { a:1@0 b:1@32:3 }      member:type@bit[:bits]; `-` has no name
 *     ENUM state size=4 signed { RUN=0 DEAD=-1 }
 *     FUNC_PROTO ->0 { x:1 ...:0 }
 *
 * A struct with bit fields carries the kind flag.
 */
export function drawBtf(
  text: string,
  { stringBase = 0 }: BtfDrawing = {},
): Uint8Array<ArrayBuffer> {
  const strings = new Map<string, number>();
  const stringBytes: number[] = stringBase === 0 ? [0] : [];
  const offsetOf = (name: string): number => {
    if (name === '' || name === '-') return 0;
    let offset = strings.get(name);
    if (offset === undefined) {
      offset = stringBase + stringBytes.length;
      strings.set(name, offset);
      for (const character of name) stringBytes.push(character.charCodeAt(0));
      stringBytes.push(0);
    }
    return offset;
  };
  const types: number[] = [];
  for (const line of text.trim().split('\n')) types.push(...encodeType(line.trim(), offsetOf));
  const header = [
    ...little(0xeb9fn, 2),
    1,
    0,
    ...[24, 0, types.length, types.length, stringBytes.length].flatMap((n) => little(BigInt(n), 4)),
  ];
  return Uint8Array.from([...header, ...types, ...stringBytes]);
}

function encodeType(line: string, offsetOf: (name: string) => number): number[] {
  const [head = '', body = ''] = line.split('{');
  const words = head.trim().split(/\s+/);
  const kindName = words[0] ?? '';
  const kind = KINDS[kindName];
  if (kind === undefined) throw new Error(`no BTF kind: ${line}`);
  // The first word, unless it is an option; `~` stands for a space.
  const first = words[1] ?? '';
  const name = /^[A-Za-z_~0-9]+$/.test(first) ? first.split('~').join(' ') : '';
  const option = (pattern: RegExp): number => Number(pattern.exec(head)?.[1] ?? 0);
  const target = option(/->(\d+)/);
  const size = option(/size=(\d+)/);
  const items = body.replace('}', '').trim().split(/\s+/).filter(Boolean);
  const bitFields = items.some((item) => /@\d+:\d+$/.test(item));
  const flag = bitFields || words.slice(1).some((w) => w === 'signed' || w === 'union');
  const word = (value: number | bigint): number[] => little(BigInt(value), 4);
  const isInt = kindName === 'INT';
  const info = ((flag && !isInt ? 0x80000000 : 0) | (kind << 24) | items.length) >>> 0;
  const third = [
    'PTR',
    'TYPEDEF',
    'CONST',
    'VOLATILE',
    'RESTRICT',
    'FUNC',
    'FUNC_PROTO',
    'VAR',
    'TYPE_TAG',
  ];
  const bytes = [
    ...word(offsetOf(name)),
    ...word(info),
    ...word(third.includes(kindName) ? target : kindName === 'ARRAY' ? 0 : size),
  ];
  if (isInt) {
    const encoding = words.slice(2).reduce((sum, w) => sum | (INT_FLAGS[w] ?? 0), 0);
    bytes.push(...word(((encoding << 24) | (option(/bits=(\d+)/) || size * 8)) >>> 0));
  }
  if (kindName === 'ARRAY') bytes.push(...word(target), ...word(0), ...word(option(/n=(\d+)/)));
  if (kindName === 'VAR') bytes.push(...word(1));
  for (const item of items) bytes.push(...encodeItem(kindName, item, bitFields, offsetOf));
  return bytes;
}

function encodeItem(
  kind: string,
  item: string,
  bitFields: boolean,
  offsetOf: (name: string) => number,
): number[] {
  const word = (value: number | bigint): number[] => little(BigInt(value), 4);
  if (kind === 'ENUM' || kind === 'ENUM64') {
    const [name = '', value = '0'] = item.split('=');
    const number = BigInt(value);
    const high = kind === 'ENUM64' ? word(BigInt.asUintN(64, number) >> 32n) : [];
    return [...word(offsetOf(name)), ...word(number & 0xffffffffn), ...high];
  }
  const [name = '', rest = ''] = item.split(':', 1).concat(item.slice(item.indexOf(':') + 1));
  if (kind === 'FUNC_PROTO')
    return [...word(offsetOf(name === '...' ? '' : name)), ...word(Number(rest))];
  const [type = '0', place = '0'] = rest.split('@');
  const [bit = '0', bits = '0'] = place.split(':');
  const where = bitFields ? (Number(bits) << 24) | Number(bit) : Number(bit);
  return [...word(offsetOf(name)), ...word(Number(type)), ...word(where)];
}
