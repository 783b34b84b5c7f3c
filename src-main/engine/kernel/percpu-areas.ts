import { addVirt, type VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { Program } from '../program/program.ts';
import { memoized } from '../base/memo.ts';

/** The static per-CPU variables of one CPU, [start, end). */
export interface PerCpuArea {
  readonly cpu: number;
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * Where each CPU's copy of the static per-CPU section lies; empty when the symbols are missing.
 * @source include/asm-generic/sections.h `__per_cpu_start`, `__per_cpu_end`; mm/percpu.c
 */
export const perCpuAreas = memoized((program: Program): readonly PerCpuArea[] => {
  const start = program.symbols.findInKernel('__per_cpu_start')?.address;
  const end = program.symbols.findInKernel('__per_cpu_end')?.address;
  if (start === undefined || end === undefined || end <= start) return [];
  const areas: PerCpuArea[] = [];
  for (const cpu of tryRead(() => program.cpus.possible) ?? []) {
    const offset = tryRead(() => program.perCpuAddress(start, cpu));
    if (offset === undefined) continue;
    areas.push({ cpu, start: offset, end: addVirt(offset, end - start) });
  }
  return areas;
});

interface PerCpuNames {
  /** Ascending, distances from `__per_cpu_start`. */
  readonly offsets: readonly number[];
  readonly names: readonly string[];
}

/** Static per-CPU variables by their distance from the start of the section. */
const perCpuNames = memoized((program: Program): PerCpuNames => {
  const start = program.symbols.findInKernel('__per_cpu_start')?.address ?? 0n;
  const end = program.symbols.findInKernel('__per_cpu_end')?.address ?? 0n;
  const found: { offset: number; name: string }[] = [];
  const table = program.symbols.kernelTable;
  // Names cost decoding: only those of the section are asked for.
  for (let i = 0; table !== undefined && i < table.count; i++) {
    const address = table.addressOf(i);
    if (address < start || address >= end) continue;
    const name = table.nameOf(i);
    if (!name.startsWith('__per_cpu_')) found.push({ offset: Number(address - start), name });
  }
  found.sort((a, b) => a.offset - b.offset);
  return { offsets: found.map(({ offset }) => offset), names: found.map(({ name }) => name) };
});

export interface PerCpuVariable {
  readonly cpu: number;
  readonly name: string;
  readonly offset: number;
  /** Distance to the next variable. */
  readonly size: number;
}

/** The static per-CPU variable an address lies in. */
export function findPerCpuVariable(
  program: Program,
  address: VirtAddr,
): PerCpuVariable | undefined {
  const area = perCpuAreas(program).find(({ start, end }) => address >= start && address < end);
  if (area === undefined) return undefined;
  const within = Number(address - area.start);
  const { offsets, names } = perCpuNames(program);
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (offsets[middle]! <= within) low = middle + 1;
    else high = middle;
  }
  // A name that was lost: the variable before it does not reach there.
  if (low === 0 || names[low - 1] === '') return undefined;
  const from = offsets[low - 1]!;
  const to = offsets[low] ?? Number(area.end - area.start);
  return { cpu: area.cpu, name: names[low - 1]!, offset: within - from, size: to - from };
}
