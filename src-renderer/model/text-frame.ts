import {
  isAbsent,
  type FrameRegister,
  type StackTrace,
  type StackWord,
} from '../../src-shared/contract/index.ts';
import { ABSENT_LABEL } from './absent.ts';
import { hex16 } from './format.ts';

/** `rbx: ffff…  crash note`, one a line. */
export function knownRegisterTexts(
  registers: readonly FrameRegister[] | undefined,
): readonly string[] {
  if (registers === undefined) return [];
  if (registers.length === 0) return ['        (no register of this frame is known)'];
  return registers.map(({ name, value, how, address }) => {
    const at = address === undefined || how.includes(hex16(address)) ? '' : ` at ${hex16(address)}`;
    return `${name.toUpperCase().padStart(12)}: ${hex16(value)}  ${how}${at}`;
  });
}

/** One word a line with what is known of it; `?` before what its value only looks like. */
export function wordTexts(words: readonly StackWord[] | undefined): readonly string[] {
  return (words ?? []).map(({ address, value, name, labels }) => {
    const shown = isAbsent(value) ? `(${ABSENT_LABEL[value.absent]})`.padEnd(16) : hex16(value);
    const said = labels.map(({ text, certain }) => `${certain ? '' : '? '}${text}`);
    const known = [...(name === undefined ? [] : [name]), ...said].join('; ');
    return `        ${hex16(address)}: ${shown}  ${known}`.trimEnd();
  });
}

/** What stands above each set of registers of `bt -e`. */
export function savedRegistersHead({ registers, sp, exact }: StackTrace['frames'][number]): string {
  const mode = registers?.userMode ? 'user' : 'kernel';
  const guess = exact ? '' : ' (a guess: not in the backtrace, may be stale)';
  return `${mode}-mode exception frame at ${hex16(sp)}${guess}`;
}
