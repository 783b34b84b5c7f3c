import { expect, it } from 'vitest';
import { createEngineService } from '../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../src-main/hosts/node/engine-deps.ts';

/** What a link of a hostile dump, or a client, may put into the go-to box: answers, never a bug. */
it('any text in the go-to box is an answer or none', async () => {
  const engine = createEngineService(createEngineDeps());
  const sample = new URL('../../build/sample/sample.kdump', import.meta.url).pathname;
  const { session } = await engine.open({ paths: [sample] });
  const resolve = (text: string) => engine.resolve({ session, text });
  for (const text of [
    `init_task+${'9'.repeat(400)}`,
    `init_task+0x${'f'.repeat(400)}`,
    '9'.repeat(400),
    '0x',
    '\u202e\x1b[2J',
    '__proto__',
    'constructor+1',
  ]) {
    expect(await resolve(text), text.slice(0, 20)).toMatchObject({ kind: 'none' });
  }
  expect(await resolve('init_task+0x10')).toMatchObject({ kind: 'address' });
  await engine.close({ session });
});
