import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Counts,
  addCounts,
  countsEnvironment,
  countsLine,
  noCounts,
  readCounts,
} from './counts.ts';
import { projectNode, root } from './set-up.mjs';

/** One thing a check run does. */
export interface Step {
  readonly name: string;
  /** A package's script and its arguments, run on the project's Node; or a function. */
  readonly run: readonly string[] | (() => void | Promise<void>);
  /** The command leaves counts of tests (see counts.ts); others only pass or fail. */
  readonly counted?: boolean;
  /** Shows its output as it comes, alone; others run two at a time and show it when done. */
  readonly live?: boolean;
  readonly env?: Record<string, string>;
  readonly limitMinutes?: number;
}

interface Outcome {
  readonly step: Step;
  readonly ok: boolean;
  readonly seconds: number;
  readonly counts: Counts | undefined;
  readonly why: string;
}

/**
 * Runs the steps, all of them whatever fails, and prints a table and the line of counts. A step
 * that is no test run and fails counts as one failed.
 * @returns true when nothing failed
 */
export async function runSteps(steps: readonly Step[]): Promise<boolean> {
  const scratch = mkdtempSync(join(tmpdir(), 'oopscope-steps-'));
  const outcomes: Outcome[] = [];
  try {
    const waiting = [...steps];
    const lane = async () => {
      while (waiting[0] && !waiting[0].live) {
        const step = waiting.shift();
        if (step) outcomes.push(await runStep(step, scratch));
      }
    };
    while (waiting.length) {
      await Promise.all([lane(), lane()]);
      const step = waiting.shift();
      if (step) outcomes.push(await runStep(step, scratch));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return report(outcomes);
}

async function runStep(step: Step, scratch: string): Promise<Outcome> {
  const started = Date.now();
  const countsFile = join(scratch, `${step.name}.json`);
  if (step.live) console.log(`\n== ${step.name}`);
  let why = '';
  let output = '';
  if (typeof step.run === 'function') {
    try {
      await step.run();
    } catch (error) {
      why = (error as Error).message;
    }
  } else {
    const [script = '', ...args] = step.run;
    const child = spawn(projectNode(), [join(root, script), ...args], {
      cwd: root,
      env: {
        ...process.env,
        ...step.env,
        ...countsEnvironment(countsFile),
        ...(!step.live && process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
      },
      stdio: ['ignore', step.live ? 'inherit' : 'pipe', step.live ? 'inherit' : 'pipe'],
    });
    child.stdout?.on('data', (text: Buffer) => (output += text));
    child.stderr?.on('data', (text: Buffer) => (output += text));
    const limit = (step.limitMinutes ?? 10) * 60_000;
    let timedOut = false;
    const watchdog = setTimeout(() => {
      timedOut = true;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 5000).unref();
    }, limit);
    const status = await new Promise<string>((resolve) => {
      child.on('error', (error) => {
        resolve(error.message);
      });
      child.on('close', (code, signal) => {
        resolve(code === 0 ? '' : `exit ${String(signal ?? code)}`);
      });
    });
    clearTimeout(watchdog);
    why = timedOut ? `stopped after ${String(limit / 60_000)} min` : status;
  }
  const counts = step.counted ? readCounts(countsFile) : undefined;
  const outcome = { step, ok: !why, seconds: (Date.now() - started) / 1000, counts, why };
  if (!step.live) {
    console.log(
      `${outcome.ok ? 'ok    ' : 'FAILED'} ${step.name} (${outcome.seconds.toFixed(1)} s)`,
    );
    if (!outcome.ok) console.log(`${output.trim() || why}\n`);
  }
  return outcome;
}

function report(outcomes: readonly Outcome[]): boolean {
  const total = noCounts();
  const rows = outcomes.map(({ step, ok, seconds, counts, why }) => {
    if (counts) addCounts(total, counts);
    // A runner that failed without a failed test (or died before counting) is a failure itself.
    if (!ok && !counts?.failed) {
      total.failed++;
      total.failures.push(`${step.name}: ${why}`);
    }
    const detail = counts ? countsLine(counts) : ok ? 'ok' : why;
    return `  ${ok ? 'ok    ' : 'FAILED'}  ${step.name.padEnd(12)} ${seconds.toFixed(1).padStart(7)} s  ${detail}`;
  });
  console.log(`\n${rows.join('\n')}`);
  if (total.skipped.length) {
    console.log('\nSkipped:');
    for (const { name, reason } of total.skipped) console.log(`  ${name}: ${reason}`);
  }
  if (total.failures.length) {
    console.log('\nFailed:');
    for (const name of total.failures) console.log(`  ${name}`);
  }
  console.log(`\n${countsLine(total)}`);
  return total.failed === 0;
}
