import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Counts } from '../../build/counts.ts';
import { runSteps, type Step } from '../../build/steps.ts';
import { root } from '../../build/set-up.mjs';

let folder: string;
let printed: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-steps-test-'));
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => printed.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

let scripts = 0;
/** A step that runs `source`; paths of steps are relative to the project. */
function script(source: string, more: Partial<Step> = {}): Step {
  const path = join(folder, `${String(++scripts)}.mjs`);
  writeFileSync(path, source);
  return { name: `script-${String(scripts)}`, run: [relative(root, path)], ...more };
}

/** A test run that leaves these counts and ends with this status. */
const counting = (counts: Counts, status: number) =>
  script(
    `import { writeFileSync } from 'node:fs';
     writeFileSync(process.env.OOPSCOPE_COUNTS, ${JSON.stringify(JSON.stringify(counts))});
     process.exit(${String(status)});`,
    { counted: true },
  );

const lastLine = () => printed.join('\n').trimEnd().split('\n').at(-1);

describe('a check run', () => {
  test('adds up the counts of its test runs and ends with them on a line', async () => {
    const first = { passed: 3, failed: 0, skipped: [], failures: [] };
    const second = { ...first, skipped: [{ name: 'real window', reason: 'no Electron here' }] };
    expect(await runSteps([counting(first, 0), counting(second, 0)])).toBe(true);
    expect(lastLine()).toBe('6 passed, 0 failed, 1 skipped');
    expect(printed.join('\n')).toContain('real window: no Electron here');
  });

  test('counts a check that fails as one failure, shows its output, and goes on', async () => {
    const after = script('');
    const failing = script('console.log("what is wrong"); process.exit(3)');
    expect(await runSteps([failing, after])).toBe(false);
    expect(lastLine()).toBe('0 passed, 1 failed, 0 skipped');
    expect(printed.join('\n')).toContain('what is wrong');
    expect(printed.join('\n')).toMatch(new RegExp(`ok +${after.name}`));
  });

  test('does not count a failed test and its run twice', async () => {
    const counts = { passed: 1, failed: 2, skipped: [], failures: ['a', 'b'] };
    expect(await runSteps([counting(counts, 1)])).toBe(false);
    expect(lastLine()).toBe('1 passed, 2 failed, 0 skipped');
  });

  test('takes a run that dies before it counted, or fails in spite of its counts, as failed', async () => {
    const died = script('process.kill(process.pid, "SIGKILL")', { counted: true });
    const odd = counting({ passed: 5, failed: 0, skipped: [], failures: [] }, 1);
    expect(await runSteps([died, odd])).toBe(false);
    expect(lastLine()).toBe('5 passed, 2 failed, 0 skipped');
  });

  test('stops a step that never ends', async () => {
    const endless = script('setInterval(() => {}, 1000)', { limitMinutes: 0.01 });
    expect(await runSteps([endless])).toBe(false);
    expect(printed.join('\n')).toContain('stopped after');
  });
});
