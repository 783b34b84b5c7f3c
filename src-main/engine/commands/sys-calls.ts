import type { Block, CellValue } from '../../../src-shared/contract/index.ts';
import { addVirt, hex, virtAddr, type VirtAddr } from '../base/address.ts';
import { valueOrFault } from '../base/fault.ts';
import { isFunctionSymbol } from '../kernel/function-symbol.ts';
import type { Program } from '../program/program.ts';
import { info, warning } from './context.ts';
import { absentOf } from './facts.ts';
import { tableBlock, type ColumnOf } from './table.ts';

interface SystemCall {
  readonly number: number;
  readonly name: CellValue;
  readonly address: VirtAddr | undefined;
}

/** More than any kernel has; the distance to the next symbol is all that tells where the table ends. */
const MAX_CALLS = 1024;

/**
 * The table of system calls (`sys -c`): all, or those of a number or with a text in their name.
 * @throws FaultError when the kernel has no such table
 */
export function* systemCalls(program: Program, wanted: readonly string[]): Generator<Block> {
  const calls = readCalls(program);
  const shown = wanted.length === 0 ? calls : calls.filter((call) => isWanted(call, wanted));
  if (shown.length === 0) yield info(`no system call is ${wanted.join(' or ')}`);
  else yield tableBlock('sys-c', columns(program), shown);
  const odd = calls.filter(({ name }) => typeof name === 'string' && name.startsWith('('));
  if (odd.length > 0) {
    yield warning(
      `Not the start of a kernel function: system call ${odd.map(({ number }) => number).join(', ')}.`,
    );
  }
  if (program.symbols.has('x64_sys_call')) {
    yield info(
      'this kernel calls by the switch in x64_sys_call; the table serves tracing alone, and a changed entry is not called',
    );
  }
}

function isWanted({ number, name }: SystemCall, wanted: readonly string[]): boolean {
  return wanted.some((text) => {
    if (/^[0-9]+$/.test(text) || /^0x[0-9a-f]+$/i.test(text)) return Number(text) === number;
    return typeof name === 'string' && name.includes(text);
  });
}

function readCalls(program: Program): SystemCall[] {
  const { address } = program.symbols.require('sys_call_table');
  const size = program.symbols.at(address)?.symbol.size ?? 0;
  const count = Math.min(Math.floor(size / 8), MAX_CALLS);
  const calls: SystemCall[] = [];
  let last = 0;
  for (let number = 0; number < count; number++) {
    const found = valueOrFault(() => program.kernel.readU64(addVirt(address, number * 8)));
    if (!('value' in found)) {
      calls.push({ number, name: absentOf(found.fault), address: undefined });
      continue;
    }
    const target = virtAddr(found.value);
    const name = functionAt(program, target);
    if (name !== undefined) last = number + 1;
    calls.push({ number, name: name ?? `(${hex(target)})`, address: target });
  }
  // What follows the last function is padding, or data that has no symbol.
  return calls.slice(0, last);
}

/** The name of the kernel's function there. */
function functionAt(program: Program, address: VirtAddr): string | undefined {
  const hit = program.symbols.at(address);
  if (hit?.offset !== 0 || hit.symbol.module !== undefined) return undefined;
  return isFunctionSymbol(program, hit.symbol) ? hit.symbol.name : undefined;
}

function columns(program: Program): ColumnOf<SystemCall>[] {
  const { debugInfo } = program;
  const all: ColumnOf<SystemCall>[] = [
    { id: 'number', title: 'NUM', kind: 'id', cell: ({ number }) => number },
    { id: 'name', title: 'SYSTEM CALL', kind: 'text', cell: ({ name }) => name },
  ];
  if (debugInfo === undefined) return all;
  const sourceOf = ({ address }: SystemCall): string => {
    const line = address && debugInfo.findLocation(address, false)?.line;
    return line?.file === undefined || line.line === undefined ? '' : `${line.file}: ${line.line}`;
  };
  return [...all, { id: 'source', title: 'FILE AND LINE NUMBER', kind: 'text', cell: sourceOf }];
}
