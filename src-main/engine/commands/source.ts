import { UsageError, type Command } from './command.ts';
import type { CommandContext } from './context.ts';
import { addressExpression } from './expression.ts';
import { requireCount } from './numbers.ts';
import { parseOptions } from './options.ts';
import { sourceAdvice } from './source-advice.ts';
import { linePointOf, listSource, type SourcePoint } from './source-listing.ts';

export const source: Command = {
  name: 'source',
  summary: 'source text of the kernel',
  usage: '[-n lines] file:line | symbol | address | (expression)',
  help: [
    'Shows source text around a line: five lines before it, then to the end of the function. The line of',
    'an address is the one its code was compiled from, inlined code included. Source trees, packages and',
    'tarballs are given in the debuginfo sheet of the window ("Add sources"), or when the dump is opened:',
    'oopscope exec --source PLACE. A text that is known to be another one than was compiled is told.',
    '',
    '  -n  so many lines after the line',
  ],
  needs: [],
  *run(context, args) {
    const options = parseOptions(args, 'n:');
    const [where, ...rest] = options.operands;
    if (where === undefined || rest.length > 0) {
      throw new UsageError('file:line, a symbol, an address or an expression');
    }
    const lines = options.value('n');
    const count = lines === undefined ? undefined : requireCount(lines, 'the number of lines');
    const point = filePointOf(where);
    // A file that was named has no code to name it: without text there is nothing to tell.
    if (point !== undefined && context.sources === undefined) {
      throw new UsageError(sourceAdvice(context.program));
    }
    yield* listSource(context, where, point ?? requireLine(context, where), count);
  },
};

/** `kernel/panic.c:231` */
function filePointOf(text: string): SourcePoint | undefined {
  const match = /^(.+):(\d{1,8})$/.exec(text);
  if (match === null) return undefined;
  return { file: match[1]!, line: Math.max(1, Number(match[2])) };
}

function requireLine(context: CommandContext, where: string): SourcePoint {
  return linePointOf(context.program, addressExpression(context, where).address, where);
}
