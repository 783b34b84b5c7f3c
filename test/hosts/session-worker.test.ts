import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createWorkerEngine,
  type WorkerEngine,
} from '../../src-main/hosts/worker/worker-engine.ts';
import type { Block } from '../../src-shared/contract/index.ts';

const sample = join(import.meta.dirname, '..', '..', 'build', 'sample', 'sample.kdump');

describe.skipIf(!existsSync(sample))('the real engine behind a worker thread', () => {
  let engine: WorkerEngine;
  let session: string;
  const phases = new Set<string>();
  beforeAll(async () => {
    engine = createWorkerEngine();
    const info = await engine.open(
      { paths: [sample] },
      { onProgress: ({ phase }) => phases.add(phase) },
    );
    ({ session } = info);
  });
  afterAll(() => engine.dispose());

  it('reports the phases of opening', () => {
    expect([...phases]).toEqual(expect.arrayContaining(['file', 'symbols', 'types']));
  });

  it('answers every call of the contract across the thread', async () => {
    const symbol = await engine.resolve({ session, text: 'init_task' });
    if (symbol.kind !== 'address') throw new Error('init_task is not found');
    const range = await engine.readMemory({
      session,
      space: { kind: 'kernel' },
      address: symbol.address,
      length: 64,
    });
    expect(range.bytes).toHaveLength(64);
    expect(range.spans[0]?.state).toBe('present');
    const [described] = await engine.describe({ session, addresses: [symbol.address] });
    expect(described?.label).toContain('init_task');
    expect(
      (await engine.complete({ session, prefix: 'init_ta', limit: 5 })).length,
    ).toBeGreaterThan(0);
    expect((await engine.regions({ session })).length).toBeGreaterThan(3);
    expect((await engine.regions({ session, space: { kind: 'physical' } })).length).toBeGreaterThan(
      0,
    );
    expect((await engine.commands()).map(({ name }) => name)).toContain('bt');
  });

  it('hashes the file with progress', async () => {
    const seen: number[] = [];
    const [identity] = await engine.identify(
      { session },
      { onProgress: ({ done }) => seen.push(done) },
    );
    expect(identity?.sha256).toBe(createHash('sha256').update(readFileSync(sample)).digest('hex'));
    expect(seen.at(-1)).toBe(identity?.size);
  });

  it('cancels a command while it computes, and answers the next', async () => {
    const controller = new AbortController();
    const blocks: Block[] = [];
    const call = engine.run(
      { session, line: 'foreach bt', streamed: true },
      {
        signal: controller.signal,
        onProgress: (block) => {
          blocks.push(block);
          controller.abort();
        },
      },
    );
    await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    const { blocks: all } = await engine.run({ session, line: 'foreach bt' });
    expect(blocks.length).toBeLessThan(all.length);
    expect(await engine.run({ session, line: 'bt -z' })).toMatchObject({
      error: { kind: 'usage' },
    });
  });
});
