import type { SourceBlock } from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';

/** Lines of a source file with their numbers; `*` marks the one that executes, as crash's `dis -s`. */
export function sourceTextLines({ source, current }: SourceBlock): string[] {
  const width = String(source.first + source.lines.length).length;
  const head = `FILE: ${printable(source.file)}${current === undefined ? '' : `  LINE: ${current.line}`}`;
  const lines = source.lines.map((text, i) => {
    const number = source.first + i;
    const mark = number === current?.line ? '*' : ' ';
    return `${mark} ${String(number).padStart(width)}  ${printable(text)}`;
  });
  return [head, '', ...lines];
}
