import { physAddr, virtAddr } from '../base/address.ts';
import { UsageError, type Command } from './command.ts';
import type { CommandContext } from './context.ts';
import { cell, notApplicable } from './facts.ts';
import { cpuList, findHex } from './numbers.ts';
import { parseOptions } from './options.ts';
import { tableBlock } from './table.ts';

export const ptov: Command = {
  name: 'ptov',
  summary: 'the virtual address of a physical one, or of a per-CPU offset',
  usage: 'address … | offset:cpus …',
  help: [
    'Where the direct map has a physical address, or where each of some CPUs has a per-CPU offset',
    '(:0, :1,3-5, :a all, : of the current task). All numbers are hexadecimal.',
  ],
  needs: ['memory'],
  *run(context, args) {
    const { operands } = parseOptions(args, '');
    if (operands.length === 0) throw new UsageError('a physical address or offset:cpus is needed');
    const plain = operands.filter((text) => !text.includes(':')).map(hexOf);
    if (plain.length > 0) yield physicalTable(context, plain);
    for (const text of operands.filter((each) => each.includes(':'))) {
      const [offset = '', cpus = ''] = text.split(':');
      yield perCpuTable(context, hexOf(offset), cpus);
    }
  },
};

function hexOf(text: string): bigint {
  const value = findHex(text);
  if (value === undefined) throw new UsageError(`invalid input: "${text}"`);
  return value;
}

function physicalTable({ program }: CommandContext, addresses: readonly bigint[]) {
  return tableBlock(
    'ptov',
    [
      {
        id: 'virtual',
        title: 'VIRTUAL',
        kind: 'address',
        cell: (row) =>
          cell(
            () =>
              program.translator.directMap(physAddr(row)) ??
              notApplicable('outside of the direct map'),
          ),
      },
      { id: 'physical', title: 'PHYSICAL', kind: 'physical', cell: (row) => row },
    ],
    addresses,
  );
}

function perCpuTable({ program, session }: CommandContext, offset: bigint, cpus: string) {
  const current = session.currentTask(program)?.cpu ?? 0;
  return tableBlock(
    `ptov-percpu ${offset.toString(16)}`,
    [
      { id: 'cpu', title: 'CPU', kind: 'id', cell: (row) => row },
      {
        id: 'virtual',
        title: 'VIRTUAL',
        kind: 'address',
        cell: (row) => cell(() => program.perCpuAddress(virtAddr(offset), row)),
      },
    ],
    cpuList(cpus, program.cpus.possible, current),
  );
}
