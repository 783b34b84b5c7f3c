import { findPanicTask } from '../kernel/panic.ts';
import type { Task } from '../kernel/task.ts';
import { findTasks } from '../kernel/tasks.ts';
import { UsageError, type Command } from './command.ts';
import { requireCurrentTask, type CommandContext } from './context.ts';
import { cpuList } from './numbers.ts';
import { parseOptions } from './options.ts';
import { requireTasks } from './task-selection.ts';
import { taskContextFacts } from './task-context.ts';

export const set: Command = {
  name: 'set',
  summary: 'the task that other commands speak of',
  usage: '[pid | task | -c cpu | -p]',
  help: [
    'Chooses the task that bt, rd -u, vtop, task and others mean when none is named, and shows it;',
    'without arguments only shows it. It begins as the task that panicked.',
    '',
    '  -c cpu  the task that was running on a CPU',
    '  -p      the task that panicked',
  ],
  needs: ['memory', 'symbols', 'types', 'tasks'],
  *run(context, args) {
    const options = parseOptions(args, 'c:p');
    const chosen = choose(context, options.value('c'), options.has('p'), options.operands);
    if (chosen !== undefined) context.session.select(chosen);
    const task = requireCurrentTask(context);
    yield { type: 'facts', name: 'set', facts: taskContextFacts(context.program, task) };
  },
};

function choose(
  { program }: CommandContext,
  cpu: string | undefined,
  panic: boolean,
  operands: readonly string[],
): Task | undefined {
  if (Number(cpu !== undefined) + Number(panic) + operands.length > 1) {
    throw new UsageError('one task only');
  }
  if (panic) {
    const found = findPanicTask(program);
    if (found === undefined) throw new UsageError('no task is known to have panicked');
    return found.task;
  }
  if (cpu !== undefined) {
    const [number] = cpuList(cpu, program.cpus.present, -1);
    const running = findTasks(program).tasks.find((task) => task.active && task.cpu === number);
    if (running === undefined) throw new UsageError(`no task was running on CPU ${cpu}`);
    return running;
  }
  const [text] = operands;
  return text === undefined ? undefined : requireTasks(program, text)[0];
}
