import { UsageError } from '../commands/command.ts';

/**
 * Words of a command line: separated by blanks, `"…"` and `'…'` keep them together (quotes are
 * dropped but for a leading `'`, which crash's `foreach` and `ps` take as a POSIX expression).
 * @throws UsageError for an open quote
 */
export function splitCommandLine(line: string): string[] {
  const words: string[] = [];
  // `*struct` is crash's shorthand for `* struct`.
  const text = line.trim().replace(/^\*(?=\S)/, '* ');
  const pattern = /\s*(?:"([^"]*)"|('[^']*')|([^\s"']\S*))/y;
  let at = 0;
  while (at < text.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw new UsageError(`open quote in: ${text}`);
    words.push(match[1] ?? match[2] ?? match[3] ?? '');
    at = pattern.lastIndex;
  }
  return words;
}

/** What crash users pipe to; in an expression `|` and `>` are operators. */
const FILTERS =
  /^(e?grep|fgrep|head|tail|less|more|sort|uniq|wc|awk|sed|cut|tr|tee|cat|xargs|column)$/;
const EXPRESSIONS: ReadonlySet<string> = new Set(['p', 'eval']);

/** @throws UsageError for crash's `ps | grep UN` and `log > file`: there is no shell here */
export function refuseShell(name: string, args: readonly string[]): void {
  const at = args.findIndex((word, index) => {
    if (word.startsWith('|')) return FILTERS.test(word.slice(1) || (args[index + 1] ?? ''));
    return /^>>?/.test(word) && !EXPRESSIONS.has(name);
  });
  if (at < 0) return;
  const [line, shell] = [[name, ...args.slice(0, at)].join(' '), args.slice(at).join(' ')];
  throw new UsageError(
    `${shell}: there is no shell here; in a terminal: oopscope exec DUMP ${line} ${shell}`,
  );
}
