import { UsageError, type Command } from './command.ts';
import { findHex } from './numbers.ts';
import { parseOptions } from './options.ts';
import { tableBlock } from './table.ts';

const PAGE_SHIFT = 12n;

export const btop: Command = command(
  'btop',
  'the page number of an address',
  'address …',
  'Page frame numbers of hexadecimal physical addresses: the address without its low 12 bits.',
  (value) => value >> PAGE_SHIFT,
);

export const ptob: Command = command(
  'ptob',
  'the address of a page number',
  'page_number …',
  'Physical addresses of hexadecimal page frame numbers: the number with 12 zero bits behind it.',
  (value) => BigInt.asUintN(64, value << PAGE_SHIFT),
);

function command(
  name: string,
  summary: string,
  usage: string,
  help: string,
  convert: (value: bigint) => bigint,
): Command {
  return {
    name,
    summary,
    usage,
    help: [help],
    needs: [],
    *run(_context, args) {
      const { operands } = parseOptions(args, '');
      if (operands.length === 0) throw new UsageError(`${usage.replace(' …', '')} is needed`);
      const values = operands.map((text) => {
        const value = findHex(text);
        if (value === undefined) throw new UsageError(`invalid input: "${text}"`);
        return value;
      });
      const kind = 'physical' as const;
      yield tableBlock(
        name,
        [
          { id: 'from', title: name === 'btop' ? 'ADDRESS' : 'PAGE', kind, cell: (row) => row },
          { id: 'to', title: name === 'btop' ? 'PAGE' : 'ADDRESS', kind, cell: convert },
        ],
        values,
      );
    },
  };
}
