import { virtAddr, type VirtAddr } from '../base/address.ts';
import type { Program } from '../program/program.ts';
import type { FoundSymbol } from '../program/symbols.ts';
import { UsageError } from './command.ts';

/** Hex digits with or without `0x`; undefined when the text is none. */
export function findHex(text: string): bigint | undefined {
  const digits = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text)?.[1];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

/** A count: decimal, `0x…`, or hex digits that hold a letter, as crash's `stol`. */
export function findCount(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^-/, '');
  if (/^[0-9]{1,15}$/.test(digits)) return sign * Number(digits);
  const value = findHex(digits);
  return value === undefined || value > 0xffff_ffff_ffffn ? undefined : sign * Number(value);
}

/** @throws UsageError */
export function requireCount(text: string, what: string): number {
  const count = findCount(text);
  if (count === undefined) throw new UsageError(`${what} is no number: ${text}`);
  return count;
}

/** An address a person wrote, and the symbol it came from. */
export interface AddressArgument {
  readonly address: VirtAddr;
  readonly symbol: FoundSymbol | undefined;
}

/**
 * Hex address, symbol, or `symbol+offset` / `(symbol+offset)`. As in crash, text that is all hex
 * digits is a number unless a symbol has that name.
 * @throws UsageError with symbols of similar name when nothing fits
 */
export function addressArgument(program: Program, text: string): AddressArgument {
  const found = findAddressArgument(program, text);
  if (found !== undefined) return found;
  throw new UsageError(`symbol not found: ${text}${alternatives(program, text)}`);
}

export function findAddressArgument(program: Program, text: string): AddressArgument | undefined {
  const bare = /^\((.*)\)$/.exec(text)?.[1] ?? text;
  const sum = /^(.+?)([+-])(0x[0-9a-f]+|[0-9]+)$/i.exec(bare);
  if (sum !== null) {
    const base = findTerm(program, sum[1]!);
    if (base !== undefined) {
      const offset = BigInt(sum[3]!);
      const address = virtAddr(base.address + (sum[2] === '+' ? offset : -offset));
      return { address, symbol: base.symbol };
    }
  }
  return findTerm(program, bare);
}

function findTerm(program: Program, text: string): AddressArgument | undefined {
  const number = findHex(text);
  const symbol =
    number === undefined || !/^[0-9]/.test(text) ? program.symbols.find(text) : undefined;
  if (symbol !== undefined) return { address: symbol.address, symbol };
  return number === undefined ? undefined : { address: virtAddr(number), symbol: undefined };
}

const MAX_ALTERNATIVES = 12;

function alternatives(program: Program, text: string): string {
  if (!/^[\w.]{3,}$/.test(text)) return '';
  const names: string[] = [];
  for (const symbol of program.symbols.iterate({ substring: text })) {
    names.push(symbol.name);
    if (names.length === MAX_ALTERNATIVES) break;
  }
  return names.length === 0 ? '' : `\npossible alternatives:\n  ${names.join('\n  ')}`;
}

/**
 * crash's CPU list: `` (empty: `current`), `a` or `all`, `1,3,5-7`.
 * @param all the CPUs there are
 * @throws UsageError for text that is no list, or a CPU that is not there
 */
export function cpuList(text: string, all: readonly number[], current: number): number[] {
  if (text === '') return [current];
  if (text === 'a' || text === 'all') return [...all];
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const range = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(part);
    if (range === null) throw new UsageError(`no CPU list: ${text}`);
    const first = Number(range[1]);
    const last = Number(range[2] ?? range[1]);
    if (last < first) throw new UsageError(`no CPU list: ${text}`);
    for (let cpu = first; cpu <= last; cpu++) {
      if (!all.includes(cpu))
        throw new UsageError(`CPU ${cpu} does not exist (there are ${all.length})`);
      cpus.add(cpu);
    }
  }
  return [...cpus].sort((a, b) => a - b);
}
