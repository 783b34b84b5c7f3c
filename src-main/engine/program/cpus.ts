import { FaultError } from '../base/fault.ts';
import type { KernelObject } from './object.ts';

/** CPU numbers by mask, ascending. */
export interface CpuSets {
  readonly possible: readonly number[];
  readonly present: readonly number[];
  readonly online: readonly number[];
}

/** NR_CPUS of any x86-64 configuration is at most this (CONFIG_MAXSMP). */
export const MAX_CPUS = 8192;

/**
 * The CPUs set in a `struct cpumask`.
 * @source include/linux/cpumask.h; one bit a CPU, in longs
 */
export function cpusOfMask(mask: KernelObject): number[] {
  const bytes = mask.space.read(mask.address, Math.min(mask.size, MAX_CPUS / 8));
  const cpus: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    for (let bit = 0; bit < 8; bit++) if ((bytes[i]! >> bit) & 1) cpus.push(i * 8 + bit);
  }
  return cpus;
}

/**
 * The kernel's CPU masks. @param global looks a mask up by symbol
 * @throws FaultError when a mask cannot be read or no CPU is possible
 * @source kernel/cpu.c `__cpu_possible_mask`, `__cpu_present_mask`, `__cpu_online_mask`
 */
export function readCpuSets(global: (symbol: string) => KernelObject): CpuSets {
  const possible = cpusOfMask(global('__cpu_possible_mask'));
  if (possible.length === 0) {
    throw new FaultError({
      kind: 'corrupt',
      what: '__cpu_possible_mask',
      expected: 'at least one CPU',
      found: 'none',
    });
  }
  return {
    possible,
    present: cpusOfMask(global('__cpu_present_mask')),
    online: cpusOfMask(global('__cpu_online_mask')),
  };
}
