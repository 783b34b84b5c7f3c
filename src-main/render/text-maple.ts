import type { MapleNode, MapleRoot, MapleStep } from '../../src-shared/contract/index.ts';
import { hexDigits } from './units.ts';

/** `maple_tree(…) flags 30B, height 2 root 0x…` and a blank line. */
export function mapleRootLines({ address, flags, height, root }: MapleRoot): string[] {
  const digits = flags.toString(16).toUpperCase();
  return [
    `maple_tree(${hexDigits(address)}) flags ${digits}, height ${height} root 0x${hexDigits(root)}`,
    '',
  ];
}

/**
 * A node with all that is in it, or a range and its entry, as `tree -v` of crash; entries are
 * addresses in both radixes.
 */
export function mapleLine(step: MapleStep, address: bigint, radix: 10 | 16): string {
  const { depth, first, last, node } = step;
  const number = (value: bigint): string => value.toString(radix);
  const range = first === last ? number(first) : `${number(first)}-${number(last)}`;
  const lead = `${'  '.repeat(depth)}${range}: `;
  if (node === undefined) return `${lead}${entryText(address, radix)}`;
  const { type, parent } = node;
  return `${lead}node ${pointer(address)} depth ${depth} type ${type} parent ${pointer(parent)} contents: ${contents(node, number)}`;
}

function contents(node: MapleNode, number: (value: bigint) => string): string {
  const { gaps = [], meta, slots, pivots } = node;
  const counted = gaps.map((gap) => `${number(gap)} `).join('');
  const told = meta === undefined ? '' : `| ${byte(meta.end)} ${byte(meta.gap)}| `;
  const pairs = pivots.map((pivot, i) => `${pointer(slots[i] ?? 0n)} ${number(pivot)} `).join('');
  return `${counted}${told}${pairs}${pointer(slots.at(-1) ?? 0n)}`;
}

function entryText(address: bigint, radix: 10 | 16): string {
  if (address !== 0n) return `0x${hexDigits(address)}`;
  return radix === 16 ? '0x0' : '0';
}

/** C's `%p`. */
function pointer(value: bigint): string {
  return value === 0n ? '(nil)' : `0x${hexDigits(value)}`;
}

function byte(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0');
}
