import type { Block } from '../../../src-shared/contract/index.ts';
import type { Task } from '../kernel/task.ts';
import { findTasks, threadGroupOf } from '../kernel/tasks.ts';
import { UsageError, type Command } from './command.ts';
import { warning, type CommandContext } from './context.ts';
import { parseOptions, type Options } from './options.ts';
import { policyFilter, policyTable } from './ps-policy.ts';
import { lastRunTable, sinceRunTable } from './ps-last-run.ts';
import { argumentBlocks, limitBlocks, timeBlocks } from './ps-process.ts';
import { psTable } from './ps-table.ts';
import { childTable, parentTable, stateTable, threadTable } from './ps-tree.ts';
import { matchesSelector, taskSelector } from './task-selection.ts';
import { cpuList } from './numbers.ts';

export const ps: Command = {
  name: 'ps',
  summary: 'tasks',
  usage:
    "[-k|-u|-G] [-s|-Y|-p|-c|-t|-l|-m|-a|-g|-r|-S] [-A] [-H] [-y policies] [-C cpus] [pid | task | command | 'regex'] …",
  help: [
    'All tasks (threads of every PID namespace and the idle tasks), by PID: parent, CPU, state, share',
    'of memory, virtual and resident size, name; names of kernel threads stand in brackets. A task',
    'that was running when the machine died is marked with >.',
    '',
    'Which tasks: all, or those with a PID, a task_struct address, a command name, or a name that',
    'matches a regular expression in single quotes; \\name takes a name that looks like a number.',
    '  -k  kernel threads only        -u  user tasks only        -G  thread group leaders only',
    '  -A  only tasks that were running                  -H  without the line of titles',
    '  -y policies  of these scheduling policies: NORMAL FIFO RR BATCH ISO IDLE DEADLINE EXT or numbers',
    '',
    'What of them:',
    '  -s  address of the kernel stack instead of the task_struct',
    '  -Y  scheduling policy and priority',
    '  -p  parents up to init         -c  children               -g  threads of the group',
    '  -t  run, start, user and system time',
    '  -l  by the time of the last run, the latest first; with -C by CPU',
    '  -m  as -l, with the time since then',
    '  -a  arguments and environment of the process',
    '  -r  resource limits            -S  how many tasks are in each state',
    '  -C cpus  with -l and -m: of these CPUs only, e.g. 0,2-3 or a',
    '',
    'States: RU running or runnable, IN interruptible sleep, UN uninterruptible sleep, ID idle kernel',
    'thread, ZO zombie, ST stopped, TR traced, DE dead, PA parked, WA waking, NE new.',
  ],
  needs: ['memory', 'symbols', 'types', 'tasks'],
  *run(context, args) {
    const options = parseOptions(args, 'kuGsy:YpctlmagrSAHC:');
    const view = options.atMostOne('sYpctlmagrS');
    options.atMostOne('ku');
    const set = findTasks(context.program);
    for (const text of set.warnings) yield warning(text);
    const selectors = options.operands.map((text) => taskSelector(context.program, text));
    const tasks = filterTasks(
      selectors.length === 0
        ? set.tasks
        : set.tasks.filter((task) => selectors.some((selector) => matchesSelector(task, selector))),
      options,
    );
    for (const selector of selectors) {
      if (set.tasks.some((task) => matchesSelector(task, selector))) continue;
      yield warning(`No task is ${describe(selector.by)} ${selector.text}.`);
    }
    if (tasks.length === 0 && selectors.length > 0) return;
    for (const block of viewOf(context, options, view, tasks)) {
      yield options.has('H') && block.type === 'table' ? { ...block, titles: false } : block;
    }
  },
};

function describe(by: 'pid' | 'address' | 'command' | 'regex'): string {
  return { pid: 'PID', address: 'at', command: 'called', regex: 'called like' }[by];
}

function filterTasks(tasks: readonly Task[], options: Options): readonly Task[] {
  const policies = options.value('y');
  const hasPolicy = policies === undefined ? () => true : policyFilter(policies);
  return tasks.filter(
    (task) =>
      hasPolicy(task) &&
      !(options.has('k') && task.kernelThread !== true) &&
      !(options.has('u') && task.kernelThread !== false) &&
      !(options.has('A') && !task.active) &&
      !(options.has('G') && task.pid !== task.tgid),
  );
}

function* viewOf(
  context: CommandContext,
  options: Options,
  view: string | undefined,
  tasks: readonly Task[],
): Generator<Block> {
  const { program } = context;
  const set = findTasks(program);
  if (options.has('C') && view !== 'l' && view !== 'm') {
    throw new UsageError('-C goes with -l or -m');
  }
  switch (view) {
    case undefined:
      yield psTable(program, set, tasks, 'task');
      return;
    case 's':
      yield psTable(program, set, tasks, 'stack');
      return;
    case 'Y':
      yield policyTable(set, tasks);
      return;
    case 'p':
      for (const task of tasks) yield parentTable(set, task);
      return;
    case 'c':
      for (const task of tasks) yield childTable(set, task);
      return;
    case 'g':
      // each group once, whichever of its threads were named
      for (const tgid of new Set(tasks.map((task) => task.tgid))) {
        yield threadTable(threadGroupOf(set, tgid));
      }
      return;
    case 'S':
      yield stateTable(tasks);
      return;
    case 't':
      yield* timeBlocks(context, tasks);
      return;
    case 'a':
      yield* argumentBlocks(context, tasks);
      return;
    case 'r':
      yield* limitBlocks(context, tasks);
      return;
    default:
      yield* lastRun(context, options, view, tasks);
  }
}

function* lastRun(
  { program, session }: CommandContext,
  options: Options,
  view: string,
  tasks: readonly Task[],
): Generator<Block> {
  const table = view === 'l' ? lastRunTable : sinceRunTable;
  const cpus = options.value('C');
  if (cpus === undefined) {
    yield table(program, tasks, undefined);
    return;
  }
  const current = session.currentTask(program)?.cpu ?? 0;
  for (const cpu of cpuList(cpus, program.cpus.present, current)) {
    yield table(
      program,
      tasks.filter((task) => task.cpu === cpu),
      cpu,
    );
  }
}
