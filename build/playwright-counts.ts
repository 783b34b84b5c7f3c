import type { FullConfig, Reporter, Suite, TestError } from 'playwright/types/testReporter';
import { leaveCounts, noCounts } from './counts.ts';

/** Playwright reporter that leaves plain counts, with the reason of every skipped test. */
export default class CountsReporter implements Reporter {
  #suite: Suite | undefined;
  #errors: TestError[] = [];

  onBegin(_config: FullConfig, suite: Suite): void {
    this.#suite = suite;
  }

  onError(error: TestError): void {
    this.#errors.push(error);
  }

  onEnd(): void {
    const counts = noCounts();
    for (const test of this.#suite?.allTests() ?? []) {
      const name = test.titlePath().filter(Boolean).join(' > ');
      if (test.outcome() === 'skipped') {
        const mark = test.annotations.find((a) => a.type === 'skip' || a.type === 'fixme');
        counts.skipped.push({ name, reason: mark?.description ?? 'no reason given' });
      } else if (test.ok()) counts.passed++;
      else {
        counts.failed++;
        counts.failures.push(name);
      }
    }
    for (const error of this.#errors) {
      counts.failed++;
      counts.failures.push(error.message ?? 'error outside a test');
    }
    leaveCounts(counts);
  }
}
