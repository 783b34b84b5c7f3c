import { ENTRY_ADDRESS_MASK, flagNamesOf, PTE_PRESENT, PTE_PSE } from '../arch/x86-64/paging.ts';
import { decodeNotPresent, describeNotPresent } from '../arch/x86-64/swap-entry.ts';
import { UsageError, type Command } from './command.ts';
import { notApplicable } from './facts.ts';
import { findHex } from './numbers.ts';
import { parseOptions } from './options.ts';
import { tableBlock } from './table.ts';

export const pte: Command = {
  name: 'pte',
  summary: 'what a page-table entry says',
  usage: 'contents …',
  help: [
    'Physical page and flags of hexadecimal page-table entries of x86-64; of one that is not present',
    'what it stands for: swap area and page, migration, a marker, nothing.',
  ],
  needs: [],
  *run(_context, args) {
    const { operands } = parseOptions(args, '');
    if (operands.length === 0) throw new UsageError('the contents of an entry are needed');
    const entries = operands.map((text) => {
      const entry = findHex(text);
      if (entry === undefined) throw new UsageError(`invalid input: "${text}"`);
      return entry;
    });
    yield tableBlock(
      'pte',
      [
        { id: 'pte', title: 'PTE', kind: 'flags', cell: (row) => row },
        { id: 'physical', title: 'PHYSICAL', kind: 'physical', cell: physOf },
        { id: 'flags', title: 'FLAGS', kind: 'text', cell: flagsOf },
        { id: 'meaning', title: 'MEANING', kind: 'text', cell: meaningOf },
      ],
      entries,
    );
  },
};

const isPresent = (entry: bigint): boolean => (entry & PTE_PRESENT) !== 0n;

function physOf(entry: bigint): bigint {
  return isPresent(entry) ? entry & ENTRY_ADDRESS_MASK : 0n;
}

function flagsOf(entry: bigint) {
  if (!isPresent(entry)) return notApplicable('no mapping');
  // Bit 7 means a large page where one can be, so everywhere but in the last table.
  const level = (entry & PTE_PSE) !== 0n ? 'pmd' : 'pte';
  return flagNamesOf(entry, level)
    .filter((flag) => !/^SW\d$/.test(flag))
    .join('|');
}

function meaningOf(entry: bigint): string {
  if (isPresent(entry) || entry === 0n) return '';
  return describeNotPresent(decodeNotPresent(entry, false));
}
