import { Bytes } from './assemble.ts';
import { drawExpression } from './draw-expression.ts';

const KINDS = [
  'end',
  'base_addressx',
  'startx_endx',
  'startx_length',
  'offset_pair',
  'default',
  'base_address',
  'start_end',
  'start_length',
] as const;

/**
 * Lists of .debug_loclists or .debug_rnglists (after their header, which nothing here needs):
 * `offset_pair 0 0x10 [reg5]`, `base_address 0x1000`, `end`; without `[…]` a range.
 */
export function drawLists(text: string, ranges = false): Uint8Array {
  const bytes = new Bytes();
  for (const line of text.trim().split('\n')) {
    const [, kind = '', a = '', b = '', expression] =
      /^(\w+)(?: ([0-9a-fx]+))?(?: ([0-9a-fx]+))?(?: \[(.*)\])?$/.exec(line.trim()) ?? [];
    const index = KINDS.indexOf(kind as (typeof KINDS)[number]);
    // Range lists have no default location.
    bytes.int(ranges && index > 5 ? index - 1 : index, 1);
    if (kind === 'base_address' || kind.startsWith('start_')) bytes.int(BigInt(a), 8);
    else if (a !== '') bytes.uleb(BigInt(a));
    if (kind === 'start_end') bytes.int(BigInt(b), 8);
    else if (b !== '') bytes.uleb(BigInt(b));
    if (expression === undefined) continue;
    const drawn = drawExpression(expression);
    bytes.uleb(drawn.length).add(drawn);
  }
  return bytes.toArray();
}

/** .debug_loc (with `[…]`) or .debug_ranges: `0 0x10 [reg5]`, `base 0x1000`, `end`. */
export function drawOldLists(text: string): Uint8Array {
  const bytes = new Bytes();
  for (const line of text.trim().split('\n')) {
    const [, a = '', b = '', expression] =
      /^(\w+)(?: ([0-9a-fx]+))?(?: \[(.*)\])?$/.exec(line.trim()) ?? [];
    if (a === 'end') bytes.int(0, 8).int(0, 8);
    else if (a === 'base') bytes.int(-1, 8).int(BigInt(b), 8);
    else bytes.int(BigInt(a), 8).int(BigInt(b), 8);
    if (expression === undefined) continue;
    const drawn = drawExpression(expression);
    bytes.int(drawn.length, 2).add(drawn);
  }
  return bytes.toArray();
}

/** .debug_aranges: `unit low length`, a set each. */
export function drawAranges(text: string): Uint8Array {
  const bytes = new Bytes();
  for (const line of text.trim().split('\n')) {
    const [unit = '', low = '', length = ''] = line.trim().split(' ');
    bytes.int(44, 4).int(2, 2).int(BigInt(unit), 4).int(8, 1).int(0, 1).int(0, 4);
    bytes.int(BigInt(low), 8).int(BigInt(length), 8).int(0, 16);
  }
  return bytes.toArray();
}
