import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One command that is measured as a whole process. */
export interface Subject {
  readonly name: string;
  readonly command: readonly string[];
  /** Must be in the output: a run that did not answer is no measurement. */
  readonly proof: RegExp;
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Done before every run, not measured. */
  readonly before?: () => void;
}

export interface Sample {
  readonly seconds: number;
  /** User and system time of all its threads, which others on the machine disturb least. */
  readonly cpuSeconds: number;
  /** Peak resident set of the largest process, MB (10^6 bytes). */
  readonly megabytes: number;
}

export interface Measured extends Sample {
  readonly name: string;
  readonly runs: number;
  /** Of the fastest run; `seconds` and `megabytes` are medians, `cpuSeconds` the least. */
  readonly least: number;
}

/**
 * Runs the subjects in turn (A B C A B C …), so that a drifting machine hits all alike; the first
 * round only warms the page cache, unless every run begins with a cold one.
 * @param beforeEach done before every run, not measured
 * @returns medians; a subject that fails is named with its output
 */
export function measureInTurn(
  subjects: readonly Subject[],
  rounds: number,
  beforeEach: () => void = () => undefined,
): (Measured | { readonly name: string; readonly failed: string })[] {
  const samples = subjects.map(() => [] as Sample[]);
  const failures = new Map<number, string>();
  for (let round = 0; round <= rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      if (failures.has(i)) continue;
      beforeEach();
      const run = runOnce(subject);
      if (typeof run === 'string') failures.set(i, run);
      else if (round > 0) samples[i]!.push(run);
    }
  }
  return subjects.map(({ name }, i) => {
    const failed = failures.get(i);
    if (failed !== undefined) return { name, failed };
    return {
      name,
      runs: rounds,
      seconds: median(samples[i]!.map((s) => s.seconds)),
      least: Math.min(...samples[i]!.map((s) => s.seconds)),
      cpuSeconds: Math.min(...samples[i]!.map((s) => s.cpuSeconds)),
      megabytes: median(samples[i]!.map((s) => s.megabytes)),
    };
  });
}

function runOnce(subject: Subject): Sample | string {
  const folder = mkdtempSync(join(tmpdir(), 'oopscope-bench-'));
  const figures = join(folder, 'time');
  try {
    subject.before?.();
    const time = ['-o', figures, '-f', '%e %M %U %S', ...subject.command];
    const run = spawnSync('/usr/bin/time', time, {
      env: { ...process.env, ...subject.env },
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (run.error) return `/usr/bin/time: ${run.error.message} (Debian package time)`;
    const output = run.stdout + run.stderr;
    if (run.status !== 0) return `exit ${String(run.status)}: ${output.slice(-400)}`;
    if (!subject.proof.test(output))
      return `no ${subject.proof.source} in: ${output.slice(0, 400)}`;
    const words = readFileSync(figures, 'utf8').trim().split(/\s+/).slice(-4).map(Number);
    const [seconds = NaN, kibibytes = NaN, user = NaN, system = NaN] = words;
    return { seconds, cpuSeconds: user + system, megabytes: (kibibytes * 1024) / 1e6 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
