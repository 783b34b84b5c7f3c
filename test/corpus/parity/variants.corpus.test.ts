import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Block, EngineService, FactsBlock } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * One crash in every format that makedumpfile, the kernel and QEMU write: each must open and give
 * the same answers, or say what of them is missing.
 */
const { dump, folder } = corpusDump('debian-6.1');
const variant = (name: string) => join(folder, 'variants', name);
const LINES = ['ps', 'ps -t', 'log -m', 'mod', 'foreach bt', 'task -R comm,mm', 'rd init_task 64'];

/** Files of the same memory; the first one is what the others are compared with. */
const GROUPS: readonly (readonly (readonly [format: string, ...files: string[]])[])[] = [
  [
    ['kdump-compressed v6 (zstd)', dump],
    ['kdump-compressed v6 (lzo)', variant('lzo.kdump')],
    ['kdump-compressed v6 (zlib)', variant('zlib.kdump')],
    ['kdump-compressed v6 (uncompressed)', variant('uncompressed.kdump')],
    ['kdump-compressed v6 (zstd)', variant('unfiltered.kdump')],
    ['ELF vmcore', variant('unfiltered.elf')],
    ['ELF vmcore', variant('filtered.elf')],
    ['flattened ELF vmcore', variant('flattened.elf')],
    ['flattened kdump-compressed v6 (zstd)', variant('flattened.kdump')],
    ['kdump-compressed v6 (zstd, split)', ...[1, 2, 3].map((i) => variant(`split-${i}.kdump`))],
    ['kdump-compressed v6 (zstd, split)', ...[3, 1, 2].map((i) => variant(`split-${i}.kdump`))],
  ],
  [
    ['QEMU ELF vmcore', variant('qemu.elf')],
    ['QEMU ELF vmcore', variant('qemu-paging.elf')],
    ['flattened kdump-compressed v6 (zlib)', variant('qemu-zlib.kdump')],
  ],
  [
    ['QEMU ELF vmcore', variant('qemu-bare.elf')],
    ['flattened kdump-compressed v6 (zlib)', variant('qemu-bare-zlib.kdump')],
  ],
];

afterAll(() => printTable('the first file of the same memory (formats of one crash)'));

interface Opened {
  readonly run: (line: string) => Promise<readonly Block[]>;
  readonly text: (line: string) => Promise<string>;
  readonly fact: (id: string) => Promise<unknown>;
}

async function open(...files: string[]): Promise<Opened> {
  const engine: EngineService = createEngineService(createEngineDeps());
  const { session } = await engine.open({ paths: files, search: false });
  const run = async (line: string) => (await engine.run({ session, line })).blocks;
  return {
    run,
    text: async (line) => {
      const renderer = new TextRenderer();
      const blocks = await run(line);
      return blocks.map((block) => renderer.render(block)).join('') + renderer.end();
    },
    fact: async (id) =>
      (await run('sys'))
        .filter((block): block is FactsBlock => block.type === 'facts')
        .flatMap(({ facts }) => facts)
        .find((fact) => fact.id === id)?.value,
  };
}

describe.each(GROUPS)('%#', (...group) => {
  let expected: readonly string[];
  beforeAll(async () => {
    const first = await open(...group[0]!.slice(1));
    expected = await Promise.all(LINES.map(first.text));
    expect(expected.every((text) => text.length > 20)).toBe(true);
  });

  test.each(group)('%s: %s', async (format, ...files) => {
    const opened = await open(...files);
    expect(await opened.fact('format')).toBe(format);
    const texts = await Promise.all(LINES.map(opened.text));
    const equal = texts.filter((text, i) => text === expected[i]).length;
    record({
      dump: 'debian-6.1',
      what: files.map((file) => file.replace(/^.*\//, '').replace('.kdump', '')).join(' '),
      equal,
      of: LINES.length,
    });
    for (const [i, line] of LINES.entries()) expect(texts[i], line).toBe(expected[i]);
  });
});

describe('what is not there is not made up', () => {
  test('a file that makedumpfile could not finish', async () => {
    const opened = await open(variant('incomplete.kdump'));
    expect(await opened.fact('release')).toMatch(/^6\.1\./);
    for (const id of ['tasks', 'panic', 'fault', 'tainted', 'memory']) {
      expect(await opened.fact(id), id).toMatchObject({ absent: expect.any(String) });
    }
    expect(await opened.fact('panic')).not.toMatchObject({ absent: 'not-applicable' });
    const notices = (await opened.run('mod')).map((block) =>
      block.type === 'notice' ? block.text : block.type,
    );
    expect(notices.join()).not.toContain('no modules installed');
  });

  test.each([
    ['first', 2, 3],
    ['second', 1, 3],
    ['third', 1, 2],
  ])('a split set without its %s part', async (_, ...parts) => {
    const opened = await open(...parts.map((i) => variant(`split-${i}.kdump`)));
    expect(await opened.fact('pages-missing-part')).toBeGreaterThan(1000);
    const whole = await open(dump);
    const shown = (blocks: readonly Block[]) =>
      new Map(
        blocks.flatMap((block) =>
          block.type === 'stack' && block.stack.frames.length > 0
            ? [[block.stack.task.task, block.stack.frames.map(({ pc }) => pc)]]
            : [],
        ),
      );
    const expected = shown(await whole.run('foreach bt'));
    for (const [task, frames] of shown(await opened.run('foreach bt'))) {
      expect(frames, task.toString(16)).toEqual(expected.get(task)?.slice(0, frames.length));
    }
  });
});
