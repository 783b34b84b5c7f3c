import type { NoticeBlock } from '../../../src-shared/contract/index.ts';
import type { Disassembler } from '../arch/disassembler.ts';
import type { Gunzip } from '../kernel/ikconfig.ts';
import { findPanicTask } from '../kernel/panic.ts';
import type { Task } from '../kernel/task.ts';
import { findTasks } from '../kernel/tasks.ts';
import type { Value } from '../program/expression/value.ts';
import type { Program } from '../program/program.ts';
import type { SourceTree } from '../program/source-tree.ts';
import { CancelledError, UsageError } from './command.ts';

/** What a command runs in: the machine, and what this session has chosen. */
export interface CommandContext {
  readonly program: Program;
  readonly session: CommandSession;
  /** True as soon as nobody waits for the answer any more. */
  readonly cancelled: () => boolean;
  /** For commands that use it. */
  readonly disassembler?: Disassembler;
  /** For what the kernel keeps packed; absent where the host has none. */
  readonly gunzip?: Gunzip;
  /** Absent: the user gave none. */
  readonly sources?: SourceTree;
}

/** Lives as long as the session: what `set` chose, what `p` printed. */
export class CommandSession {
  #current: Task | undefined;
  /** What `p` printed, for `$1`. */
  readonly #values: Value[] = [];

  /**
   * The task commands speak of when none is named: the chosen one, at first the one that panicked, else
   * the first task. Undefined only when the dump has no readable task.
   */
  currentTask(program: Program): Task | undefined {
    this.#current ??= findPanicTask(program)?.task ?? findTasks(program).tasks[0];
    return this.#current;
  }

  /** The task that was chosen or asked for; undefined before. */
  get chosenTask(): Task | undefined {
    return this.#current;
  }

  get values(): readonly Value[] {
    return this.#values;
  }

  /** @returns the number it is kept under, from 1 */
  keep(value: Value): number {
    return this.#values.push(value);
  }

  select(task: Task): void {
    this.#current = task;
  }
}

export function createContext(
  program: Program,
  options: Partial<Omit<CommandContext, 'program'>> = {},
): CommandContext {
  return {
    program,
    session: options.session ?? new CommandSession(),
    cancelled: options.cancelled ?? (() => false),
    ...(options.disassembler && { disassembler: options.disassembler }),
    ...(options.gunzip && { gunzip: options.gunzip }),
    ...(options.sources && { sources: options.sources }),
  };
}

/** @throws UsageError when the dump has no task to speak of */
export function requireCurrentTask(context: CommandContext): Task {
  const task = context.session.currentTask(context.program);
  if (task === undefined) throw new UsageError('no task of this dump can be read');
  return task;
}

/** @throws CancelledError */
export function checkCancelled(context: CommandContext): void {
  if (context.cancelled()) throw new CancelledError();
}

export function warning(text: string): NoticeBlock {
  return { type: 'notice', severity: 'warning', text };
}

export function info(text: string): NoticeBlock {
  return { type: 'notice', severity: 'info', text };
}
