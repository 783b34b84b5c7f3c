import { tryRead } from '../../engine/base/fault.ts';
import type { CompareSymbols } from '../../engine/program/symbol-agreement.ts';
import type { Probe } from './probe.ts';

/** What a file's own symbols say against it. */
export interface Contradiction {
  /** It is of another build, whatever it says of itself. */
  readonly refuses: boolean;
  /** With numbers and names: `31 of 48 functions are elsewhere in the dump (…)`. */
  readonly text: string;
}

/** Examples in the sentence. */
const MAX_NAMED = 3;

/**
 * A build-id is only what a file says of itself. Functions spread over its symbol table are compared
 * with those of the dump: in a genuine file every one is where the dump has it. More than an eighth
 * elsewhere, or half of the names unknown, is another build; less is told, and used: memory of a
 * crashed machine may be damaged.
 */
export function findContradiction(
  probe: Probe,
  compare: CompareSymbols | undefined,
): Contradiction | undefined {
  if (compare === undefined) return undefined;
  const agreement = tryRead(() => compare(probe.functions()));
  if (agreement === undefined) return undefined;
  const { compared, elsewhere, unknown } = agreement;
  if (elsewhere.length + unknown.length === 0) return undefined;
  const phrases = [
    ...(elsewhere.length > 0
      ? [
          `${elsewhere.length} of ${compared} functions are elsewhere in the dump (${some(elsewhere, '; ')})`,
        ]
      : []),
    ...(unknown.length > 0
      ? [`${unknown.length} of ${compared} functions are not in the dump (${some(unknown, ', ')})`]
      : []),
  ];
  const refuses = elsewhere.length * 8 > compared || unknown.length * 2 > compared;
  return { refuses, text: phrases.join(', ') };
}

/**
 * Only the file's word is there for it: it has no functions to compare (stripped, or not to be read),
 * though the dump has. Said in the same sentence as what the file is taken for.
 */
export function isUncompared(probe: Probe, compare: CompareSymbols | undefined): boolean {
  return compare !== undefined && probe.functions().length === 0;
}

function some(names: readonly string[], separator: string): string {
  const more = names.length > MAX_NAMED ? `${separator}…` : '';
  return names.slice(0, MAX_NAMED).join(separator) + more;
}
