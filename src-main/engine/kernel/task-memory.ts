import { tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { memoized } from '../base/memo.ts';
import { percpuCounterSum } from './percpu-counter.ts';
import { requirePart, type Task } from './task.ts';
import type { TaskSet } from './tasks.ts';

/** Sizes of a process' address space in pages. */
export interface TaskMemory {
  /** `mm->total_vm`. */
  readonly virtualPages: number;
  /** Resident: file, anonymous and shared-memory pages; never negative. */
  readonly residentPages: number;
}

/**
 * `mm_struct.rss_stat` indexes: MM_FILEPAGES, MM_ANONPAGES, MM_SHMEMPAGES (MM_SWAPENTS is 2).
 * @source include/linux/mm_types_task.h
 */
const RESIDENT_COUNTERS = [0, 1, 3] as const;

/**
 * Memory of the process a task belongs to; undefined for tasks without one (kernel threads) and for
 * zombies, whose mm is gone.
 * @throws FaultError
 */
export function taskMemory(program: Program, set: TaskSet, task: Task): TaskMemory | undefined {
  const address = requirePart(task, task.mm);
  if (address === 0n || task.letters === 'ZO') return undefined;
  const mm = program.object('struct mm_struct', address);
  return {
    virtualPages: mm.member('total_vm').number(),
    residentPages: Math.max(0, residentPages(program, mm) + unsyncedPages(set, task)),
  };
}

/**
 * Until 6.1 `rss_stat` is a `struct mm_rss_stat` of atomic_long_t; since 6.2 (commit f1a7941243c1)
 * an array of percpu_counter. Each counter may be negative for a moment and then counts as 0.
 */
function residentPages(program: Program, mm: KernelObject): number {
  let pages = 0;
  for (const index of RESIDENT_COUNTERS) {
    const count = mm.has('rss_stat.count')
      ? mm.member(`rss_stat.count[${index}].counter`).number()
      : Number(percpuCounterSum(program, mm.member(`rss_stat[${index}]`)));
    pages += Math.max(0, count);
  }
  return pages;
}

/**
 * Pages that the threads of the group have counted for themselves and not yet added to the mm
 * (SPLIT_RSS_COUNTING, until 6.1: `task_struct.rss_stat`).
 */
function unsyncedPages(set: TaskSet, task: Task): number {
  if (!task.object.has('rss_stat.count')) return 0;
  return groupCache(set).of(task.tgid, () => {
    let pages = 0;
    for (const thread of set.tasks) {
      if (thread.tgid !== task.tgid) continue;
      for (const index of RESIDENT_COUNTERS) {
        const count = tryRead(() => thread.object.member(`rss_stat.count[${index}]`).number());
        pages += Math.max(0, count ?? 0);
      }
    }
    return pages;
  });
}

/** One sum per thread group, or a process of 10,000 threads costs 10^8 reads. */
const groupCache = memoized((_set: TaskSet) => {
  const sums = new Map<number, number>();
  return {
    of(tgid: number, sum: () => number): number {
      let known = sums.get(tgid);
      if (known === undefined) sums.set(tgid, (known = sum()));
      return known;
    },
  };
});

/**
 * Pages that %MEM is relative to: those below `high_memory` (the end of RAM in the direct map), as
 * crash counts. Undefined when that cannot be read.
 * @source mm/memory.c `high_memory`
 */
export const physicalPages = memoized((program: Program): number | undefined =>
  tryRead(() => {
    const end = program.global('high_memory', 'unsigned long').pointer();
    // high_memory is one past the last byte: translate the last one
    const last = program.kernel.translate((end - 1n) as typeof end);
    return Number((last + 1n) >> 12n);
  }),
);
