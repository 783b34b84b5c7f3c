import { beforeAll, describe, expect, it } from 'vitest';
import { existsSync } from 'node:fs';
import type { Block, FactsBlock, TableBlock } from '../../../src-shared/contract/index.ts';
import { createContext, type CommandContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { describeAddress } from '../../../src-main/engine/kernel/address-owner.ts';
import { virtualRegions } from '../../../src-main/engine/kernel/virtual-regions.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';

/** The embedded dump: what its scenario did must be found in it, from nothing but the file. */
const SAMPLE = 'build/sample/sample.kdump';

describe.runIf(existsSync(SAMPLE))('the embedded sample', () => {
  let context: CommandContext;
  beforeAll(async () => {
    const image = openDump([openByteSource(SAMPLE)], await createDecompressors());
    context = createContext(openProgram(image));
  });

  const run = (line: string): Block[] => {
    const [name, ...args] = line.split(' ');
    return [...findCommand(name!)!.run(context, args)];
  };
  const rows = (line: string): Record<string, unknown>[] => {
    const { table } = run(line).find((block): block is TableBlock => block.type === 'table')!;
    return [...Array(table.rowCount).keys()].map((r) =>
      Object.fromEntries(table.columns.map(({ id }, c) => [id, table.data[c]![r]])),
    );
  };
  const facts = (line: string, name: string): Record<string, unknown> => {
    const block = run(line).find(
      (each): each is FactsBlock => each.type === 'facts' && each.name === name,
    )!;
    return Object.fromEntries(block.facts.map(({ id, value }) => [id, value]));
  };

  it('says why the machine died, and who did it', () => {
    expect(facts('sys', 'sys')).toMatchObject({
      nodename: 'demobox',
      panic: expect.stringMatching(/^Oops: 0000 \[#1\]/),
      command: 'reporter',
      state: 'TASK_RUNNING',
      cpus: 2,
    });
    expect(facts('sys', 'cause')).toMatchObject({
      fault: expect.stringContaining('BUG: kernel NULL pointer dereference'),
      tainted: 'WOE',
    });
    expect(run('sys').filter(({ type }) => type === 'notice')).toEqual([]);
  });

  it('vtop says what an unmapped address is, by the half it lies in', () => {
    const noteOf = (line: string) => {
      const block = run(line).find((each) => each.type === 'translation');
      return block?.type === 'translation' ? block.note : undefined;
    };
    expect(noteOf('vtop -c 116 10000')).toBe('no mapping of the process holds this address');
    expect(noteOf('vtop -c 116 400000')).toMatch(
      /^empty entry: never touched, or backed by a file/,
    );
    expect(noteOf('vtop ffffffff81000000')).toBe('empty entry: nothing is mapped here');
    expect(noteOf('vtop x86_init')).toMatch(/took the page off its tables/);
  });

  it('walks the kernel’s tables for a kernel thread, and says whose the answer is', () => {
    const [header, answer, ...rest] = run('foreach 2 vtop ffff8d7981df4800');
    expect(header).toMatchObject({ type: 'task', task: { command: 'kthreadd' } });
    expect(answer).toMatchObject({ type: 'translation', phys: 0x1df4800n });
    expect(rest).toEqual([]);
  });

  it('foreach bt begins at what -I and -S give on the stacks of all tasks', () => {
    const blocks = run('foreach 1 111 bt -I ffffffff81000000 -S ffffffff82003000');
    expect(blocks.map((block) => block.type === 'stack' && block.stack.task.pid)).toEqual([1, 111]);
  });

  it('lists symbols of one name by address', () => {
    const [block] = run('sym cleanup_module');
    const addresses = block?.type === 'symbols' ? block.symbols.map(({ address }) => address) : [];
    expect(addresses.length).toBeGreaterThan(5);
    expect(addresses).toEqual(addresses.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('shows what is known of each word of a frame’s stack', () => {
    const [block] = run('frame -f 1').filter(({ type }) => type === 'stack');
    if (block?.type !== 'stack') throw new Error('no stack');
    expect(block.words).toBe('explained');
    const labels = block.stack.frames[0]!.words!.flatMap((word) => word.labels);
    expect(labels.map(({ kind }) => kind)).toContain('return-address');
  });

  it('finds the registers of the exception on the stack, once', () => {
    const [block] = run('bt -e');
    if (block?.type !== 'stack') throw new Error('no stack');
    const kernel = block.stack.frames.filter(({ registers }) => registers?.userMode === false);
    expect(kernel.map(({ symbol, exact }) => [symbol?.name, exact])).toEqual([
      ['demo_account', true],
    ]);
  });

  it('lists the system calls, by number and by name', () => {
    expect(rows('sys -c').at(-1)).toEqual({
      number: 450,
      name: '__x64_sys_set_mempolicy_home_node',
    });
    expect(rows('sys -c 0x1')).toEqual(rows('sys -c 1'));
    expect(rows('sys -c readahead 1').map(({ number }) => number)).toEqual([1, 187]);
  });

  it('says where debuginfo of modules is given', () => {
    expect(() => run('mod -s oops_demo')).toThrow(/-s: .*exec -s FILE DUMP/);
    expect(() => run('mod -S')).toThrow(/-S: .*attached in the window/);
  });

  it('guesses frames only when asked to, and marks them', () => {
    const framesOf = (line: string) => {
      const block = run(line).find((each) => each.type === 'stack');
      return block?.type === 'stack' ? block.stack.frames : [];
    };
    const nowhere = '-I ffff8d7981df4800 -S ffffd3b6403fbe28 111';
    expect(framesOf(`bt ${nowhere}`)).toHaveLength(1);
    const guessed = framesOf(`bt --guess ${nowhere}`);
    expect(guessed.at(-1)?.symbol?.name).toBe('ret_from_fork');
    expect(guessed.slice(1).every(({ exact }) => !exact)).toBe(true);
    expect(framesOf('bt --guess 111')).toEqual(framesOf('bt 111'));
  });

  it('reads a per-CPU variable of each CPU', () => {
    const [first, second] = run('rd runqueues:a');
    expect(first).toMatchObject({ cpu: 0, range: { address: 0xffff_8d79_9283_1980n } });
    expect(second).toMatchObject({ cpu: 1, range: { address: 0xffff_8d79_9293_1980n } });
  });

  it('finds all tasks by both ways, without a difference', () => {
    expect(run('ps').filter(({ type }) => type === 'notice')).toEqual([]);
    const states = rows('ps -S').map(({ state, count }) => [state, count]);
    expect(states).toEqual(
      expect.arrayContaining([
        ['UN', 2],
        ['ST', 1],
        ['ZO', 1],
        ['TR', 1],
      ]),
    );
    expect(rows('ps').length).toBeGreaterThan(100);
    expect(
      rows('ps -A')
        .map(({ cpu }) => cpu)
        .sort(),
    ).toEqual([0, 1]);
  });

  it('counts memory of processes, none of kernel threads', () => {
    for (const row of rows('ps -u')) {
      if (row['state'] !== 'ZO') expect(row['vsz']).toBeGreaterThan(0);
      expect(row['rss']).toBeLessThanOrEqual(row['vsz'] as number);
    }
    expect(rows('ps -k').every(({ vsz }) => vsz === 0)).toBe(true);
  });

  it('has the log from its first record to the panic', () => {
    const [log] = run('log').filter((block) => block.type === 'log');
    expect(log!.records.text[0]).toMatch(/^Linux version 6\.1/);
    expect(log!.records.text.some((text) => text.includes('---[ end trace'))).toBe(true);
    expect(log!.records.seq.every((seq, i) => seq === i)).toBe(true);
  });

  it('lists modules with their users and taints', () => {
    const modules = rows('mod');
    expect(modules.find(({ name }) => name === 'oops_demo')).toMatchObject({
      taints: 'OE',
      state: 'Live',
    });
    expect(modules.find(({ name }) => name === 'virtio_ring')?.['usedBy']).toContain('virtio_blk');
    expect(rows('mod -t').map(({ name }) => name)).toEqual(['oops_demo']);
  });

  it('reads its own banner, and knows whose bytes they are', () => {
    const [memory] = run('rd -a linux_banner').filter((block) => block.type === 'memory');
    expect(new TextDecoder().decode(memory!.range.bytes)).toMatch(/^Linux version 6\.1.*\n$/s);
    expect(memory!.range.owners.at(-1)).toMatchObject({
      kind: 'symbol',
      label: 'linux_banner',
      offset: 0,
    });
  });

  it('names what addresses belong to', () => {
    const { program } = context;
    const [current] = rows('ps -A');
    const task = current!['task'] as bigint;
    expect(describeAddress(program, task + 8n)).toMatchObject({
      kind: 'task_struct',
      pid: current!['pid'],
    });
    const stack = program
      .object('struct task_struct', task as never)
      .member('stack')
      .pointer();
    expect(describeAddress(program, stack + 100n)).toMatchObject({
      kind: 'task stack',
      pid: current!['pid'],
    });
    expect(describeAddress(program, program.symbols.address('panic'))).toMatchObject({
      kind: 'kernel text',
      label: 'panic',
    });
    expect(describeAddress(program, program.perCpuAddress('runqueues', 1))).toMatchObject({
      kind: 'per-CPU',
      label: 'runqueues of CPU 1',
    });
    const mm = program
      .object('struct task_struct', task as never)
      .member('mm')
      .pointer();
    expect(describeAddress(program, mm)).toMatchObject({
      kind: 'slab',
      label: 'mm_struct object +0x0',
    });
    // `name` of clocksource_jiffies: behind the last symbol of .rodata lie the string literals
    const literal = describeAddress(program, 0xffffffff960f26f2n);
    expect(literal.label).toBe('kernel rodata, 0x10e32 after SIGMA2');
    expect(describeAddress(program, program.symbols.address('x86_init')).label).toBe(
      'x86_init (init memory, freed after boot)',
    );
  });

  it('walks the page tables of the kernel and of a process to its mapping', () => {
    const [kernel] = run('vtop linux_banner').filter((block) => block.type === 'translation');
    expect(kernel!.steps.map(({ level }) => level)).toEqual(['pgd', 'pud', 'pmd']);
    const [user] = run('vtop -c 1 400000').filter((block) => block.type === 'translation');
    expect(user).toMatchObject({
      region: 'user',
      vma: { start: 0x400000n, file: expect.stringMatching(/^\//) },
    });
  });

  it('gives the map of a process and the regions of the kernel', () => {
    const user = virtualRegions(context.program, {
      kind: 'user',
      task: rows('ps 1')[0]!['task'] as bigint,
    });
    expect(user.length).toBeGreaterThan(3);
    const kernel = virtualRegions(context.program);
    expect(kernel.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['direct map', 'vmalloc', 'kernel text', 'modules']),
    );
    for (const regions of [user, kernel]) {
      for (const [i, region] of regions.entries()) {
        expect(region.end).toBeGreaterThan(region.start);
        if (i > 0) expect(region.start).toBeGreaterThanOrEqual(regions[i - 1]!.start);
      }
    }
  });

  it('shows per-CPU structs', () => {
    const values = run('struct rq.cpu runqueues:a').filter((block) => block.type === 'value');
    expect(values.map(({ value }) => value.value)).toEqual([0, 1]);
  });
});
