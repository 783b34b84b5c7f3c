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
