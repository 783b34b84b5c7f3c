import { describe, expect, it } from 'vitest';
import type { SearchStep } from '../../../src-main/io/debuginfo-search/result.ts';
import { StepLog } from '../../../src-main/io/debuginfo-search/step-log.ts';

const step = (outcome: SearchStep['outcome'], what: string, place = 'p'): SearchStep => ({
  place,
  what,
  outcome,
  message: 'm',
});

describe('what a search says', () => {
  it('keeps what was found and refused, whatever thousands were said before', () => {
    const log = new StepLog();
    for (let i = 0; i < 5000; i++) log.say(step('absent', 'vmlinux', `place ${i}`));
    for (let i = 0; i < 5000; i++) log.say(step('mismatch', `module${i}`));
    log.say(step('mismatch', 'vmlinux', 'late'));
    log.say(step('found', 'xfs'));
    log.say(step('found', 'vmlinux'));
    expect(log.steps.slice(-3).map(({ what, outcome }) => `${what} ${outcome}`)).toEqual([
      'vmlinux mismatch',
      'xfs found',
      'vmlinux found',
    ]);
    expect(log.steps.length).toBeLessThan(1000);
    expect(log.steps.length + log.leftOut).toBe(10_003);
    expect(log.wasSaid('late', 'vmlinux')).toBe(true);
  });

  it('leaves nothing out of what is said usually', () => {
    const log = new StepLog();
    const said = Array.from({ length: 190 }, (_, i) => [
      step('found', `module${i}`),
      step('absent', 'modules', `place ${i}`),
    ]).flat();
    for (const each of said) log.say(each);
    expect(log).toMatchObject({ steps: said, leftOut: 0 });
  });
});
