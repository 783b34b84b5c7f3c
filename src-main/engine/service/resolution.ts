import type { Resolution, SymbolRef } from '../../../src-shared/contract/index.ts';
import { addVirt, virtAddr } from '../base/address.ts';
import { findTasks } from '../kernel/tasks.ts';
import type { Program } from '../program/program.ts';
import type { SymbolAt } from '../program/symbols.ts';

/**
 * What a person means in a go-to box: `0x…` or 16 hex digits are an address, `name` and
 * `name+0x10` a symbol, a short decimal number a pid, other hex digits an address.
 */
export function resolveText(program: Program, text: string): Resolution {
  const wanted = text.trim();
  if (wanted === '') return { kind: 'none', why: 'nothing was typed' };
  if (/^0x[0-9a-f]{1,16}$/i.test(wanted) || /^[0-9a-f]{16}$/i.test(wanted)) {
    return addressOf(program, BigInt(wanted.startsWith('0x') ? wanted : `0x${wanted}`));
  }
  if (/^[0-9]{1,7}$/.test(wanted)) {
    const pid = Number(wanted);
    const task = findTasks(program).tasks.find((candidate) => candidate.pid === pid);
    if (task !== undefined) {
      return { kind: 'task', pid, task: task.address, command: task.command };
    }
  }
  const symbol = symbolOf(program, wanted);
  if (symbol !== undefined) return symbol;
  if (/^[0-9a-f]{1,16}$/i.test(wanted)) return addressOf(program, BigInt(`0x${wanted}`));
  const task = findTasks(program).tasks.find((candidate) => candidate.command === wanted);
  if (task !== undefined) {
    return { kind: 'task', pid: task.pid, task: task.address, command: task.command };
  }
  return { kind: 'none', why: `no symbol, task or address is called ${JSON.stringify(wanted)}` };
}

function addressOf(program: Program, value: bigint): Resolution {
  const address = virtAddr(value);
  const at = program.symbols.at(address);
  return { kind: 'address', address, ...(at && { symbol: symbolRefOf(at) }) };
}

function symbolOf(program: Program, text: string): Resolution | undefined {
  const parts = /^([A-Za-z_.$][\w.$]*)(?:\+(0x[0-9a-f]{1,12}|[0-9]{1,12}))?$/i.exec(text);
  if (parts === null) return undefined;
  const symbol = program.symbols.find(parts[1]!);
  if (symbol === undefined) return undefined;
  const offset = Number(parts[2] ?? 0);
  return {
    kind: 'address',
    address: addVirt(symbol.address, offset),
    symbol: symbolRefOf({ symbol, offset }),
  };
}

export function symbolRefOf({ symbol, offset }: SymbolAt): SymbolRef {
  const { name, size, module } = symbol;
  return module === undefined ? { name, offset, size } : { name, offset, size, module };
}
