import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { mutateElf } from '../../support/debuginfo/mutate-elf.ts';
import { corpusDump } from './oracle.ts';

/**
 * A real module's debuginfo, damaged in hundreds of ways, in a whole session: the dump opens, every
 * command answers or says why not, and the next one does too.
 */
const SEEDS = 400;
const SEED = 20260101;
/** What hangs is far beyond; a slow machine is not. */
const WATCHDOG_MS = 30_000;
const MAX_GROWTH = 2 ** 30;

const COMMANDS = [
  'bt -l',
  'bt -f',
  'bt -v',
  'whatis demo_ops',
  'whatis demo_write',
  'p demo_sessions',
  'p demo_lock',
  'struct demo_session',
  'whatis struct demo_stats',
  'dis -l demo_account',
  'dis -s demo_write',
  'list -H demo_sessions demo_session.link -s demo_session.id,name',
  'sym demo_write',
];

// The module's types are BTF's on 6.1 and DWARF's on 5.10, whose modules have no BTF.
const folder = mkdtempSync(join(tmpdir(), 'oopscope-damaged-'));
const cacheHome = process.env['XDG_CACHE_HOME'];
const oopscopeCache = process.env['OOPSCOPE_CACHE'];
const corpora = ['debian-6.1', 'debian-5.10'].map((name) => corpusDump(name));
beforeAll(() => {
  // Nothing of the user's may answer in place of the damaged file.
  process.env['XDG_CACHE_HOME'] = folder;
  delete process.env['OOPSCOPE_CACHE'];
});
afterAll(() => {
  if (cacheHome === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cacheHome;
  if (oopscopeCache !== undefined) process.env['OOPSCOPE_CACHE'] = oopscopeCache;
  rmSync(folder, { recursive: true, force: true });
});

test.each(corpora)('$name', { timeout: 900_000 }, async (corpus) => {
  const whole = readFileSync(join(corpus.folder, 'oops_demo.ko'));
  const count = corpus.name === 'debian-6.1' ? SEEDS : SEEDS / 4;
  const file = join(folder, 'oops_demo.ko');
  const engine = createEngineService(createEngineDeps());
  const bad: string[] = [];
  let answered = 0;
  const before = process.memoryUsage().rss;
  let largest = before;
  for (let i = 0; i < count; i++) {
    const seed = SEED + i;
    const { bytes, what } = mutateElf(whole, seed);
    writeFileSync(file, bytes);
    const started = performance.now();
    const { session } = await engine.open({ paths: [corpus.dump], debuginfo: [file] });
    const say = (problem: string): number => bad.push(`seed ${seed} (${what}): ${problem}`);
    for (const line of COMMANDS) {
      const { blocks, error } = await engine.run({ session, line });
      if (error?.kind === 'internal') say(`${line}: ${error.message}`);
      if (error !== undefined) {
        if (error.message === '') say(`${line}: an error without a message`);
        continue;
      }
      const renderer = new TextRenderer();
      for (const block of blocks) renderer.render(block);
      renderer.end();
      answered++;
      if (line === 'bt -l' && !blocks.some(({ type }) => type === 'stack')) say('no backtrace');
    }
    await engine.close({ session });
    const took = performance.now() - started;
    if (took > WATCHDOG_MS) say(`${Math.round(took)} ms`);
    largest = Math.max(largest, process.memoryUsage().rss);
  }
  console.log(
    `${corpus.name}: ${count} damaged files, ${answered} of ${count * COMMANDS.length} answers, ${Math.round((largest - before) / 2 ** 20)} MiB more at most`,
  );
  expect(bad).toEqual([]);
  expect(answered).toBeGreaterThan(count * 4);
  expect(largest - before).toBeLessThan(MAX_GROWTH);
});
