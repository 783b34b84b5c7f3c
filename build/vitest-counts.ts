import type { Reporter, TestModule } from 'vitest/node';
import { leaveCounts, noCounts } from './counts.ts';

/** Vitest reporter that leaves plain counts, with the reason of every skipped test. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = noCounts();
    const fail = (name: string) => {
      counts.failed++;
      counts.failures.push(name);
    };
    for (const module of modules) {
      const file = module.relativeModuleId;
      if (module.errors().length) fail(`${file} (did not load)`);
      for (const test of module.children.allTests()) {
        const result = test.result();
        const name = `${file} > ${test.fullName}`;
        if (result.state === 'passed') counts.passed++;
        else if (result.state === 'failed') fail(name);
        else {
          const note = result.state === 'skipped' ? result.note : undefined;
          counts.skipped.push({
            name,
            reason: note ?? 'what it needs is not here (skipIf or runIf in the file)',
          });
        }
      }
    }
    for (const error of unhandled) fail(`unhandled error: ${(error as Error).message}`);
    leaveCounts(counts);
  }
}
