import type { TaskRef } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import type { Task } from '../kernel/task.ts';
import { findTasks } from '../kernel/tasks.ts';
import type { Program } from '../program/program.ts';
import { partOf } from './facts.ts';
import { UsageError } from './command.ts';
import { findHex } from './numbers.ts';

/** A way to name tasks on a command line. */
export type TaskSelector =
  | { readonly by: 'pid'; readonly pid: number; readonly text: string }
  | { readonly by: 'address'; readonly address: bigint; readonly text: string }
  | { readonly by: 'command'; readonly command: string; readonly text: string }
  | { readonly by: 'regex'; readonly regex: RegExp; readonly text: string };

/**
 * Reads a selector as crash's `ps` does: a decimal number is a PID (a hex one of the length of an
 * address a task), `'text'` a regular expression over command names, `\text` a command name that looks
 * like a number, anything else a command name.
 * @throws UsageError for a regular expression that is none
 */
export function taskSelector(program: Program, text: string): TaskSelector {
  const quoted = /^'(.*)'$/.exec(text)?.[1];
  if (quoted !== undefined) return { by: 'regex', regex: regexOf(quoted), text };
  if (text.startsWith('\\')) return { by: 'command', command: text.slice(1), text };
  const { byAddress, tasks } = findTasks(program);
  const number = findHex(text);
  if (number !== undefined) {
    if (byAddress.has(virtAddr(number))) return { by: 'address', address: number, text };
    if (/^[0-9]{1,9}$/.test(text)) return { by: 'pid', pid: Number(text), text };
    const pid = Number(number);
    if (tasks.some((task) => task.pid === pid)) return { by: 'pid', pid, text };
    if (text.length >= 12) return { by: 'address', address: number, text };
  }
  return { by: 'command', command: text, text };
}

/**
 * A program's author may put any name on a task; a user's pattern is short and the names have 15
 * characters, so no pattern can run for long.
 */
function regexOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch {
    throw new UsageError(`no regular expression: ${pattern}`);
  }
}

export function matchesSelector(task: Task, selector: TaskSelector): boolean {
  switch (selector.by) {
    case 'pid':
      return task.pid === selector.pid;
    case 'address':
      return task.address === selector.address;
    case 'command':
      return task.command === selector.command;
    case 'regex':
      return selector.regex.test(task.command);
  }
}

/**
 * Tasks that a pid or a `task_struct` address names: several for PID 0.
 * @throws UsageError when there is none, or the text is neither
 */
export function requireTasks(program: Program, text: string): readonly Task[] {
  const { byAddress, tasks } = findTasks(program);
  const number = findHex(text);
  const named = number === undefined ? undefined : byAddress.get(virtAddr(number));
  // First, and not a search of all: foreach names every task of thousands so.
  if (named !== undefined) return [named];
  const selector = taskSelector(program, text);
  const found = selector.by === 'pid' ? tasks.filter(({ pid }) => pid === selector.pid) : [];
  if (found.length === 0) throw new UsageError(`invalid task or pid value: ${text}`);
  return found;
}

export function taskRefOf(task: Task): TaskRef {
  return {
    pid: task.pid,
    tgid: task.tgid,
    task: task.address,
    cpu: partOf(task, task.cpu),
    command: task.command,
    state: task.letters,
    active: task.active,
  };
}
