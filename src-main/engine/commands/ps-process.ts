import type { Block, Fact } from '../../../src-shared/contract/index.ts';
import { taskArguments, taskEnvironment, type UserStrings } from '../kernel/task-user.ts';
import type { Task } from '../kernel/task.ts';
import { uptime } from '../kernel/time.ts';
import { checkCancelled, warning, type CommandContext } from './context.ts';
import { fact, notApplicable } from './facts.ts';
import { tableBlock } from './table.ts';
import { taskRefOf } from './task-selection.ts';

/** `ps -a`: what each process was started with, from its own memory. */
export function* argumentBlocks(context: CommandContext, tasks: readonly Task[]): Generator<Block> {
  for (const task of tasks) {
    checkCancelled(context);
    yield { type: 'task', task: taskRefOf(task) };
    if (task.mm === 0n) {
      yield {
        type: 'facts',
        name: 'ps-a',
        facts: [{ id: 'arg', label: 'ARG', kind: 'text', value: notApplicable('no user stack') }],
      };
      continue;
    }
    const problems: string[] = [];
    const facts: Fact[] = [
      fact('arg', 'ARG', 'text', () => joined(taskArguments(context.program, task), ' ', problems)),
      fact('env', 'ENV', 'text', () =>
        joined(taskEnvironment(context.program, task), '\n', problems),
      ),
    ];
    yield { type: 'facts', name: 'ps-a', facts };
    for (const problem of problems) yield warning(`Of PID ${task.pid}: ${problem}.`);
  }
}

function joined(strings: UserStrings, by: string, problems: string[]): Fact['value'] {
  if (strings.problem !== undefined) {
    if (strings.strings.length === 0) return { absent: 'excluded', why: strings.problem };
    problems.push(strings.problem);
  }
  return strings.strings.join(by);
}

/**
 * `ps -t`, earliest start first. Times are nanoseconds: start_time of the monotonic clock, utime and
 * stime as accounted.
 */
export function* timeBlocks(context: CommandContext, tasks: readonly Task[]): Generator<Block> {
  const started = new Map<Task, bigint>();
  for (const task of tasks) {
    const start = fact('start', '', 'count', () => task.object.member('start_time').bigint()).value;
    started.set(task, typeof start === 'bigint' ? start : 0n);
  }
  const startOf = (task: Task): bigint => started.get(task) ?? 0n;
  const sorted = [...tasks].sort((a, b) =>
    startOf(a) === startOf(b) ? a.pid - b.pid : startOf(a) < startOf(b) ? -1 : 1,
  );
  for (const task of sorted) {
    checkCancelled(context);
    yield { type: 'task', task: taskRefOf(task) };
    yield {
      type: 'facts',
      name: 'ps-t',
      facts: [
        fact('run-time', 'RUN TIME', 'seconds', () => {
          const running = uptime(context.program).value - Number(startOf(task) / 1_000_000_000n);
          return Math.max(0, running);
        }),
        fact('start-time', 'START TIME', 'count', () => startOf(task)),
        fact('utime', 'UTIME', 'count', () => task.object.member('utime').bigint()),
        fact('stime', 'STIME', 'count', () => task.object.member('stime').bigint()),
      ],
    };
  }
}

/** By index. @source include/uapi/asm-generic/resource.h RLIMIT_* */
const RLIMITS = [
  'CPU',
  'FSIZE',
  'DATA',
  'STACK',
  'CORE',
  'RSS',
  'NPROC',
  'NOFILE',
  'MEMLOCK',
  'AS',
  'LOCKS',
  'SIGPENDING',
  'MSGQUEUE',
  'NICE',
  'RTPRIO',
  'RTTIME',
] as const;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/** `ps -r`: resource limits of the process, `signal->rlim[]`. */
export function* limitBlocks(context: CommandContext, tasks: readonly Task[]): Generator<Block> {
  for (const task of tasks) {
    checkCancelled(context);
    yield { type: 'task', task: taskRefOf(task) };
    const limits = RLIMITS.map((name, i) => ({ name, i }));
    const read = (i: number, which: 'rlim_cur' | 'rlim_max'): Fact['value'] =>
      fact('limit', '', 'count', () => {
        const value = BigInt.asUintN(
          64,
          task.object.member('signal').follow(`rlim[${i}].${which}`).bigint(),
        );
        return value === RLIM_INFINITY ? '(unlimited)' : value;
      }).value;
    yield tableBlock(
      'ps-r',
      [
        { id: 'limit', title: 'RLIMIT', kind: 'text', cell: ({ name }) => name },
        { id: 'current', title: 'CURRENT', kind: 'count', cell: ({ i }) => read(i, 'rlim_cur') },
        { id: 'maximum', title: 'MAXIMUM', kind: 'count', cell: ({ i }) => read(i, 'rlim_max') },
      ],
      limits,
    );
  }
}
