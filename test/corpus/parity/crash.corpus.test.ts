import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Block, EngineService, TaskRef } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { askCrash, corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * The text of the command line, given nothing but the dump, against crash 9 with vmlinux, line by
 * line. crash 9.0.2 opens 5.10 to 6.12; it cannot open 7.2.
 */
const NAMES = ['sample', 'debian-5.10', 'debian-6.1', 'debian-6.12'];
const LINES = ['log', 'log -m', 'mod', 'ps', 'ps -k', 'ps -t', 'ps -S', 'task -R pid,comm'];

afterAll(() => printTable('crash 9.0.2 (it had vmlinux, we the dump alone)'));

describe.each(NAMES)('%s', (name) => {
  let crash: ReadonlyMap<string, string>;
  let engine: EngineService;
  let session: string;

  beforeAll(async () => {
    const corpus = corpusDump(name);
    crash = askCrash(corpus, [...LINES, 'sys', 'foreach bt']);
    engine = createEngineService(createEngineDeps());
    ({ session } = await engine.open({ paths: [corpus.dump], search: false }));
  });

  const blocks = async (line: string): Promise<readonly Block[]> => {
    const { blocks: answer, error } = await engine.run({ session, line });
    expect(error, line).toBeUndefined();
    return answer.filter((block) => block.type !== 'notice');
  };
  const text = async (line: string): Promise<string> => textOf(await blocks(line));

  test.each(LINES)('%s is equal to the byte', async (line) => {
    const ours = withoutRunTimes(name, await text(line));
    const theirs = withoutRunTimes(name, crash.get(line)!);
    const lines = theirs.split('\n').length - 1;
    record({ dump: name, what: `${line}, lines`, equal: ours === theirs ? lines : 0, of: lines });
    expect(ours).toBe(theirs);
  });

  test('sys', async () => {
    const ours = factLines(await text('sys'));
    const theirs = [...factLines(crash.get('sys')!)].filter(
      // crash names its vmlinux and the path it was given; on 6.12 it is wrong about the uptime.
      ([label]) =>
        !['KERNEL', 'DUMPFILE', ...(name === 'debian-6.12' ? ['UPTIME'] : [])].includes(label),
    );
    const different = theirs.filter(([label, value]) => ours.get(label) !== value);
    record({
      dump: name,
      what: 'sys, facts',
      equal: theirs.length - different.length,
      of: theirs.length,
    });
    expect(different).toEqual([]);
  });

  test('backtraces of tasks that were not running', async () => {
    const theirs = new Map(
      crash
        .get('foreach bt')!
        .split(/\n(?=PID: )/)
        .map((part) => [/TASK: ([0-9a-f]+)/.exec(part)?.[1], part.trim()] as const),
    );
    let equal = 0;
    let of = 0;
    const different: string[] = [];
    let current: { task: TaskRef; text: string } | undefined;
    const compare = () => {
      if (current === undefined || current.task.active) return;
      of++;
      if (
        withoutSuffixes(current.text) ===
        withoutSuffixes(theirs.get(current.task.task.toString(16)))
      )
        equal++;
      else different.push(`${current.text}\n${theirs.get(current.task.task.toString(16))}`);
    };
    for (const block of await blocks('foreach bt')) {
      if (block.type !== 'stack') continue;
      current = { task: block.stack.task, text: textOf([block]) };
      compare();
    }
    record({ dump: name, what: 'bt of blocked tasks', equal, of });
    expect(different.slice(0, 3).join('\n\n')).toBe('');
  });
});

/** crash 9.0.2 takes HZ for 1000 on 6.12, so its run times are wrong there: docs/differences.md. */
function withoutRunTimes(dump: string, text: string): string {
  return dump === 'debian-6.12' ? text.replace(/^ *RUN TIME: .*$/gm, '') : text;
}

/** kallsyms keeps what the compiler appends to a function it split; crash cuts some of it off. */
function withoutSuffixes(text: string | undefined): string | undefined {
  return text?.trim().replace(/\.(?:part|constprop|isra)\.[0-9]+/g, '');
}

function textOf(blocks: readonly Block[]): string {
  const renderer = new TextRenderer();
  return blocks.map((block) => renderer.render(block)).join('') + renderer.end();
}

/** `      LABEL: value` */
function factLines(text: string): Map<string, string> {
  const facts = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^ *([A-Z][A-Z ]*): (.*)$/.exec(line);
    if (match) facts.set(match[1]!, match[2]!);
  }
  return facts;
}
