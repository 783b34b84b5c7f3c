import type { VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { Program } from '../program/program.ts';
import { memoized } from '../base/memo.ts';
import { perCpuAreas } from './percpu-areas.ts';
import { taskStackRange } from './task.ts';
import { findTasks } from './tasks.ts';

/** Something of known place and size in the kernel's address space, [start, end). */
export interface Interval {
  readonly start: bigint;
  readonly end: bigint;
  /** `task stack`, `task_struct`, `per-CPU`, `irq stack`. */
  readonly kind: string;
  readonly label: string;
  readonly pid?: number;
}

/** IRQ stacks are as large as task stacks. @source arch/x86/include/asm/page_64_types.h IRQ_STACK_SIZE */
const IRQ_STACK_SIZE = 16384;

/** Ascending by start. Task stacks, task_structs, IRQ stacks and per-CPU areas. */
export const kernelIntervals = memoized((program: Program): readonly Interval[] => {
  const intervals: Interval[] = [];
  const { tasks } = findTasks(program);
  const taskSize = taskStructSize(program);
  for (const task of tasks) {
    const who = `${task.pid} (${task.command})`;
    const stack = taskStackRange(program, task);
    if (stack !== undefined) {
      intervals.push({ ...stack, kind: 'task stack', label: `stack of ${who}`, pid: task.pid });
    }
    intervals.push({
      start: task.address,
      end: task.address + BigInt(taskSize),
      kind: 'task_struct',
      label: `task_struct of ${who}`,
      pid: task.pid,
    });
  }
  intervals.push(...irqStacks(program));
  for (const area of perCpuAreas(program)) {
    intervals.push({
      start: area.start,
      end: area.end,
      kind: 'per-CPU',
      label: `per-CPU area of CPU ${area.cpu}`,
    });
  }
  return intervals.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
});

/**
 * Bytes allocated for a task_struct: on x86 the FPU state at its end has only the size this CPU needs.
 * @source arch/x86/kernel/fpu/init.c `arch_task_struct_size`
 */
function taskStructSize(program: Program): number {
  const whole = tryRead(() => program.object('struct task_struct', 0n as VirtAddr).size) ?? 0;
  const used = tryRead(() => program.global('arch_task_struct_size', 'unsigned int').number());
  return used === undefined || used === 0 ? whole : Math.min(used, whole);
}

/**
 * `hardirq_stack_ptr` of each CPU points at the top of its stack, since 5.12 one word below. A per-CPU variable of its own
 * until 6.1 and since 6.14, a member of `pcpu_hot` between.
 * @source arch/x86/kernel/irq_64.c `map_irq_stack()`
 */
function irqStacks(program: Program): Interval[] {
  const stacks: Interval[] = [];
  for (const cpu of tryRead(() => program.cpus.possible) ?? []) {
    const top = tryRead(() =>
      program.symbols.has('hardirq_stack_ptr')
        ? program.perCpu('hardirq_stack_ptr', 'unsigned long', cpu).pointer()
        : program.perCpu('pcpu_hot', 'struct pcpu_hot', cpu).member('hardirq_stack_ptr').pointer(),
    );
    if (top === undefined || top === 0n) continue;
    const end = (top + 4095n) & ~4095n;
    stacks.push({
      start: end - BigInt(IRQ_STACK_SIZE),
      end,
      kind: 'irq stack',
      label: `IRQ stack of CPU ${cpu}`,
    });
  }
  return stacks;
}

/** The interval an address lies in; of several the one that starts last. */
export function intervalAt(intervals: readonly Interval[], address: bigint): Interval | undefined {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (intervals[middle]!.start <= address) low = middle + 1;
    else high = middle;
  }
  // A few may be nested (init's task_struct in the kernel image): look back a little.
  for (let i = low - 1; i >= 0 && i >= low - 4; i--) {
    if (address < intervals[i]!.end) return intervals[i];
  }
  return undefined;
}
