import { describe, expect, it } from 'vitest';
import type { Block, TableBlock, ValueBlock } from '../../../src-shared/contract/index.ts';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { splitCommandLine } from '../../../src-main/engine/service/command-line.ts';
import type { StructType, Type } from '../../../src-main/engine/types/type.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';
import { AT, drawThings } from '../../support/kernel/draw-things.ts';
import { drawnInt } from '../../support/types/drawn-int.ts';

const things = drawThings();
const hex = (value: bigint | undefined): string => (value ?? 0n).toString(16);

function run(line: string, drawn: DrawnMachine = things): Block[] {
  const [name = '', ...args] = splitCommandLine(line);
  return [...findCommand(name)!.run(createContext(drawn.program()), args)];
}
function text(line: string, drawn?: DrawnMachine): string {
  const renderer = new TextRenderer();
  const parts = run(line, drawn).map((block) =>
    block.type === 'notice' ? `! ${block.text}\n` : renderer.render(block),
  );
  return (parts.join('') + renderer.end()).trimEnd();
}
function valueOf(line: string, drawn?: DrawnMachine): ValueBlock {
  const block = run(line, drawn).find((each) => each.type === 'value');
  if (block?.type !== 'value') throw new Error('no value');
  return block;
}

describe('struct --layout', () => {
  it('has offset, size, holes, bits, cache lines and the sums', () => {
    expect(text('struct thing --layout')).toBe(
      [
        'struct thing {',
        '    int id;                                       /*   0     4 */',
        '    char name[8];                                 /*   4     8 */',
        '    /* hole: 4 bytes */',
        '    struct list_head list;                        /*  16    16 */',
        '    struct rb_node node;                          /*  32    24 */',
        '    enum colour colour;                           /*  56     4 */',
        '    unsigned int low : 3;                         /*  60:0   4 */',
        '    int high : 5;                                 /*  60:3   4 */',
        '    /* hole: 24 bits */',
        '    /* --- cache line 1 begins at 64 --- */',
        '    struct thing *peer;                           /*  64     8 */',
        '    struct point at[4];                           /*  72    32 */',
        '    short small;                                  /* 104     2 */',
        '    /* padding: 6 bytes */',
        '}',
        '/* size: 112, cache lines: 2, members: 10 */',
        "/* holes: 1, sum: 4; members' bytes: 98 */",
        '/* bit fields: 8 bits, bit holes: 1, sum: 24 bits */',
        '/* padding: 6 */',
      ].join('\n'),
    );
  });

  it('with an address has values, and the cache lines where they really begin', () => {
    const lines = text(`struct thing --layout -x ${hex(AT.things[0]! + 0x10n)}`).split('\n');
    expect(lines).toContain(
      '    /* --- cache line 1 begins at 48, 8 bytes before the next member --- */',
    );
    expect(lines).toContain('/* begins 16 bytes into a cache line */');
    const first = text(`struct thing --layout first_thing`);
    expect(first).toContain('int id = -1; ');
    expect(first).toContain('char name[8] = "anvil\\000\\000"');
    expect(first).toContain('int high : 5 = -3;');
  });

  it('opens all embedded structs for --json and the window, in arrays the first for all', () => {
    const { value, showLayout } = valueOf('struct --layout thing');
    expect(showLayout).toBe(true);
    const list = value.children?.find(({ name }) => name === 'list');
    expect(list?.children?.map(({ name, offset }) => [name, offset])).toEqual([
      ['next', 16],
      ['prev', 24],
    ]);
    expect(list?.layout).toMatchObject({ members: 2, gaps: [] });
    const at = value.children?.find(({ name }) => name === 'at');
    expect(at).toMatchObject({ count: 4, truncatedAt: 1, children: [{ name: '[0]', offset: 72 }] });
    expect(at?.children?.[0]?.children?.[1]).toMatchObject({ name: 'y', offset: 76 });
  });

  it('of a struct with too many members shows those it can and says so', () => {
    const members = Array.from({ length: 60_000 }, (_, i) => `int m${i};`).join(' ');
    const drawn = new DrawnMachine(`struct huge { ${members} }`);
    const { value } = valueOf('struct --layout huge', drawn);
    expect(value.children?.length).toBeLessThan(60_000);
    expect(value).toMatchObject({ count: 60_000, truncatedAt: value.children?.length });
    expect(text('struct --layout huge', drawn)).toContain('of 60000 members */');
  });

  it('excludes what shows something else', () => {
    expect(() => run('struct thing --layout -r first_thing')).toThrow('--layout excludes');
  });
});

describe('the address of a struct', () => {
  it.each([
    ['&((struct thing *)0xffff888000001000)->at[1]', AT.things[0]! + 80n],
    ['((struct thing *)0xffff888000001000)->peer', AT.things[1]],
    ['(first_thing+0x100)', AT.things[1]],
  ])('may be an expression: %s', (expression, expected) => {
    expect(valueOf(`struct --layout thing "${expression}"`).address).toBe(expected);
  });

  it('cannot be had from a variable whose type nobody knows', () => {
    expect(() => run('struct thing untyped->peer')).toThrow('the type of untyped is not known');
  });

  it('of a per-CPU variable takes its member on a CPU', () => {
    expect(valueOf('struct list_head "runqueues.tasks:1"')).toMatchObject({
      address: AT.cpus[1]! + (AT.runqueues - AT.perCpuStart) + 8n,
      cpu: 1,
    });
  });

  it('that is no symbol is told with similar names, as before', () => {
    expect(() => run('struct thing first_thin')).toThrow(/symbol not found.*\n.*\n.*first_thing/);
  });
});

describe('whatis --users of damaged types', () => {
  const int = drawnInt('x');
  function struct(name: string, members: readonly (readonly [string, Type])[]): StructType {
    const placed = members.map(([each, type]) => ({ name: each, type, bitOffset: 0, bitSize: 0 }));
    return { kind: 'struct', origin: 'x', name, size: 4, incomplete: false, members: placed };
  }
  /** The blocks of `whatis --users target` where `evil` is such a struct, and how often it may stop. */
  function search(evil: StructType): { blocks: Block[]; asked: number } {
    const machine = drawThings();
    const types = new Map<string, StructType>([
      ['evil', evil],
      ['target', target],
    ]);
    machine.types.add({
      name: 'damaged',
      findType: (tag, name) => (tag === 'struct' ? types.get(name) : undefined),
      findVariableType: () => undefined,
      findFunctionType: () => undefined,
      iterateNames: () => [...types.keys()].map((name) => ({ tag: 'struct', name })),
    });
    let asked = 0;
    const cancelled = (): boolean => {
      asked++;
      return false;
    };
    const context = { ...createContext(machine.program()), cancelled };
    return { blocks: [...findCommand('whatis')!.run(context, ['--users', 'target'])], asked };
  }
  const target = struct('target', [['x', int]]);
  const warnings = (blocks: readonly Block[]) =>
    blocks.filter((block) => block.type === 'notice' && block.severity === 'warning');

  it('ends where nameless structs are twice in each other, and says that it is cut', () => {
    expect(() => search(evilOf(['leaf', int]))).toThrow(/corrupt type information/);
    const { blocks, asked } = search(evilOf(['leaf', int], ['found', target]));
    expect(warnings(blocks)).toHaveLength(1);
    expect(asked).toBeGreaterThan(500);
  });
  function evilOf(...leaves: (readonly [string, Type])[]): StructType {
    let inner = struct('', leaves);
    for (let i = 0; i < 31; i++)
      inner = struct('', [
        ['a', inner],
        ['b', inner],
      ]);
    return struct('evil', [['m', inner]]);
  }

  it('limits the text of paths, where long names are nested around many members', () => {
    let inner = struct(
      '',
      Array.from({ length: 40_000 }, (_, i) => [`p${i}`, target] as const),
    );
    for (let i = 0; i < 20; i++) inner = struct('', [['N'.repeat(4000), inner]]);
    const { blocks } = search(struct('evil', [['m', inner]]));
    expect(warnings(blocks)).toHaveLength(1);
    const found = blocks.find((block): block is TableBlock => block.type === 'table')!.table;
    const paths = found.columns.findIndex(({ id }) => id === 'member');
    const characters = found.data[paths]!.reduce<number>(
      (sum, path) => sum + String(path).length,
      0,
    );
    expect(characters).toBeLessThan(20_000_000);
  });
});

describe('whatis --list, --users and --variables', () => {
  const table = (line: string): readonly unknown[][] => {
    const block = run(line).find((each): each is TableBlock => each.type === 'table');
    const { rowCount, data } = block!.table;
    return Array.from({ length: rowCount }, (_, row) => data.map((column) => column[row]));
  };

  it('lists types by name with kind, size and who tells', () => {
    expect(table('whatis --list RQ')).toEqual([['struct', 'rq', 24, 'drawn']]);
    const names = table('whatis --list').map(([, name]) => name);
    expect(names).toContain('thing');
    expect(names).toEqual([...names].sort());
    expect(text('whatis --list nosuch')).toBe('! none found');
  });

  it('finds variables of a type, and says which are per-CPU', () => {
    expect(table('whatis --variables list_head')).toEqual([
      ['embeds', 'modules', AT.modules, false, 'struct list_head modules'],
    ]);
    const listed = drawThings();
    const type = listed.types.typeNamed('struct', 'rq');
    listed.types.add({
      name: 'lists variables',
      findType: () => undefined,
      findVariableType: () => undefined,
      findFunctionType: () => undefined,
      iterateNames: () => [],
      iterateTypedVariables: () => [
        { name: 'runqueues', type },
        { name: 'not_a_symbol', type },
      ],
    });
    expect(text('whatis --variables rq', listed)).toMatch(
      /embeds +runqueues .*struct rq runqueues/,
    );
    expect(text('whatis --variables rq', listed)).not.toContain('not_a_symbol');
    expect(text('whatis --variables point')).toMatch(/^! no variable/);
  });

  it('finds who embeds a type and who points to it, exactly it', () => {
    expect(table('whatis --users list_head')).toEqual([
      ['embeds', 'struct', 'rq', 'tasks', 8, 'struct list_head'],
      ['embeds', 'struct', 'thing', 'list', 16, 'struct list_head'],
      ['points to', 'struct', 'list_head', 'next', 0, 'struct list_head *'],
      ['points to', 'struct', 'list_head', 'prev', 8, 'struct list_head *'],
    ]);
    expect(table('whatis --users point')).toEqual([
      ['embeds', 'struct', 'thing', 'at', 72, 'struct point [4]'],
    ]);
    expect(text('whatis --users rq')).toBe('! no member of a struct is a rq or leads to one');
    expect(() => run('whatis --users nosuch')).toThrow('unknown type: nosuch');
    expect(() => run('whatis --users')).toThrow('needs a type');
  });
});
