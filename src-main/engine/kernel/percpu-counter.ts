import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';

/**
 * `percpu_counter_sum`: the central count plus what every CPU has not folded in yet.
 * @param counter `struct percpu_counter`
 * @throws FaultError
 * @source include/linux/percpu_counter.h; lib/percpu_counter.c `__percpu_counter_sum`
 */
export function percpuCounterSum(program: Program, counter: KernelObject): bigint {
  let sum = counter.member('count').bigint();
  if (!counter.has('counters')) return sum; // !CONFIG_SMP
  const counters = counter.member('counters').pointer();
  // A single-threaded process' counter may have no per-CPU part allocated.
  if (counters === 0n) return sum;
  for (const cpu of program.cpus.possible) {
    sum += BigInt(program.kernel.readS32(program.perCpuAddress(counters, cpu)));
  }
  return sum;
}
