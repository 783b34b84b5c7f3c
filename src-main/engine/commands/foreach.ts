import type { Block } from '../../../src-shared/contract/index.ts';
import type { Task } from '../kernel/task.ts';
import { findTasks } from '../kernel/tasks.ts';
import { UsageError, type Command } from './command.ts';
import { checkCancelled, CommandSession, warning, type CommandContext } from './context.ts';
import { hex } from '../base/address.ts';
import { matchesSelector, taskRefOf, taskSelector, type TaskSelector } from './task-selection.ts';

/** What foreach runs once with all tasks as operands. */
const TAKES_ALL = ['bt', 'ps'];
/** What it runs for each, and how it hands the task on. */
const TAKES_ONE: Readonly<Record<string, (task: string, args: readonly string[]) => string[]>> = {
  task: (task, args) => [...args, task],
  set: (task) => [task],
  vtop: (task, args) => ['-c', task, ...args],
};
/** Their own output does not say whose it is. */
const NEEDS_HEADER = new Set(['set', 'vtop']);
const STATES = ['RU', 'IN', 'UN', 'ID', 'ZO', 'ST', 'TR', 'DE', 'SW', 'PA', 'WA', 'NE'];

/** @param findCommand looks the command up that is run for each task */
export function foreachCommand(findCommand: (name: string) => Command | undefined): Command {
  return {
    name: 'foreach',
    summary: 'a command for many tasks',
    usage:
      "[pid | task | command | 'regex' | state | kernel | user | gleader | active] … bt|task|ps|set|vtop [options]",
    help: [
      'Runs a command for all tasks, or for those that one of the selectors names: PIDs, task_struct',
      'addresses, command names, regular expressions in single quotes; and of these only those that',
      'are in a state (RU IN UN ID ZO ST TR DE PA WA NE), kernel or user tasks, user tasks that lead their',
      'thread group (gleader), or were running (active).',
    ],
    needs: ['memory', 'symbols', 'types', 'tasks'],
    *run(context, args) {
      const at = args.findIndex(
        (word) => TAKES_ALL.includes(word) || Object.hasOwn(TAKES_ONE, word),
      );
      const name = args[at];
      const command = name === undefined ? undefined : findCommand(name);
      if (name === undefined || command === undefined) {
        const all = [...TAKES_ALL, ...Object.keys(TAKES_ONE)];
        throw new UsageError(`a command is needed: ${all.join(', ')}`);
      }
      const { warnings } = findTasks(context.program);
      for (const text of warnings) yield warning(text);
      const chosen = selectTasks(context, args.slice(0, at));
      const options = args.slice(at + 1);
      const handOn = TAKES_ONE[name];
      if (handOn === undefined) {
        // In front, where no option without its value takes one for it.
        const operands = chosen.map((task) => hex(task.address).slice(2));
        // Without operands it would speak of another task.
        if (operands.length === 0) return;
        yield* unlessSaid(warnings, command.run(context, [...operands, ...options]));
        return;
      }
      for (const task of chosen) {
        checkCancelled(context);
        if (NEEDS_HEADER.has(name)) yield { type: 'task', task: taskRefOf(task) };
        const inner: CommandContext = { ...context, session: new CommandSession() };
        inner.session.select(task);
        const given = handOn(hex(task.address).slice(2), options);
        yield* unlessSaid(warnings, command.run(inner, given));
      }
    },
  };
}

/** What is wrong with the task list was said once. */
function* unlessSaid(warnings: readonly string[], blocks: Iterable<Block>): Generator<Block> {
  for (const block of blocks) {
    if (block.type !== 'notice' || !warnings.includes(block.text)) yield block;
  }
}

/** Names of tasks are alternatives; state, kind and role narrow them down. */
function selectTasks({ program }: CommandContext, words: readonly string[]): readonly Task[] {
  const roles = new Set<string>();
  const states = new Set<string>();
  const selectors: TaskSelector[] = [];
  for (const word of words) {
    if (['kernel', 'user', 'gleader', 'active'].includes(word)) roles.add(word);
    else if (STATES.includes(word)) states.add(word);
    else selectors.push(taskSelector(program, word));
  }
  const found = findTasks(program).tasks.filter(
    (task) =>
      (selectors.length === 0 || selectors.some((selector) => matchesSelector(task, selector))) &&
      (states.size === 0 || states.has(task.letters)) &&
      !(roles.has('kernel') && task.kernelThread !== true) &&
      !(roles.has('user') && task.kernelThread !== false) &&
      !(roles.has('gleader') && (task.pid !== task.tgid || task.kernelThread !== false)) &&
      !(roles.has('active') && !task.active),
  );
  if (found.length === 0 && words.length > 0) throw new UsageError(`no task is ${words.join(' ')}`);
  return found;
}
