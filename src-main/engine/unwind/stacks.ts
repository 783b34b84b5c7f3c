import { tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { findMember, memberOf, offsetOf, sizeOf } from '../types/layout.ts';
import type { StackKind, StackRange } from './environment.ts';

/** THREAD_SIZE without KASAN. @source arch/x86/include/asm/page_64_types.h */
const THREAD_SIZE = 16384;
const IRQ_STACK_SIZE = 16384;
const PAGE_MASK = 4095n;

/**
 * A task's own kernel stack. THREAD_SIZE is the size of union thread_union.
 * @throws FaultError
 */
export function taskStackOf(program: Program, task: KernelObject): StackRange {
  const start = task.member('stack').pointer();
  const union = program.findType('union thread_union');
  const size = (union && tryRead(() => sizeOf(union))) ?? THREAD_SIZE;
  return { kind: 'task', start, end: start + BigInt(size) };
}

/** Stacks of a CPU, and whether all of them were found. */
export interface CpuStacks {
  readonly ranges: readonly StackRange[];
  readonly complete: boolean;
}

/**
 * Interrupt, exception and entry stacks of a CPU. What cannot be found is left out.
 * @source arch/x86/kernel/dumpstack_64.c `get_stack_info_noinstr()`, arch/x86/include/asm/cpu_entry_area.h
 */
export function cpuStacksOf(program: Program, cpu: number): CpuStacks {
  const irq = tryRead(() => irqStackOf(program, cpu));
  const exceptions = tryRead(() => exceptionStacksOf(program, cpu));
  return {
    ranges: [...(irq ? [irq] : []), ...(exceptions ?? [])],
    complete: irq !== undefined && exceptions !== undefined,
  };
}

/**
 * hardirq_stack_ptr is per CPU on its own (5.10-6.1 and 6.15+) or a member of pcpu_hot (commit
 * d7b6d709a76a, 6.2). It is the top of the stack, less one word since 5.12.
 */
function irqStackOf(program: Program, cpu: number): StackRange {
  const pointer = program.symbols.has('hardirq_stack_ptr')
    ? program.kernel.readU64(program.perCpuAddress('hardirq_stack_ptr', cpu))
    : program.perCpu('pcpu_hot', 'struct pcpu_hot', cpu).member('hardirq_stack_ptr').pointer();
  const type = program.findType('struct irq_stack');
  const size = (type && tryRead(() => sizeOf(type))) ?? IRQ_STACK_SIZE;
  const end = (pointer + PAGE_MASK) & ~PAGE_MASK;
  return { kind: 'irq', start: end - BigInt(size), end };
}

/** Member prefix of struct cea_exception_stacks -> the contract's name. */
const EXCEPTION_STACKS: readonly (readonly [string, StackKind])[] = [
  ['DF_stack', 'df'],
  ['NMI_stack', 'nmi'],
  ['DB_stack', 'db'],
  ['MCE_stack', 'mce'],
  ['VC_stack', 'vc'],
  ['VC2_stack', 'vc'],
];

function exceptionStacksOf(program: Program, cpu: number): StackRange[] {
  const pointer = program.perCpuAddress('cea_exception_stacks', cpu);
  const start = program.kernel.readU64(pointer);
  const type = program.type('struct cea_exception_stacks');
  const ranges: StackRange[] = [];
  for (const [name, kind] of EXCEPTION_STACKS) {
    const member = findMember(type, name);
    if (member === undefined) continue;
    const from = start + BigInt(member.bitOffset / 8);
    ranges.push({ kind, start: from, end: from + BigInt(sizeOf(member.type)) });
  }
  const entry = tryRead(() => entryStackOf(program, start));
  return entry === undefined ? ranges : [...ranges, entry];
}

/** The entry stack lies in the same cpu_entry_area as the exception stacks. */
function entryStackOf(program: Program, exceptionStacks: bigint): StackRange {
  const type = program.type('struct cpu_entry_area');
  const area = exceptionStacks - BigInt(offsetOf(type, 'estacks'));
  const page = memberOf(type, 'entry_stack_page');
  const start = area + BigInt(page.bitOffset / 8);
  return { kind: 'entry', start, end: start + BigInt(sizeOf(page.type)) };
}
