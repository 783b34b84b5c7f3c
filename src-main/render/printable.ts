import { visibleText } from '../../src-shared/text/visible.ts';

/**
 * Text of the dump made safe for one line of a terminal: as {@link visibleText}, and line ends are
 * shown as `\x0a` too. Nothing a dump holds reaches a terminal unescaped.
 */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : visibleText(text).replaceAll('\n', '\\x0a');
}

/** Nearly all text is, and that is seen much faster. */
const PLAIN = /^[\t\x20-\x7e]*$/;
