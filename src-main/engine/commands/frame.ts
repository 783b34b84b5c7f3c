import type { StackBlock } from '../../../src-shared/contract/index.ts';
import { findTasks } from '../kernel/tasks.ts';
import { unwindTask } from '../unwind/task.ts';
import { UsageError, type Command } from './command.ts';
import { requireCurrentTask, warning } from './context.ts';
import { FrameDetails } from './frame-details.ts';
import { withSources } from './frame-sources.ts';
import { parseOptions } from './options.ts';
import { cutWordWarnings, stackWords } from './stack-words.ts';
import { requireTasks, taskRefOf } from './task-selection.ts';

export const frame: Command = {
  name: 'frame',
  summary: 'one frame of a backtrace: its variables and registers',
  usage: '[-f] N [pid | task]',
  help: [
    'Frame N of the backtrace that bt shows of the current task, or of the one named: source line, parameters',
    'and local variables (without debuginfo: arguments at the entry, where they are certain), and every',
    'register that is known as it stood in this frame, with where it was found. A register that is not',
    'listed is not known.',
    '',
    '  -f  the words of its stack, each with what is known of it',
  ],
  needs: ['memory', 'symbols', 'types', 'tasks', 'unwind'],
  *run(context, args) {
    const { program } = context;
    const options = parseOptions(args, 'f');
    const { operands } = options;
    const [number, named, ...rest] = operands;
    if (number === undefined || rest.length > 0) throw new UsageError('a frame number is needed');
    if (!/^[0-9]{1,4}$/.test(number)) throw new UsageError(`no frame number: ${number}`);
    const task = named === undefined ? undefined : requireTasks(program, named)[0];
    const shown = task ?? requireCurrentTask(context);
    for (const text of findTasks(program).warnings) yield warning(text);
    const trace = unwindTask(program, shown.object);
    const found = trace.frames[Number(number)];
    if (found === undefined) {
      const count = trace.frames.length;
      const why = count === 0 ? `no frames: ${trace.end.why}` : `${count} frames, from 0`;
      throw new UsageError(`no frame ${number}: the backtrace of ${shown.pid} has ${why}`);
    }
    const details = new FrameDetails(program, shown.object, trace);
    const [placed] = withSources(program, [found]);
    const known = details.withRegisters(details.withVariables(placed ?? found));
    const words = options.has('f')
      ? stackWords(program, shown.object, trace, details.states, found.index)
      : [];
    const full = words.length === 0 ? known : { ...known, words };
    const { start, end } = trace;
    const lost = details.states[Number(number) - 1]?.lost;
    const warnings =
      lost === undefined ? [] : [`Registers kept by callees are not known: ${lost}.`];
    if (options.has('f')) {
      warnings.push(...cutWordWarnings(program, trace, [found.index]));
      if (words.length === 0) warnings.push('The backtrace does not say where its stack ends.');
    }
    const block: StackBlock = {
      type: 'stack',
      stack: {
        task: taskRefOf(shown),
        start,
        end,
        frames: [full],
        warnings: [...warnings, ...details.warnings],
      },
      lines: true,
      ...(options.has('f') && { words: 'explained' as const }),
    };
    yield block;
  },
};
