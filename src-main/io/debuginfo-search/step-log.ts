import type { SearchStep } from './result.ts';

/**
 * What is kept of each kind. A search over a hostile folder, or for thousands of modules, says more
 * than anybody reads: what was found and refused is kept before places that have nothing.
 */
const LIMITS = { vmlinux: 200, refused: 300, found: 300, absent: 200 } as const;
type Kind = keyof typeof LIMITS;

/** The answers of a search in their order, as far as they are kept, and how many are not. */
export class StepLog {
  readonly #steps: SearchStep[] = [];
  readonly #counts: Record<Kind, number> = { vmlinux: 0, refused: 0, found: 0, absent: 0 };

  get steps(): readonly SearchStep[] {
    return this.#steps;
  }

  /** Answers that were left out. */
  get leftOut(): number {
    const said = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    return said - this.#steps.length;
  }

  say(step: SearchStep): void {
    const kind = kindOf(step);
    if (++this.#counts[kind] <= LIMITS[kind]) this.#steps.push(step);
  }

  wasSaid(place: string, what: string): boolean {
    return this.#steps.some((step) => step.place === place && step.what === what);
  }
}

function kindOf({ what, outcome }: SearchStep): Kind {
  if (outcome === 'absent') return 'absent';
  if (what === 'vmlinux') return 'vmlinux';
  return outcome === 'found' || outcome === 'no-debuginfo' ? 'found' : 'refused';
}
