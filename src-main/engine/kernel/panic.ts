import { virtAddr, type VirtAddr } from '../base/address.ts';
import { FaultError, tryRead } from '../base/fault.ts';
import type { Program } from '../program/program.ts';
import { memoized } from '../base/memo.ts';
import { readPrintkLog, type PrintkRecord } from './printk.ts';
import { cpuRunqueues } from './sched.ts';
import type { Task } from './task.ts';
import { findTasks } from './tasks.ts';
import type { Known } from './time.ts';

/**
 * Messages with which a kernel dies, in crash's order: the first pattern that occurs anywhere in the
 * log wins, with the first line that has it. The lower-case sysrq form is that of 4.x and later.
 */
const PANIC_MESSAGES = [
  'SysRq : Crash',
  'SysRq : Trigger a crash',
  'SysRq : Netdump',
  'Kernel panic: ',
  'Kernel panic - ',
  'Kernel BUG at',
  'kernel BUG at',
  'Unable to handle kernel paging request',
  'Unable to handle kernel NULL pointer dereference',
  'BUG: unable to handle kernel ',
  'general protection fault: ',
  'double fault: ',
  'divide error: ',
  'stack segment: ',
  '[Hardware Error]: ',
  'Bad mode in ',
  'Oops: ',
] as const;

export interface PanicMessage {
  /** One line of the log. */
  readonly text: string;
  readonly record: PrintkRecord;
}

/**
 * Records of the kernel itself. What a process writes to /dev/kmsg has another facility, and may
 * say anything. @source kernel/printk/printk.c `devkmsg_write()`
 */
function kernelRecords(program: Program): readonly PrintkRecord[] {
  return readPrintkLog(program).records.filter(({ facility }) => facility === 0);
}

/** The line that crash would show as PANIC; undefined when the log has none. */
export function findPanicMessage(program: Program): PanicMessage | undefined {
  const records = kernelRecords(program);
  for (const pattern of PANIC_MESSAGES) {
    for (const record of records) {
      if (!record.text.includes(pattern)) continue;
      const text = record.text.split('\n').find((line) => line.includes(pattern));
      if (text !== undefined) return { text, record };
    }
  }
  return undefined;
}

/**
 * The first thing that went wrong in the final death, which the panic line often hides
 * ("Kernel panic - not syncing: Fatal exception" comes after the oops): the last line of a fault
 * before the panic message.
 */
const FAULT_LINE =
  /^(BUG: |kernel BUG at |Kernel BUG at |general protection fault|Unable to handle |Oops: |sysrq: Trigger a crash|watchdog: BUG: |double fault|divide error|invalid opcode|stack segment|int3: )/;

/** First line of the last report that begins like a fault; undefined when the log has none. */
export function findFaultMessage(program: Program): PanicMessage | undefined {
  const records = kernelRecords(program);
  let last: PanicMessage | undefined;
  for (const record of records) {
    const line = record.text.split('\n').find((text) => FAULT_LINE.test(text));
    if (line === undefined) continue;
    // `Oops:` follows its BUG: line and is part of the same report.
    const sameReport =
      last !== undefined && /^Oops: /.test(line) && record.seq - last.record.seq <= 8;
    if (!sameReport) last = { text: line, record };
  }
  return last;
}

/**
 * The CPU that panicked. `panic_cpu` is set by panic() and by the crash path itself; before, what
 * crash_kexec or the crash NMI noted.
 * @source kernel/panic.c `panic_cpu` (-1: none); arch/x86/kernel/reboot.c `crashing_cpu`
 */
export function findPanicCpu(program: Program): Known<number> | undefined {
  for (const symbol of ['panic_cpu', 'crashing_cpu']) {
    if (!program.symbols.has(symbol)) continue;
    const cpu = tryRead(() => program.global(symbol, 'int').number());
    if (cpu !== undefined && cpu >= 0) return { value: cpu, evidence: symbol };
  }
  return undefined;
}

export interface PanicTask {
  readonly task: Task;
  readonly evidence: string;
}

/** The task that was running on the CPU that panicked; undefined where no CPU says it panicked. */
export const findPanicTask = memoized((program: Program): PanicTask | undefined => {
  const { tasks, byAddress } = findTasks(program);
  const cpu = findPanicCpu(program);
  if (cpu !== undefined) {
    const queue = runqueuesOrNone(program).find((rq) => rq.cpu === cpu.value);
    const task = queue?.current === undefined ? undefined : byAddress.get(queue.current);
    if (task !== undefined) {
      return { task, evidence: `${cpu.evidence} is ${cpu.value}; rq->curr of that CPU` };
    }
  }
  // No CPU says so. Where the log tells of a panic and one task ran, nobody else can have panicked.
  const active = tasks.filter((task) => task.active);
  const [only] = active;
  if (active.length !== 1 || only === undefined) return undefined;
  const message = findPanicMessage(program) ?? findFaultMessage(program);
  if (message === undefined) return undefined;
  return {
    task: only,
    evidence: `the only task that was running; log record ${message.record.seq}`,
  };
});

function runqueuesOrNone(program: Program): ReturnType<typeof cpuRunqueues> {
  try {
    return cpuRunqueues(program);
  } catch (error) {
    if (error instanceof FaultError) return [];
    throw error;
  }
}

/** Address of a task by its `task_struct *` value. */
export function taskAt(program: Program, address: bigint): Task | undefined {
  return findTasks(program).byAddress.get(virtAddr(address) as VirtAddr);
}
