import { DrawnMachine } from './draw-machine.ts';

const TYPES = `
  struct list_head { struct list_head *next; struct list_head *prev; }
  struct hlist_node { struct hlist_node *next; struct hlist_node **pprev; }
  struct hlist_head { struct hlist_node *first; }
  struct cpumask { unsigned long bits[1]; }
  struct xarray { int xa_lock; unsigned int xa_flags; void *xa_head; }
  struct xa_node { unsigned char shift; unsigned char offset; unsigned char count; unsigned char nr_values; struct xa_node *parent; struct xarray *array; void *pad[2]; void *slots[64]; }
  struct idr { struct xarray idr_rt; unsigned int idr_base; unsigned int idr_next; }
  struct pid_namespace { struct idr idr; }
  struct pid { int count; unsigned int level; struct hlist_head tasks[4]; }
  struct signal_struct { int sigcnt; struct list_head thread_head; }
  struct mm_struct { unsigned long total_vm; }
  struct thread_info { unsigned long flags; unsigned int cpu; }
  struct sched_info { unsigned long long last_arrival; }
  struct task_struct {
    struct thread_info thread_info; unsigned int __state; int exit_state; void *stack; unsigned int flags;
    char spread[5000];
    int pid; int tgid; char comm[16]; struct task_struct *parent; struct mm_struct *mm;
    struct signal_struct *signal; struct list_head tasks; struct list_head thread_node;
    struct hlist_node pid_links[4]; struct sched_info sched_info;
  }
  struct rq { unsigned int nr_running; struct task_struct *curr; struct task_struct *idle; u64 clock; }`;

const INIT_TASK = 0xffff_ffff_8200_0000n;
const INIT_PID_NS = 0xffff_ffff_8201_0000n;
const MASKS = 0xffff_ffff_8201_2000n;
const OFFSETS = 0xffff_ffff_8201_4000n;
const IDR_NODE = 0xffff_8880_0001_0000n;
const RUNQUEUES = 0x1000n;
const PER_CPU = 0xffff_8880_1000_0000n;
const PER_CPU_SIZE = 0x10_0000n;

/** A task as a test writes it down. */
export interface DrawnTask {
  readonly pid: number;
  readonly comm: string;
  /** Its process; itself when absent. */
  readonly tgid?: number;
  readonly ppid?: number;
  readonly state?: number;
  readonly cpu?: number;
  readonly kernel?: boolean;
  /** Left out of the PID table, of the task list. */
  readonly hidden?: 'pid' | 'list';
}

/** Address of a task by its PID; the first pages of each are apart from those of PID and name. */
export function taskAddress(pid: number): bigint {
  return pid === 0 ? INIT_TASK : 0xffff_8880_0100_0000n + BigInt(pid) * 0x4000n;
}

function idleAddress(cpu: number): bigint {
  return cpu === 0 ? INIT_TASK : 0xffff_8880_0080_0000n + BigInt(cpu) * 0x4000n;
}

/** A machine with these tasks, idle tasks for its CPUs, and `running[cpu]` the PID that ran there. */
export function drawTasks(tasks: readonly DrawnTask[], running: readonly number[]): DrawnMachine {
  const machine = new DrawnMachine(TYPES)
    .symbol('init_task', INIT_TASK)
    .symbol('init_pid_ns', INIT_PID_NS)
    .symbol('__per_cpu_offset', OFFSETS)
    .symbol('runqueues', RUNQUEUES);
  const at = (base: bigint, path: string): bigint =>
    base + machine.offset('struct task_struct', path);
  for (const [i, mask] of ['possible', 'present', 'online'].entries()) {
    const address = MASKS + BigInt(i) * 64n;
    machine.symbol(`__cpu_${mask}_mask`, address).u64(address, (1n << BigInt(running.length)) - 1n);
  }
  for (const [cpu, pid] of running.entries()) {
    const idle = idleAddress(cpu);
    machine.put('struct task_struct', idle, {
      comm: `swapper/${cpu}`,
      'thread_info.cpu': cpu,
      flags: 0x20_0000,
      parent: INIT_TASK,
    });
    const area = PER_CPU + BigInt(cpu) * PER_CPU_SIZE;
    machine.u64(OFFSETS + BigInt(cpu) * 8n, area);
    machine.put('struct rq', area + RUNQUEUES, {
      curr: pid === 0 ? idle : taskAddress(pid),
      idle,
      clock: 5_000_000_000n,
    });
  }
  const slots: Record<string, bigint> = {};
  for (const task of tasks) {
    const address = taskAddress(task.pid);
    const pid = address + 0x3000n;
    const leader = taskAddress(task.tgid ?? task.pid);
    machine.put('struct task_struct', address, {
      'thread_info.cpu': task.cpu ?? 0,
      __state: task.state ?? 1,
      flags: task.kernel === true ? 0x20_0000 : 0,
      pid: task.pid,
      tgid: task.tgid ?? task.pid,
      comm: task.comm,
      parent: taskAddress(task.ppid ?? 0),
      mm: 0,
      signal: leader + 0x3800n,
      'sched_info.last_arrival': BigInt(task.pid) * 1_000_000n,
    });
    if (task.hidden === 'pid') continue;
    machine.put('struct pid', pid, { 'tasks[0].first': at(address, 'pid_links[0]') });
    slots[`slots[${task.pid}]`] = pid;
  }
  machine.put('struct xa_node', IDR_NODE, slots);
  machine.put('struct pid_namespace', INIT_PID_NS, { 'idr.idr_rt.xa_head': IDR_NODE + 2n });

  const listed = tasks.filter(({ hidden }) => hidden !== 'list');
  const leaders = listed.filter(({ pid, tgid }) => (tgid ?? pid) === pid);
  machine.ring(at(INIT_TASK, 'tasks'), ...leaders.map(({ pid }) => at(taskAddress(pid), 'tasks')));
  for (const { pid } of leaders) {
    machine.put('struct signal_struct', taskAddress(pid) + 0x3800n);
    const head = taskAddress(pid) + 0x3800n + machine.offset('struct signal_struct', 'thread_head');
    const threads = listed.filter(({ pid: own, tgid }) => (tgid ?? own) === pid);
    machine.ring(head, ...threads.map((each) => at(taskAddress(each.pid), 'thread_node')));
  }
  return machine;
}
