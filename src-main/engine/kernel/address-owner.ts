import type { AddressInfo, MemoryOwner } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import type { Program } from '../program/program.ts';
import { intervalAt, kernelIntervals } from './intervals.ts';
import { findPerCpuVariable } from './percpu-areas.ts';
import { findSlabObject } from './slab.ts';

/**
 * What a kernel address belongs to, by the kernel's own tables. A symbol reaches to the next one:
 * kallsyms knows no sizes. The most specific answer wins: symbol, task, stack, per-CPU variable, slab object, module, region.
 */
export function describeAddress(program: Program, value: bigint): AddressInfo {
  const address = virtAddr(value);
  const at = program.symbols.at(address);
  if (at !== undefined) {
    const { name, size, module } = at.symbol;
    const kind = module === undefined ? program.translator.regionOf(address).name : 'module';
    return {
      address,
      kind,
      label: symbolLabel(name, at.offset, module, kind),
      symbol:
        module === undefined
          ? { name, offset: at.offset, size }
          : { name, offset: at.offset, size, module },
    };
  }
  const interval = intervalAt(kernelIntervals(program), address);
  if (interval !== undefined && interval.kind !== 'per-CPU') {
    const label = plus(interval.label, Number(address - interval.start));
    return interval.pid === undefined
      ? { address, kind: interval.kind, label }
      : { address, kind: interval.kind, label, pid: interval.pid };
  }
  const perCpu = findPerCpuVariable(program, address);
  if (perCpu !== undefined) {
    return {
      address,
      kind: 'per-CPU',
      label: `${plus(perCpu.name, perCpu.offset)} of CPU ${perCpu.cpu}`,
    };
  }
  const slab = findSlabObject(program, address);
  if (slab !== undefined) {
    return {
      address,
      kind: 'slab',
      label: `${slab.cache} object +${hexOf(Number(address - slab.start))}`,
    };
  }
  const region = program.translator.regionOf(address);
  return { address, kind: region.name, label: region.name };
}

/**
 * Bytes of read-only data that may be taken for the symbol's before them. kallsyms knows no sizes, and
 * behind the last symbol of .rodata lie a megabyte of string literals.
 */
export const RODATA_REACH = 0x1000;

function symbolLabel(
  name: string,
  offset: number,
  module: string | undefined,
  region: string,
): string {
  if (module !== undefined) return `${plus(name, offset)} [${module}]`;
  if (region === 'kernel rodata' && offset >= RODATA_REACH) {
    return `${region}, ${hexOf(offset)} after ${name}`;
  }
  const label = plus(name, offset);
  return region === 'kernel init' ? `${label} (init memory, freed after boot)` : label;
}

/** Owner that an address interval of the tables gives, relative to a range that starts at `base`. */
export function clipOwner(
  owner: {
    readonly start: bigint;
    readonly end: bigint;
    readonly kind: string;
    readonly label: string;
  },
  base: bigint,
  length: number,
): MemoryOwner | undefined {
  const start = owner.start > base ? owner.start : base;
  const limit = base + BigInt(length);
  const end = owner.end < limit ? owner.end : limit;
  if (end <= start) return undefined;
  return {
    offset: Number(start - base),
    length: Number(end - start),
    kind: owner.kind,
    label: owner.label,
    address: owner.start,
  };
}

function plus(name: string, offset: number): string {
  return offset === 0 ? name : `${name}+${hexOf(offset)}`;
}

function hexOf(value: number): string {
  return `0x${value.toString(16)}`;
}
