import type { VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { memoized } from '../base/memo.ts';

/** What a CPU's run queue says about who runs there. */
export interface CpuRunqueue {
  readonly cpu: number;
  readonly online: boolean;
  /** `rq->curr`; for an offline CPU its idle task. Undefined where the run queue cannot be read. */
  readonly current: VirtAddr | undefined;
  readonly idle: VirtAddr | undefined;
  /** Why the above are undefined. */
  readonly problem: string | undefined;
}

/**
 * Run queues of the CPUs that are present or online, ascending.
 * @source kernel/sched/sched.h `struct rq`, `cpu_rq()`
 */
export const cpuRunqueues = memoized((program: Program): readonly CpuRunqueue[] => {
  const online = new Set(program.cpus.online);
  const cpus = [...new Set([...program.cpus.present, ...online])].sort((a, b) => a - b);
  return cpus.map((cpu) => readRunqueue(program, cpu, online.has(cpu)));
});

function readRunqueue(program: Program, cpu: number, online: boolean): CpuRunqueue {
  try {
    const queue = program.perCpu('runqueues', 'struct rq', cpu);
    return {
      cpu,
      online,
      current: nonNull(queue.member('curr')),
      idle: nonNull(queue.member('idle')),
      problem: undefined,
    };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const problem = `The run queue of CPU ${cpu} cannot be read: ${error.message}.`;
    return { cpu, online, current: undefined, idle: undefined, problem };
  }
}

function nonNull(pointer: KernelObject): VirtAddr | undefined {
  const address = pointer.pointer();
  return address === 0n ? undefined : address;
}

/** `rq->clock` of a CPU in nanoseconds. @throws FaultError */
export function runqueueClock(program: Program, cpu: number): bigint {
  return program.perCpu('runqueues', 'struct rq', cpu).member('clock').bigint();
}

/**
 * When a task last got a CPU, in `rq->clock` nanoseconds: `sched_info.last_arrival`.
 * @throws FaultError `unknown-type` when the kernel does not keep it
 */
export function taskLastRun(task: KernelObject): bigint {
  return task.member('sched_info.last_arrival').bigint();
}
