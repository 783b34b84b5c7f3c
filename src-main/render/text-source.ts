import type { SourceBlock } from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';

/** crash's `dis -s`: file and line, then the text with its numbers; `*` marks the line asked for. */
export function sourceTextLines({ source, current }: SourceBlock): string[] {
  const lines = source.lines.map((text, i) => {
    const number = source.first + i;
    return `${number === current?.line ? '*' : ' '} ${number}\t${printable(text)}`;
  });
  const where = current === undefined ? [] : [`LINE: ${current.line}`];
  return [`FILE: ${printable(source.file)}`, ...where, '', ...lines, ''];
}
