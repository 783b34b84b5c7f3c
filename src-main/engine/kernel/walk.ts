import { FaultError } from '../base/fault.ts';

/**
 * What a walk over a kernel structure found. Never thrown away: when the walk had to stop early,
 * `items` holds what came before and `problem` says why, as a sentence without its full stop.
 */
export interface Walk<T> {
  readonly items: readonly T[];
  readonly problem: string | undefined;
}

/** No kernel list of a machine that still ran is longer; a damaged one must end. */
export const MAX_WALK = 1 << 20;

/**
 * Runs `steps`, collecting what it yields; a FaultError ends the walk, its text is the problem.
 * `steps` may return a problem of its own. Every other error is a bug and goes on.
 */
export function collectWalk<T>(
  what: string,
  steps: () => Generator<T, string | undefined>,
): Walk<T> {
  const items: T[] = [];
  try {
    const iterator = steps();
    for (;;) {
      const step = iterator.next();
      if (step.done === true) return { items, problem: step.value };
      items.push(step.value);
    }
  } catch (error) {
    return { items, problem: endedEarly(what, items.length, error) };
  }
}

/** The problem of a walk that met a FaultError. @throws every other error, which is a bug */
export function endedEarly(what: string, count: number, error: unknown): string {
  if (!(error instanceof FaultError)) throw error;
  return `${what} ends early after ${count} entries: ${error.message}`;
}
