import { isAbsent, type StackWord } from '../../src-shared/contract/index.ts';
import { printable } from './printable.ts';
import { address16 } from './units.ts';

/** crash's `bt -f` and `-F`: two words a line, each padded to sixteen columns. */
export function stackWordLines(words: readonly StackWord[]): string[] {
  const lines: string[] = [];
  let line = '';
  let expected: bigint | undefined;
  let count = 0;
  for (const word of words) {
    // A frame may lie on two stacks.
    if (count === 2 || (expected !== undefined && word.address !== expected)) {
      lines.push(line);
      count = 0;
    }
    if (count === 0) line = `    ${address16(word.address)}: `;
    line += `${wordText(word).padEnd(16)} `;
    count++;
    expected = word.address + 8n;
  }
  if (count > 0) lines.push(line);
  return lines;
}

function wordText({ value, name }: StackWord): string {
  if (isAbsent(value)) return `(${value.absent})`;
  return name === undefined ? address16(value) : printable(name);
}

/** One word a line with what is known of it; `?` stands before what its value only looks like. */
export function explainedWordLines(words: readonly StackWord[]): string[] {
  return words.map(({ address, value, labels }) => {
    const shown = isAbsent(value) ? `(${value.absent})`.padEnd(16) : address16(value);
    const said = labels.map(({ text, certain }) => `${certain ? '' : '? '}${printable(text)}`);
    return `    ${address16(address)}: ${shown}  ${said.join('; ')}`.trimEnd();
  });
}
