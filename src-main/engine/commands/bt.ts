import type { Block, StackBlock } from '../../../src-shared/contract/index.ts';
import { findPanicTask } from '../kernel/panic.ts';
import type { Task } from '../kernel/task.ts';
import { findTasks, threadGroupOf } from '../kernel/tasks.ts';
import type { Program } from '../program/program.ts';
import { unwindFrom, unwindTask, type TaskTrace } from '../unwind/task.ts';
import type { UnwindOptions } from '../unwind/trace.ts';
import { cpuRegisters, taskRegisters } from './bt-registers.ts';
import { textSymbolsOf, wholeStack } from './bt-text.ts';
import { refersTo, withWords } from './bt-words.ts';
import { UsageError, type Command } from './command.ts';
import { checkCancelled, requireCurrentTask, warning, type CommandContext } from './context.ts';
import { cpuList, findHex } from './numbers.ts';
import { FrameDetails } from './frame-details.ts';
import { withSources } from './frame-sources.ts';
import { parseOptions, type Options } from './options.ts';
import { cutWordWarnings } from './stack-words.ts';
import { requireTasks, taskRefOf } from './task-selection.ts';

/** A word, because crash has given all letters a meaning. */
const GUESS = '--guess';

export const bt: Command = {
  name: 'bt',
  summary: 'backtrace of a task',
  usage:
    '[-a | -p | -c cpus | -g] [-l] [-v] [-f|-ff|-F|-FF|-t|-T|-r|-e|-E] [-s [-x|-d]] [-R ref] [-n idle] [-I ip -S sp] [--guess] [pid | task] …',
  help: [
    'Kernel stack of the current task, or of the tasks named by PID or task_struct address. Frames are',
    'exact (ORC) unless they are marked; the trace says where it began and why it ends. Registers that',
    'an exception, interrupt, NMI or system call saved are shown where they lie.',
    '',
    '  -a        every task that was running when the machine died, by CPU',
    '  -p        the task that panicked',
    '  -c cpus   what was running on these CPUs, e.g. 0,2-3 or a',
    '  -g        every thread of the task’s group',
    '  -n idle   leave out idle tasks (with -a and -c)',
    '  -s        offset in each function, decimal or with -x hexadecimal',
    '  -l        source lines, where there is debuginfo',
    '  -v        parameters and local variables of every frame; without debuginfo the parameters whose values',
    '            at the entry its BTF and machine code tell for certain (crash’s -v, the',
    '            check of all stacks for overflow, is another thing)',
    '  -f        words of each frame’s stack; -ff with what is known of each word',
    '  -F        words that are addresses by symbol or [slab cache]; -FF [address:slab cache]',
    '  -t        all code addresses on the stack from the innermost frame on, stale ones too',
    '  -T        those of the whole stack',
    '  -r        the words of the whole stack',
    '  -e        registers that entries into the kernel saved, searched on the whole stack',
    '  -E        the same on the interrupt and exception stacks of all CPUs; what is found by its look',
    '            alone is marked',
    '  -R ref    only tasks whose stack refers to this function or code address',
    '  -I ip -S sp  begin at this instruction and stack pointer',
    '  --guess   where exact frames end or cannot begin, go on with likely ones: by frame pointers, or',
    '            return addresses found on the stack; each is marked as a guess and may be stale',
  ],
  needs: ['memory', 'symbols', 'types', 'tasks', 'unwind'],
  *run(context, args) {
    const guess = args.includes(GUESS);
    const options = parseOptions(
      args.filter((word) => word !== GUESS),
      'apgc:sxdln:I:S:fFeErtTR:oOv',
    );
    if (options.has('o') || options.has('O')) {
      throw new UsageError('crash’s old method is -T (all code addresses on a stack) or --guess');
    }
    options.atMostOne('fFtTreE');
    options.atMostOne('apc');
    if (options.has('n') && options.value('n') !== 'idle') {
      throw new UsageError('-n takes the word idle');
    }
    if (options.has('g') && (options.has('a') || options.has('c'))) {
      throw new UsageError('-g does not go with -a or -c');
    }
    if (options.has('l') && context.program.debugInfo === undefined) {
      throw new UsageError('-l needs debuginfo, and none was given');
    }
    for (const text of findTasks(context.program).warnings) yield warning(text);
    if (options.has('I') || options.has('S')) {
      yield* fromGiven(context, options, { guess });
      return;
    }
    if (options.has('E')) {
      const { program } = context;
      yield* cpuRegisters(program, (task) => unwindTask(program, task.object));
      return;
    }
    for (const task of selectTasks(context, options)) {
      checkCancelled(context);
      if (options.has('e')) {
        yield taskRegisters(context.program, task, unwindTask(context.program, task.object));
        continue;
      }
      if (options.has('r')) {
        yield* wholeStack(context.program, task);
        continue;
      }
      const block = stackBlock(context, task, options, { guess });
      const reference = options.value('R');
      if (reference === undefined || refersTo(block.stack.frames, reference)) yield block;
    }
  },
};

function selectTasks(context: CommandContext, options: Options): readonly Task[] {
  const { program, session } = context;
  const set = findTasks(program);
  const wanted = (task: Task): boolean => !(options.has('n') && task.idle);
  const running = (): Task[] =>
    set.tasks.filter((task) => task.active).sort((a, b) => (a.cpu ?? 0) - (b.cpu ?? 0));
  if (options.has('a')) return running().filter(wanted);
  const cpus = options.value('c');
  if (cpus !== undefined) {
    const current = session.currentTask(program)?.cpu ?? 0;
    const list = cpuList(cpus, program.cpus.present, current);
    return running().filter(
      (task) => task.cpu !== undefined && list.includes(task.cpu) && wanted(task),
    );
  }
  const named =
    options.operands.length > 0
      ? options.operands.flatMap((text) => requireTasks(program, text))
      : [options.has('p') ? requirePanicTask(context) : requireCurrentTask(context)];
  if (!options.has('g')) return named;
  const groups = named.map((task) => (task.idle ? [task] : threadGroupOf(set, task.tgid)));
  return [...new Set(groups.flat())];
}

function requirePanicTask({ program }: CommandContext): Task {
  const panic = findPanicTask(program);
  if (panic === undefined) throw new UsageError('no task is known to have panicked');
  return panic.task;
}

function stackBlock(
  { program }: CommandContext,
  task: Task,
  options: Options,
  unwinding: UnwindOptions,
): StackBlock {
  const trace = unwindTask(program, task.object, unwinding);
  if (options.has('t') || options.has('T')) {
    const found = textSymbolsOf(program, task, trace, options.has('T'));
    return withOffsets(found, options);
  }
  return traceBlock(program, task, trace, options);
}

function traceBlock(program: Program, task: Task, trace: TaskTrace, options: Options): StackBlock {
  let frames = withWords(program, task, trace, withSources(program, trace.frames), options);
  let { warnings } = trace;
  if (options.has('v')) {
    const details = new FrameDetails(program, task.object, trace);
    frames = frames.map((frame) => details.withVariables(frame));
    warnings = [...warnings, ...details.warnings];
  }
  const worded = frames.filter(({ words }) => words !== undefined).map(({ index }) => index);
  warnings = [...warnings, ...cutWordWarnings(program, trace, worded)];
  const stack = { task: taskRefOf(task), ...trace, frames, warnings };
  return withOffsets({ type: 'stack', stack }, options);
}

function* fromGiven(
  context: CommandContext,
  options: Options,
  unwinding: UnwindOptions,
): Generator<Block> {
  const pc = findHex(options.value('I') ?? '');
  const sp = findHex(options.value('S') ?? '');
  if (pc === undefined || sp === undefined) {
    throw new UsageError('-I and -S go together and take hexadecimal addresses');
  }
  const { program } = context;
  const named = options.operands.map((text) => requireTasks(program, text)[0]!);
  for (const task of named.length > 0 ? named : [requireCurrentTask(context)]) {
    checkCancelled(context);
    const trace = unwindFrom(program, { pc, sp }, task.object, unwinding);
    yield traceBlock(program, task, trace, options);
  }
}

function withOffsets(block: StackBlock, options: Options): StackBlock {
  return {
    ...block,
    ...(options.count('f') > 1 && { words: 'explained' as const }),
    ...(options.has('l') && { lines: true as const }),
    ...(options.has('s') && { symbolOffsets: options.has('x') ? (16 as const) : (10 as const) }),
  };
}
