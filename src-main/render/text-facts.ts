import { isAbsent, type Fact, type FactsBlock } from '../../src-shared/contract/index.ts';
import { ABSENT_TEXT, cellText } from './cell-text.ts';
import { printable } from './printable.ts';

/** Width of crash's labels, by block: `    PID: 1` of `set`, else the banner's. */
const LABEL_WIDTH: Readonly<Record<string, number>> = {
  set: 7,
  taint: 0,
  'ps-a': 0,
  dmi: 25,
};
const BANNER_WIDTH = 12;

/** Values that crash puts in quotes. */
const QUOTED = new Set(['command', 'panic']);
/** Facts whose note stands two blanks away, as crash's banner has them. */
const WIDE_NOTE = new Set(['kernel', 'dumpfile', 'machine', 'task', 'tainted-mask']);

/** `      KERNEL: …`: labels right-aligned, a missing value with its reason. */
export function factsLines(block: FactsBlock): string[] {
  const width = Object.hasOwn(LABEL_WIDTH, block.name)
    ? LABEL_WIDTH[block.name]!
    : block.facts.reduce((most, { label }) => Math.max(most, label.length), BANNER_WIDTH);
  return block.facts.flatMap((fact) => factLines(fact, width, block.name));
}

function factLines(fact: Fact, width: number, block: string): string[] {
  const label = fact.label.padStart(width);
  if (isAbsent(fact.value)) {
    if (block === 'ps-a') return [`(${printable(fact.value.why)})`];
    return [`${label}: ${ABSENT_TEXT[fact.value.absent]} ${printable(fact.value.why)}`.trimEnd()];
  }
  if (fact.kind === 'text' && typeof fact.value === 'string' && fact.value.includes('\n')) {
    // One value a line, under each other.
    const [first = '', ...rest] = fact.value.split('\n').map(printable);
    const indent = ' '.repeat(label.length + 2);
    return [`${label}: ${first}`, ...rest.map((line) => indent + line)];
  }
  const text = cellText(fact.value, fact.kind, true);
  const value = QUOTED.has(fact.id) ? `"${text}"` : text;
  const note = fact.note === undefined || fact.note === '' ? '' : printable(fact.note);
  // crash leaves the blank before a note that is not there behind a task's state.
  const gap = note === '' && fact.id !== 'state' ? '' : WIDE_NOTE.has(fact.id) ? '  ' : ' ';
  return [`${label}: ${value}${gap}${note}`];
}
