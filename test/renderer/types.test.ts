import { describe, expect, test } from 'vitest';
import type {
  LayoutGap,
  RunResult,
  StructLayout,
  Table,
  ValueBlock,
  ValueNode,
} from '../../src-shared/contract/index.ts';
import { cacheLineMarks, gapText } from '../../src-renderer/model/layout-marks.ts';
import { definitionOf, linkTypes } from '../../src-renderer/model/type-definition.ts';
import { filterMembers } from '../../src-renderer/model/type-filter.ts';
import { listedTypes, matchingTypes, rowOfType } from '../../src-renderer/model/type-list.ts';
import {
  askedName,
  cNameOf,
  layoutCommand,
  locationNameOf,
  typeTargetOf,
} from '../../src-renderer/model/type-names.ts';
import { objectExpressions } from '../../src-renderer/model/type-objects.ts';
import {
  findPath,
  rowsOf,
  rowsOfMembers,
  withOpen,
  type TypeRow,
} from '../../src-renderer/model/type-rows.ts';
import { layoutFacts, offsetText, rowText } from '../../src-renderer/model/type-text.ts';
import { previewOf } from '../../src-renderer/model/values.ts';

const KERNEL = 0xffff_8880_0000_1000n;

function node(name: string, offset: number, more: Partial<ValueNode> = {}): ValueNode {
  return { name, typeName: 'int', kind: 'int', offset, size: 4, ...more };
}
function layout(...gaps: readonly LayoutGap[]): StructLayout {
  return {
    members: 0,
    memberBytes: 0,
    bitFieldBits: 0,
    gaps,
    innerPadding: { count: 0, bytes: 0 },
  };
}
const hole = (after: number, byte: number, bytes: number): LayoutGap => ({
  kind: 'hole',
  bitOffset: byte * 8,
  bits: bytes * 8,
  inBitField: false,
  after,
});

const inner = node('inner', 8, {
  typeName: 'struct inner',
  kind: 'struct',
  size: 64,
  layout: layout(hole(0, 4, 4)),
  children: [node('x', 8), node('y', 16, { size: 56 })],
});
const nameless = node('', 72, {
  typeName: 'union {...}',
  kind: 'union',
  size: 8,
  children: [
    node('p', 72, { typeName: 'struct outer *', kind: 'pointer', size: 8, value: KERNEL + 256n }),
  ],
});
const outer = node('', 0, {
  typeName: 'struct outer',
  kind: 'struct',
  size: 80,
  layout: layout(hole(0, 4, 4)),
  children: [node('a', 0), inner, nameless],
});
const input = (toggled: readonly string[] = [], base?: bigint) => ({
  root: outer,
  base,
  toggled: new Set(toggled),
  pointee: () => undefined,
});
/** One line a row: how deep, and what. */
const shown = (rows: readonly TypeRow[]) =>
  rows.map((row) => {
    const at = '.'.repeat(row.depth);
    if (row.kind === 'member') return `${at}${row.path || row.node.kind}`;
    if (row.kind === 'gap') return `${at}${row.offset} ${gapText(row.gap)}`;
    return `${at}${row.kind === 'line' ? `line ${row.line} at ${row.offset}+${row.inside}` : row.text}`;
  });

describe('rows of a struct', () => {
  test('holes and cache lines stand where they lie; structs without a name are open', () => {
    expect(shown(rowsOf(input()))).toEqual([
      'a',
      '4 hole, 4 bytes',
      'inner',
      'line 1 at 64+8',
      'union',
      '.p',
    ]);
  });

  test('what is opened shows its members with offsets from the whole', () => {
    expect(shown(rowsOf(input(['/1', '/2'])))).toEqual([
      'a',
      '4 hole, 4 bytes',
      'inner',
      '.inner.x',
      '.12 hole, 4 bytes',
      '.inner.y',
      'line 1 at 64+8',
      'union',
    ]);
  });

  test('cache lines begin where the address says', () => {
    expect(shown(rowsOf(input([], KERNEL + 60n)))[1]).toBe('4 hole, 4 bytes');
    expect(shown(rowsOf(input([], KERNEL + 60n)))[2]).toBe('line 1 at 4+4');
  });

  test('a pointer shows what it leads to, a ring ends, and reading is told', () => {
    const block = { value: outer, address: KERNEL + 256n, type: 'value' } as unknown as ValueBlock;
    const answer: RunResult = { blocks: [block] };
    const open = input(['/2/0', '/2/0*/2/0'], KERNEL);
    const asked: string[] = [];
    const read = rowsOf({
      ...open,
      pointee: (command) => {
        asked.push(command);
        return answer;
      },
    });
    expect(asked).toEqual(['struct --layout outer ffff888000001100']);
    expect(shown(read).slice(-6)).toEqual([
      '..p->a',
      '..4 hole, 4 bytes',
      '..p->inner',
      '..p->',
      '...p->p',
      '....A cycle: this object is open already, 1 pointer above',
    ]);
    expect(shown(rowsOf({ ...open, pointee: () => 'reading' })).at(-1)).toBe('..Reading…');
  });

  test('a path leads to its row and says what to open', () => {
    const place = findPath(outer, 'inner.y');
    expect(place?.key).toBe('/1/1');
    expect([...withOpen(new Set(['/2']), place?.above ?? [])]).toEqual(['/2', '/1']);
    expect(findPath(outer, 'p->a')?.key).toBe('/2/0');
    expect([...withOpen(new Set(['/2']), findPath(outer, 'p')?.above ?? [])]).toEqual([]);
    expect(findPath(outer, 'inner.z')).toBeUndefined();
  });

  test('children that were left out are counted', () => {
    const array = (values: boolean) =>
      node('', 0, {
        kind: 'array',
        count: 9,
        truncatedAt: 1,
        children: [node('[0]', 0, values ? { value: 1 } : {})],
      });
    const last = (root: ValueNode) => shown(rowsOf({ ...input(), root })).at(-1);
    expect(last(array(false))).toBe('8 more like it');
    expect(last(array(true))).toBe('The first 1 of 9 elements');
  });
});

describe('filtering members', () => {
  test('by name or type at any depth, by path with a dot, in the order of offsets', () => {
    const paths = (text: string) => {
      const { nodes, count } = filterMembers(outer, text);
      expect(count).toBe(nodes.length);
      return shown(rowsOfMembers(input(), nodes));
    };
    expect(paths('INNER')).toEqual(['inner']);
    expect(paths('inner.')).toEqual(['inner.x', 'inner.y']);
    expect(paths('outer')).toEqual(['p']);
    expect(paths('nothing')).toEqual([]);
  });
});

describe('names of types', () => {
  test.each([
    ['task_struct', 'struct task_struct'],
    ['union:u', 'union u'],
    ['enum:e', 'enum e'],
    ['typedef:pid_t', 'pid_t'],
  ])('%s is %s in C', (name, c) => {
    expect(cNameOf(name)).toBe(c);
    expect(locationNameOf(c)).toBe(name);
  });

  test('whatis is asked with the tag, as far as it is known', () => {
    expect(askedName('kmem_cache', 'struct kmem_cache')).toBe('struct kmem_cache');
    expect(askedName('pid_t', undefined)).toBe('pid_t');
    expect(askedName('atomic_t', 'struct {...}')).toBe('atomic_t');
    expect(askedName('enum:pid_type', undefined)).toBe('enum pid_type');
  });

  test('the command names the kind, and keeps an expression together', () => {
    expect(layoutCommand('rq', 0xffff0n)).toBe('* --layout rq 00000000000ffff0');
    expect(layoutCommand('union:u', ' a + 1 ')).toBe('union --layout u "a + 1"');
    expect(layoutCommand('typedef:x_t')).toBe('* --layout x_t');
  });

  test.each([
    ['struct file *', 'pointer', KERNEL, { name: 'file', address: KERNEL }],
    ['const struct file *', 'pointer', KERNEL, { name: 'file', address: KERNEL }],
    ['struct file *', 'pointer', 0n, { name: 'file' }],
    ['struct file **', 'pointer', KERNEL, { name: 'file' }],
    ['atomic_t *', 'pointer', KERNEL, { name: 'typedef:atomic_t', address: KERNEL }],
    ['void *', 'pointer', KERNEL, undefined],
    ['char *', 'pointer', KERNEL, undefined],
    ['int (*)(struct file *)', 'pointer', KERNEL, undefined],
    [
      'union thread_union',
      'union',
      undefined,
      { name: 'union:thread_union', address: KERNEL + 8n },
    ],
    ['spinlock_t', 'struct', undefined, { name: 'typedef:spinlock_t', address: KERNEL + 8n }],
    ['struct {...}', 'struct', undefined, undefined],
    ['enum pid_type', 'enum', 1, { name: 'enum:pid_type' }],
    ['u64', 'int', 1n, undefined],
    ['struct file *[4]', 'array', undefined, { name: 'file' }],
  ] as const)('%s (%s) can be opened as', (typeName, kind, value, expected) => {
    const given = { typeName, kind, ...(value !== undefined && { value }) };
    expect(typeTargetOf(node('m', 8, given), KERNEL)).toEqual(expected);
  });
});

describe('the list of types', () => {
  const table: Table = {
    columns: ['kind', 'name', 'size'].map((id) => ({ id, title: id, kind: 'text' as const })),
    rowCount: 4,
    data: [
      ['union', 'struct', 'typedef', 'struct'],
      ['file', 'file_lock', 'profile_t', 'file'],
      [1, 2, 3, 4],
    ],
  };
  const types = listedTypes(table);
  test('has the name itself first, then what begins with it', () => {
    expect([...matchingTypes(types, 'FILE', 'all')]).toEqual([0, 3, 1, 2]);
    expect([...matchingTypes(types, 'struct file', 'all')]).toEqual([3, 1]);
    expect([...matchingTypes(types, 'file', 'typedef')]).toEqual([2]);
  });
  test('finds a type by its name in a location', () => {
    expect(rowOfType(types, 'file')).toBe(3);
    expect(rowOfType(types, 'union:file')).toBe(0);
    expect(rowOfType(types, 'profile_t')).toBe(2);
    expect(rowOfType(types, 'nosuch')).toBeUndefined();
  });
});

test('known objects are named as one types them', () => {
  const ids = ['relation', 'name', 'percpu', 'declaration'];
  const rows = [
    ['points to', 'current_task', true, 'struct task_struct *current_task'],
    ['embeds', 'init_task', false, 'struct task_struct init_task'],
    ['points to', 'several', false, 'struct task_struct *several[2]'],
    ['points to', 'far', false, 'struct task_struct **far'],
    ['embeds', 'runqueues', true, 'struct rq runqueues'],
  ];
  const table: Table = {
    columns: ids.map((id) => ({ id, title: id, kind: 'text' as const })),
    rowCount: rows.length,
    data: ids.map((_, column) => rows.map((row) => row[column] ?? '')),
  };
  expect(objectExpressions([{ type: 'table', name: 'whatis-variables', table }])).toEqual([
    'init_task',
    'runqueues:0',
    '*current_task:0',
  ]);
  expect(objectExpressions([])).toEqual([]);
});

describe('text', () => {
  const block: ValueBlock = {
    type: 'value',
    value: {
      ...outer,
      layout: {
        members: 3,
        memberBytes: 76,
        bitFieldBits: 3,
        gaps: [
          hole(0, 4, 4),
          { ...hole(1, 0, 0), bits: 29, inBitField: true },
          { ...hole(2, 72, 8), kind: 'padding' },
        ],
        innerPadding: { count: 1, bytes: 2 },
      },
    },
    address: undefined,
    size: 80,
    showOffsets: false,
    origin: 'BTF',
  };
  test('the facts of a layout, and of an object that begins inside of a cache line', () => {
    expect(layoutFacts(block).map(({ text }) => text)).toEqual([
      '80 bytes',
      '3 members',
      '2 cache lines',
      '1 hole: 4 bytes',
      'bit fields: 3 bits, 29 unused',
      'padding: 8 bytes',
      'padding in 1 member: 2 bytes',
    ]);
    const at = layoutFacts({ ...block, address: KERNEL + 60n }).map(({ text }) => text);
    expect(at[2]).toBe('3 cache lines (begins 60 bytes into one)');
  });

  test('offsets and rows', () => {
    expect(offsetText(60, 3, 16)).toBe('0x3c:3');
    expect(offsetText(60, undefined, 10)).toBe('60');
    const [first] = rowsOf({
      ...input(),
      root: { ...outer, children: [node('a', 0, { value: 255 })] },
    });
    expect(rowText(first!, 16)).toBe('int a = 0xff;');
  });

  test('the definition, with the structs that it names as links', () => {
    const text = definitionOf([block]);
    expect(text).toBe(
      [
        'struct outer {',
        '    int a;',
        '    struct inner inner;',
        '    union {',
        '        struct outer *p;',
        '    };',
        '}',
        'SIZE: 80',
      ].join('\n'),
    );
    const links = linkTypes(text ?? '').flat();
    expect(links.map((part) => part.text).join('')).toBe(text?.replaceAll('\n', ''));
    expect(links.flatMap(({ target }) => (target ? [target.name] : []))).toEqual([
      'inner',
      'outer',
    ]);
  });

  test('a closed struct previews its first values, of a union the first member', () => {
    const struct = node('s', 0, {
      kind: 'struct',
      children: [
        node('', 0, {
          kind: 'union',
          children: [node('a', 0, { value: 1 }), node('b', 0, { value: 2 })],
        }),
        node('list', 8, { kind: 'array', children: [node('[0]', 8, { value: 3 })] }),
        node('c', 16, { value: 4 }),
        node('d', 20, { value: 5 }),
      ],
    });
    expect(previewOf(struct, 10)).toBe('{a = 1, list[0] = 3, c = 4, …}');
    expect(previewOf(outer, 10)).toContain('p = 0x');
    expect(previewOf(node('x', 0), 10)).toBe('');
  });
});

test('a cache line begins in front of a member, and in structs that are defined in place', () => {
  const inner = node('b', 64);
  const anonymous = node('', 60, {
    kind: 'struct',
    typeName: 'struct {...}',
    children: [node('a', 60), inner],
  });
  const named = node('n', 120, {
    kind: 'struct',
    typeName: 'struct list_head',
    children: [node('next', 120), node('prev', 128)],
  });
  const after = node('c', 136);
  const value = node('', 0, { kind: 'struct', size: 140, children: [anonymous, named, after] });
  const block = {
    type: 'value',
    value,
    address: undefined,
    size: 140,
    showOffsets: false,
    origin: 'BTF',
  } as const;
  expect([...cacheLineMarks(block)]).toEqual([
    [inner, { line: 1, offset: 64, inside: 0 }],
    [after, { line: 2, offset: 128, inside: 8 }],
  ]);
  const marks = cacheLineMarks({ ...block, address: KERNEL + 8n });
  expect(marks.get(anonymous)).toEqual({ line: 1, offset: 56, inside: 4 });
});
