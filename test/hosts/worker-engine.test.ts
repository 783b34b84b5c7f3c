import { afterEach, describe, expect, it } from 'vitest';
import {
  createWorkerEngine,
  type WorkerEngine,
} from '../../src-main/hosts/worker/worker-engine.ts';

const entry = new URL('../support/fake-session-worker.ts', import.meta.url);
let engine: WorkerEngine;

afterEach(() => engine.dispose());

describe('one worker thread a dump', () => {
  it('routes calls by session, and each dump has an engine of its own', async () => {
    engine = createWorkerEngine({ entry });
    engine.prepare();
    const [a, b] = await Promise.all([
      engine.open({ paths: ['/x/a.kdump'] }),
      engine.open({ paths: ['/x/b.kdump'] }),
    ]);
    expect(a.session).not.toBe(b.session);
    for (const { session } of [a, b]) {
      expect(await engine.run({ session, line: `echo ${session}` })).toMatchObject({
        blocks: [{ lines: [session] }],
      });
    }
    const range = await engine.readMemory({
      session: b.session,
      space: { kind: 'physical' },
      address: 255n,
      length: 2,
    });
    expect([...range.bytes]).toEqual([255, 0]);
  });

  it('streams progress and answers commands() with no dump open', async () => {
    engine = createWorkerEngine({ entry });
    expect((await engine.commands()).map(({ name }) => name)).toEqual(['echo']);
    const phases: string[] = [];
    await engine.open({ paths: ['a'] }, { onProgress: ({ phase }) => phases.push(phase) });
    expect(phases).toEqual(['file']);
  });

  it('cancels an engine that computes without a pause', async () => {
    engine = createWorkerEngine({ entry });
    const { session } = await engine.open({ paths: ['a'] });
    const controller = new AbortController();
    const call = engine.run({ session, line: 'spin' }, { signal: controller.signal });
    const outcome = expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    await outcome;
    // The thread is free again: it answers the next call.
    expect(await engine.run({ session, line: 'echo free' })).toMatchObject({
      blocks: [{ lines: ['free'] }],
    });
  });

  it('ends the worker of a cancelled or failed open', async () => {
    engine = createWorkerEngine({ entry, maxSessions: 1 });
    await expect(
      engine.open({ paths: ['slow'] }, { signal: AbortSignal.timeout(20) }),
    ).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(engine.open({ paths: ['damaged'] })).rejects.toMatchObject({ kind: 'open' });
    await engine.open({ paths: ['a'] });
    await expect(engine.open({ paths: ['b'] })).rejects.toThrow('1 dumps are open already');
  });

  it('says what a dead engine died of, while the others go on', async () => {
    engine = createWorkerEngine({ entry, heapMiB: 64 });
    const good = await engine.open({ paths: ['good'] });
    for (const [line, sentence] of [
      ['die', /engine of bad failed: the engine fell over/],
      ['oom', /engine of bad ran out of memory \(limit 64 MiB/],
      ['quit', /engine of bad ended \(code 3\)/],
    ] as const) {
      const { session } = await engine.open({ paths: ['/dumps/bad'] });
      const call = engine.run({ session, line });
      await expect(call).rejects.toMatchObject({
        kind: 'gone',
        message: expect.stringMatching(sentence),
      });
      // Later calls are told the same.
      await expect(engine.regions({ session })).rejects.toThrow(sentence);
    }
    expect(await engine.run({ session: good.session, line: 'echo on' })).toMatchObject({
      blocks: [{ lines: ['on'] }],
    });
  });

  it('forgets a closed session', async () => {
    engine = createWorkerEngine({ entry });
    const { session } = await engine.open({ paths: ['a'] });
    await engine.close({ session });
    await expect(engine.regions({ session })).rejects.toMatchObject({
      kind: 'gone',
      message: 'a was closed',
    });
    await expect(engine.regions({ session: 'never' })).rejects.toThrow(
      "no dump is open as 'never'",
    );
  });
});
