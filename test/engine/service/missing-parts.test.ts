import { beforeAll, describe, expect, test } from 'vitest';
import type { Block } from '../../../src-shared/contract/index.ts';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import type { VirtAddr } from '../../../src-main/engine/base/address.ts';
import type { DumpImage } from '../../../src-main/engine/dump/dump-image.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { mutateImage, type Mutation } from '../../support/mutated-image.ts';

/** A dump that lacks one thing loses the views that rest on it, with the reason, and no other. */
let image: DumpImage;
let whole: Program;

beforeAll(async () => {
  const sample = new URL('../../../build/sample/sample.kdump', import.meta.url).pathname;
  image = openDump([openByteSource(sample)], await createDecompressors());
  whole = openProgram(image);
});

function without(...addresses: readonly VirtAddr[]): Program {
  const gone: Mutation = () => 'excluded';
  const frames = addresses.map((address) => Number(whole.kernel.translate(address) >> 12n));
  return openProgram(mutateImage(image, new Map(frames.map((frame) => [frame, gone]))));
}

function run(program: Program, line: string): Block[] {
  const [name, ...args] = line.split(' ');
  return [...findCommand(name!)!.run(createContext(program), args)];
}

function capability(program: Program, name: string) {
  return program.capabilities.find((candidate) => candidate.name === name);
}

describe('without BTF', () => {
  let program: Program;
  beforeAll(() => {
    program = without(whole.symbols.address('__start_BTF'));
  });

  test('says so', () => {
    expect(capability(program, 'types')?.ok).toBe(false);
    expect(capability(program, 'types')?.how).toContain('excluded by the dump filter');
  });

  test('the log is whole', () => {
    const [block] = run(program, 'log');
    const [expected] = run(whole, 'log');
    expect(block?.type === 'log' && block.records.text).toEqual(
      expected?.type === 'log' && expected.records.text,
    );
  });

  test('the summary has release, node name and what the kernel said', () => {
    const facts = factsOf(run(program, 'sys'));
    expect(facts.get('release')).toBe('6.1.0-56-cloud-amd64');
    expect(facts.get('nodename')).toBe('demobox');
    expect(String(facts.get('panic'))).toMatch(/^Oops: /);
  });

  test('symbols are there', () => {
    expect(program.symbols.has('init_task')).toBe(true);
  });

  test('tasks give the reason', () => {
    const notices = run(program, 'ps').map((block) => (block.type === 'notice' ? block.text : ''));
    expect(notices.join('\n')).toMatch(/unknown type: struct (task_struct|cpumask)/);
  });
});

describe('without kallsyms', () => {
  let program: Program;
  beforeAll(() => {
    const names = whole.vmcoreinfo.symbol('kallsyms_num_syms')!;
    program = without(names);
  });

  test('the log comes by the address that VMCOREINFO tells', () => {
    expect(capability(program, 'symbols')?.ok).toBe(false);
    const [block] = run(program, 'log');
    expect(block?.type === 'log' && block.records.count).toBeGreaterThan(400);
  });

  test('no tasks are not zero tasks', () => {
    expect(factsOf(run(program, 'sys')).get('tasks')).toMatchObject({ absent: 'unknown-symbol' });
  });
});

test('a log that cannot be read is not said to hold no panic', () => {
  const program = without(whole.symbols.address('prb'));
  expect(factsOf(run(program, 'sys')).get('panic')).toMatchObject({ absent: 'excluded' });
});

describe('with the kernel page tables filtered out', () => {
  let program: Program;
  beforeAll(() => {
    program = without(whole.vmcoreinfo.symbol('swapper_pg_dir')!);
  });

  test('addresses of kernel image and direct map are computed, and the walk says so', () => {
    const walk = program.kernel.walk(whole.symbols.address('linux_banner'));
    expect(walk.assumed?.why).toContain('computed from phys_base');
    expect(program.warnings.join('\n')).toContain('addresses may be wrong');
  });
});

describe('with nothing that tells where the page tables are', () => {
  let program: Program;
  beforeAll(() => {
    const text = new TextEncoder().encode('OSRELEASE=6.1.0-56-cloud-amd64\nPAGESIZE=4096\n');
    program = openProgram(
      new Proxy(image, {
        get(target, name) {
          if (name === 'vmcoreinfo') return text;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      }),
    );
  });

  test('says so', () => {
    expect(capability(program, 'page-tables')?.ok).toBe(false);
    expect(capability(program, 'symbols')?.ok).toBe(false);
    expect(capability(program, 'memory')?.ok).toBe(true);
  });

  test('the header names the release, and physical memory can be read', () => {
    expect(factsOf(run(program, 'sys')).get('release')).toBe('6.1.0-56-cloud-amd64');
    const memory = run(program, 'rd -p 1000000 4').find((block) => block.type === 'memory');
    expect(memory?.range.spans.map(({ state }) => state)).toEqual(['present']);
  });

  test('kernel addresses say why not', () => {
    const [block] = run(program, 'rd ffffffff81000000 1');
    expect(block?.type === 'memory' && block.range.spans[0]?.why).toContain('VMCOREINFO');
  });
});

function factsOf(blocks: readonly Block[]): Map<string, unknown> {
  const facts = new Map<string, unknown>();
  for (const block of blocks) {
    if (block.type === 'facts') for (const fact of block.facts) facts.set(fact.id, fact.value);
  }
  return facts;
}
