import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { StackTrace } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * The same memory of one machine twice: with all kernel pages, and with those missing that
 * makedumpfile 1.7.8 took for user pages. Nothing that is shown of the damaged dump may be wrong.
 */
const DUMP = 'debian-7.2';

afterAll(() => printTable('the same memory undamaged (each dump alone)'));

describe('a dump whose filter took kernel pages', () => {
  const { folder, dump } = corpusDump(DUMP);
  const backtraces = async (file: string, line: string): Promise<Map<bigint, StackTrace>> => {
    const engine = createEngineService(createEngineDeps());
    const { session } = await engine.open({ paths: [file], search: false });
    const { blocks } = await engine.run({ session, line });
    return new Map(
      blocks.flatMap((block) =>
        block.type === 'stack' ? [[block.stack.task.task, block.stack]] : [],
      ),
    );
  };
  const text = (trace: StackTrace | undefined) =>
    trace?.frames.map(({ pc, sp }) => `${sp.toString(16)} ${pc.toString(16)}`).join('\n');
  const damaged = join(folder, 'variants', 'misfiltered.kdump');

  test('exact frames are right, or there are none', async () => {
    const whole = await backtraces(dump, 'foreach bt');
    const found = await backtraces(damaged, 'foreach bt');
    const shown = [...found.values()].filter(({ frames }) => frames.length > 0);
    const right = shown.filter((trace) => text(trace) === text(whole.get(trace.task.task)));
    record({
      dump: 'misfiltered',
      what: 'exact backtraces',
      equal: right.length,
      of: shown.length,
    });
    expect(shown.length).toBeGreaterThan(50);
    expect(right).toHaveLength(shown.length);
    for (const trace of found.values()) {
      if (trace.frames.length === 0 && trace.startRegisters === undefined && !trace.end.complete) {
        expect(trace.end.why).toMatch(/excluded by the dump filter/);
      }
    }
  });

  test('guessed ones are marked', async () => {
    const whole = await backtraces(dump, 'foreach bt');
    const exact = await backtraces(damaged, 'foreach bt');
    const guessed = [...(await backtraces(damaged, 'foreach bt --guess')).values()].filter(
      ({ task, frames }) => frames.length > 0 && exact.get(task.task)?.frames.length === 0,
    );
    const right = guessed.filter((trace) => text(trace) === text(whole.get(trace.task.task)));
    record({
      dump: 'misfiltered',
      what: 'guessed backtraces',
      equal: right.length,
      of: guessed.length,
    });
    expect(guessed.length).toBeGreaterThan(0);
    expect(guessed.flatMap(({ frames }) => frames).filter(({ exact: is }) => is)).toEqual([]);
  });
});
