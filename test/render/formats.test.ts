import { describe, expect, it } from 'vitest';
import type { Block, Table } from '../../src-shared/contract/index.ts';
import { tableCsv } from '../../src-main/render/csv.ts';
import { blockJson } from '../../src-main/render/json.ts';
import { tableMarkdown } from '../../src-main/render/markdown.ts';
import { declaration } from '../../src-shared/text/c-declaration.ts';

const table: Table = {
  columns: [
    { id: 'task', title: 'TASK', kind: 'address' },
    { id: 'comm', title: 'COMM', kind: 'text' },
    { id: 'start', title: 'START', kind: 'count' },
  ],
  rowCount: 2,
  data: [
    [0xffff_8880_0000_1000n, { absent: 'excluded', why: 'left out: 0x1000' }],
    ['=cmd|"a",b', '<b>|x\x1b'],
    [18_446_744_073_709_551_615n, 5],
  ],
};

describe('JSON', () => {
  it('keeps every digit and tells why a value is missing', () => {
    const json = blockJson({ type: 'table', name: 'ps', table });
    expect(json).toMatchObject({
      type: 'table',
      name: 'ps',
      rows: [
        { task: '0xffff888000001000', comm: '=cmd|"a",b', start: '18446744073709551615' },
        { task: { absent: 'excluded', why: 'left out: 0x1000' }, comm: '<b>|x\x1b', start: 5 },
      ],
    });
    // The controls of a hostile name leave as JSON's own escapes.
    expect(JSON.stringify(json)).toContain('<b>|x\\u001b');
  });

  it('writes numbers of C as decimals, pointers and addresses as hex, bytes as digits', () => {
    const block: Block = {
      type: 'value',
      address: 0x1000n,
      size: 16,
      showOffsets: false,
      origin: 'BTF',
      value: {
        name: '',
        typeName: 'struct x',
        kind: 'struct',
        offset: 0,
        size: 16,
        children: [
          { name: 'n', typeName: 'u64', kind: 'int', offset: 0, size: 8, value: -1n },
          { name: 'p', typeName: 'void *', kind: 'pointer', offset: 8, size: 8, value: 16n },
          {
            name: 's',
            typeName: 'char [2]',
            kind: 'string',
            offset: 8,
            size: 2,
            value: 'a',
            bytes: new Uint8Array([97, 0]),
          },
        ],
      },
    };
    expect(blockJson(block)).toMatchObject({
      address: '0x1000',
      value: { children: [{ value: '-1' }, { value: '0x10' }, { bytes: '6100' }] },
    });
  });

  it('has one object a log record', () => {
    const json = blockJson({
      type: 'log',
      records: {
        count: 1,
        seq: [3],
        tsNsec: [1_000_000_000_000_000_001n],
        level: [6],
        facility: [0],
        caller: ['T1'],
        text: ['hello'],
        warnings: ['2 records were lost.'],
      },
    });
    expect(json).toMatchObject({
      warnings: ['2 records were lost.'],
      records: [{ seq: 3, tsNsec: '1000000000000000001', level: 6, text: 'hello' }],
    });
  });
});

it('CSV: no cell becomes a formula or breaks its row', () => {
  expect(tableCsv(table)).toBe(
    'task,comm,start\r\n' +
      '0xffff888000001000,"\'=cmd|""a"",b",18446744073709551615\r\n' +
      '!excluded,<b>|x\\x1b,5\r\n',
  );
});

it('Markdown: no cell becomes markup', () => {
  expect(tableMarkdown(table).split('\n').slice(0, 4)).toEqual([
    '| TASK | COMM | START |',
    '| ---: | --- | ---: |',
    '| ffff888000001000 | =cmd\\|"a",b | 18446744073709551615 |',
    '| \\(excluded\\) | &lt;b>\\|x\\\\x1b | 5 |',
  ]);
});

describe('a C declaration', () => {
  it.each([
    ['int', 'x', 'int x'],
    ['struct list_head *', 'next', 'struct list_head *next'],
    ['unsigned long [16]', 'bits', 'unsigned long bits[16]'],
    ['char *[4]', 'argv', 'char *argv[4]'],
    ['int [2][3]', 'm', 'int m[2][3]'],
    ['int (*)(void)', 'f', 'int (*f)(void)'],
    ['void (*[4])(int)', 'ops', 'void (*ops[4])(int)'],
    ['int (*)(void (*)(int))', 'f', 'int (*f)(void (*)(int))'],
    ['void (*(*)(int))(void)', 'f', 'void (*(*f)(int))(void)'],
  ])('%s %s', (type, name, written) => {
    expect(declaration(type, name)).toBe(written);
  });
});
