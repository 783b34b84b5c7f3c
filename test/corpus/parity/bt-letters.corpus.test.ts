import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineService } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { askCrash, corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/** Words and code addresses of the stacks of blocked tasks, against crash 9. It cannot open 7.2. */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12'];
const PIDS = [1, 2, 3, 10, 11, 12, 13, 14, 15, 20, 25];
const LINES = PIDS.flatMap((pid) =>
  ['-f', '-F', '-FF', '-t', '-T', '-r', '-R schedule', '-R do_exit'].map(
    (letters) => `bt ${letters} ${pid}`,
  ),
);

afterAll(() => printTable('crash 9.0.2, bt -f -F -FF -t -T -r -R'));

describe.each(NAMES)('%s', (name) => {
  let crash: ReadonlyMap<string, string>;
  let engine: EngineService;
  let session: string;
  const counts = new Map<string, { equal: number; of: number }>();
  afterAll(() => {
    for (const [what, row] of counts) record({ dump: name, what, ...row });
  });

  beforeAll(async () => {
    const corpus = corpusDump(name);
    crash = askCrash(corpus, LINES);
    engine = createEngineService(createEngineDeps());
    ({ session } = await engine.open({ paths: [corpus.dump] }));
  });

  test.each(LINES)('%s', async (line) => {
    const theirs = compared(crash.get(line) ?? '');
    // No such task in this kernel.
    if (/invalid task or pid/.test(theirs)) return;
    const { blocks } = await engine.run({ session, line });
    const renderer = new TextRenderer();
    const shown = blocks.filter(({ type }) => type !== 'notice');
    const text = shown.map((block) => renderer.render(block)).join('') + renderer.end();
    const ours = compared(text);
    const what = line.split(' ')[1]!;
    const row = counts.get(what) ?? { equal: 0, of: 0 };
    counts.set(what, { equal: row.equal + (ours === theirs ? 1 : 0), of: row.of + 1 });
    expect(ours).toBe(theirs);
  });
});

/** What differs by design: docs/differences.md. */
function compared(text: string): string {
  return (
    text
      .trimEnd()
      // Of two symbols of one address each tool has its own choice.
      .replaceAll(/\b(?:__key\.[12]|kthread_create_lock|kernfs_idr_lock)\b/g, '__key')
      .replaceAll('__sched_class_highest', 'stop_sched_class')
      .replaceAll(/\.(?:part|constprop|isra|cold)(?:\.[0-9]+)?/g, '')
      .replaceAll(/^ *\(inlined\).*\n/gm, '')
      .replaceAll(/ +$/gm, '')
      .replaceAll(/ {2,}(?=\S)/g, ' ')
  );
}
