import {
  isAbsent,
  type EntriesBlock,
  type ValueBlock,
  type ValueNode,
} from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { mapleLine, mapleRootLines } from './text-maple.ts';
import { valueLines } from './text-value.ts';
import { hexDigits } from './units.ts';

/** crash's `list` and `tree`: an address a line, under it what was asked for of the object. */
export function entriesLines({ entries, maple, radix }: EntriesBlock): string[] {
  const before = maple === undefined ? [] : mapleRootLines(maple);
  const lines = entries.flatMap(({ address, index, position, values, maple: step }) => {
    const lines = [step === undefined ? hexDigits(address) : mapleLine(step, address, radix ?? 10)];
    if (position !== undefined) {
      const key = index === undefined ? '' : `index: ${index}  `;
      lines.push(`  ${key}position: ${printable(position)}`);
    }
    for (const value of values ?? []) lines.push(...entryValueLines(value));
    return lines;
  });
  return [...before, ...lines];
}

function entryValueLines(block: ValueBlock): string[] {
  const raw = block.raw === true ? rawText(block.value, block.radix) : undefined;
  if (raw !== undefined) return [`  ${printable(block.value.name)} = ${raw}`];
  return valueLines(block);
}

/** A scalar as the number in memory; undefined for what crash leaves to gdb. */
function rawText(node: ValueNode, radix: 10 | 16 | undefined): string | undefined {
  const { value } = node;
  if (node.kind === 'string' && typeof value === 'string') return `"${printable(value)}"`;
  if (value === undefined || isAbsent(value) || typeof value === 'string') return undefined;
  const name = node.symbol === undefined ? '' : ` <${printable(node.symbol.name)}>`;
  if (node.kind === 'pointer') return `0x${hexDigits(BigInt(value))}${name}`;
  if (radix !== 16) return `${BigInt(value)}${name}`;
  return `0x${hexDigits(BigInt.asUintN(Math.max(1, node.size) * 8, BigInt(value)))}${name}`;
}
