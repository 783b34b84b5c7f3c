import type { Program } from '../program/program.ts';
import type { FoundSymbol } from '../program/symbols.ts';

/**
 * Whether a symbol names a static per-CPU variable of the kernel: its address is an offset, or lies
 * in the section that every CPU has a copy of.
 * @source include/asm-generic/sections.h `__per_cpu_start`; absolute offsets before 6.15, commit
 *   9d7de2aa8b41 ("x86/percpu/64: Use relative percpu offsets")
 */
export function isPerCpuSymbol(program: Program, symbol: FoundSymbol): boolean {
  if (symbol.module !== undefined) return false;
  const start = program.symbols.findInKernel('__per_cpu_start')?.address;
  const end = program.symbols.findInKernel('__per_cpu_end')?.address;
  if (symbol.name.startsWith('__per_cpu_')) return false;
  if (start === undefined || end === undefined || end <= start) return symbol.perCpu;
  return symbol.address >= start && symbol.address < end;
}
