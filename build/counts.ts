import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What a test runner did, as our reporters write it and `npm test` adds it up. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: { name: string; reason: string }[];
  /** Names of what failed, for the summary. */
  failures: string[];
}

export const noCounts = (): Counts => ({ passed: 0, failed: 0, skipped: [], failures: [] });

/** Environment variable that tells a reporter where to leave its counts. */
const COUNTS_FILE = 'OOPSCOPE_COUNTS';

export function leaveCounts(counts: Counts): void {
  const file = process.env[COUNTS_FILE];
  if (!file) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(counts));
}

export const countsEnvironment = (file: string) => ({ [COUNTS_FILE]: file });

/** Counts left in `file`; undefined when the runner died before it could. */
export function readCounts(file: string): Counts | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Counts) : undefined;
}

export function addCounts(into: Counts, more: Counts): void {
  into.passed += more.passed;
  into.failed += more.failed;
  into.skipped.push(...more.skipped);
  into.failures.push(...more.failures);
}

/** The line that scripts read: `12 passed, 0 failed, 1 skipped`. */
export const countsLine = (counts: Counts) =>
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} skipped`;
