import { describe, expect, it } from 'vitest';
import type {
  Block,
  LogTable,
  MemoryBlock,
  StackTrace,
  TaskRef,
  ValueNode,
} from '../../src-shared/contract/index.ts';
import { blockLines, noticeText, TextRenderer } from '../../src-main/render/text.ts';
import { printable } from '../../src-main/render/printable.ts';

const task: TaskRef = {
  pid: 7,
  tgid: 7,
  task: 0xffff_8880_0000_1000n,
  cpu: 1,
  command: 'evil\x1b[2J"',
  state: 'RU',
  active: true,
};

function text(...blocks: Block[]): string {
  const renderer = new TextRenderer();
  return blocks.map((block) => renderer.render(block)).join('') + renderer.end();
}

describe('a terminal is safe from what a dump says', () => {
  it.each([
    ['an escape sequence', '\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['C1 controls', 'a\x9b31mb', 'a\\x9b31mb'],
    ['carriage return and line feed', 'a\r\nb', 'a\\x0d\\x0ab'],
    ['text that turns around', 'a\u202ecod.exe', 'a\\u{202e}cod.exe'],
    ['half a character', 'a\ud800', 'a\\u{d800}'],
    ['what is only foreign', 'pas mal: 漢字 😀\t.', 'pas mal: 漢字 😀\t.'],
  ])('%s', (_name, given, shown) => {
    expect(printable(given)).toBe(shown);
  });

  it('in every block', () => {
    const evil = '\x1b[31m\x9d';
    const table = (name: string): Block => ({
      type: 'table',
      name,
      table: {
        columns: ['pid', 'comm', 'name', 'taints', 'state', 'symbols', 'active'].map((id) => ({
          id,
          title: id,
          kind: 'text',
        })),
        rowCount: 1,
        data: Array(7).fill([evil]),
      },
    });
    const records: LogTable = {
      count: 1,
      seq: [1],
      tsNsec: [1n],
      level: [6],
      facility: [0],
      caller: [evil],
      text: [`${evil}\n${evil}`],
      context: [[`SUBSYSTEM=${evil}`]],
      warnings: [],
    };
    const symbol = { name: evil, offset: 1, size: 2, module: evil };
    const blocks: Block[] = [
      ...['x', 'ps', 'mod', 'mod-t', 'ps-p', 'ps-l', 'ps-m', 'ps-S', 'ps-r'].map(table),
      {
        type: 'facts',
        name: 'sys',
        facts: [{ id: 'panic', label: 'PANIC', kind: 'text', value: evil, note: evil }],
      },
      { type: 'task', task: { ...task, command: evil } },
      { type: 'text', lines: [evil] },
      { type: 'symbols', symbols: [{ address: 1n, letter: evil, name: evil, module: evil }] },
      {
        type: 'log',
        records,
        show: { time: 'none', level: true, caller: true, context: true },
      },
      { type: 'stack', stack: stackOf({ symbol, end: { complete: false, why: evil } }) },
      {
        type: 'value',
        address: 1n,
        size: 8,
        showOffsets: false,
        origin: 'BTF',
        value: {
          name: '',
          typeName: evil,
          kind: 'struct',
          offset: 0,
          size: 8,
          children: [
            { name: evil, typeName: evil, kind: 'pointer', offset: 0, size: 8, value: 1n, symbol },
            { name: 'e', typeName: '', kind: 'enum', offset: 0, size: 4, value: 1, text: evil },
            { name: 's', typeName: '', kind: 'string', offset: 0, size: 4, value: evil },
            {
              name: 'b',
              typeName: '',
              kind: 'string',
              offset: 0,
              size: 2,
              value: evil,
              bytes: new Uint8Array([27, 155]),
              count: 2,
            },
            { name: 'c', typeName: '', kind: 'char', offset: 0, size: 1, value: 27 },
          ],
        },
      },
      {
        type: 'translation',
        virt: 1n,
        phys: 1n,
        region: 'user',
        steps: [],
        pageSize: 4096,
        note: evil,
        vma: { address: 1n, start: 0n, end: 4096n, flags: 0n, file: evil },
      },
    ];
    const all = blocks.map((block) => text(block)).join('');
    expect(all).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    expect(noticeText({ type: 'notice', severity: 'warning', text: evil })).toBe(
      'warning: \\x1b[31m\\x9d\n',
    );
  });
});

function stackOf(parts: {
  symbol?: StackTrace['frames'][number]['symbol'];
  end?: StackTrace['end'];
  methods?: readonly ('orc' | 'scan')[];
}): StackTrace {
  return {
    task,
    start: 'inactive-task-frame',
    frames: (parts.methods ?? ['orc']).map((method, index) => ({
      index,
      pc: 0xffff_ffff_8100_0010n,
      sp: 0xffff_c900_0000_0000n,
      symbol: parts.symbol,
      method,
      exact: method === 'orc',
      stack: 'task',
      interrupted: false,
    })),
    end: parts.end ?? { complete: true, why: 'end of the stack' },
    warnings: [],
  };
}

describe('a backtrace', () => {
  it('marks what is a guess and says where it breaks off', () => {
    const lines = blockLines({
      type: 'stack',
      stack: stackOf({
        methods: ['orc', 'scan', 'scan'],
        end: { complete: false, why: 'page excluded by the dump filter' },
      }),
    });
    expect(lines).toEqual([
      'PID: 7        TASK: ffff888000001000  CPU: 1    COMMAND: "evil\\x1b[2J""',
      ' #0 [ffffc90000000000] (unknown or invalid address) at ffffffff81000010',
      '    (a guess: return addresses found on the stack)',
      ' #1 [ffffc90000000000] (unknown or invalid address) at ffffffff81000010',
      ' #2 [ffffc90000000000] (unknown or invalid address) at ffffffff81000010',
      '    (the trace ends here: page excluded by the dump filter)',
    ]);
  });

  it('gives an inlined function a line of its own, and source lines when asked', () => {
    const stack = stackOf({});
    const [frame] = stack.frames;
    const source = { file: 'fs/proc/inode.c', line: 352 };
    const inlined = [{ function: 'pde_write', source: { file: 'fs/proc/inode.c', line: 340 } }];
    const withSource = { ...stack, frames: [{ ...frame!, source, inlined }] };
    const lines = blockLines({ type: 'stack', stack: withSource }).slice(1, 3);
    expect(lines[0]).toBe('    (inlined) pde_write');
    expect(lines[1]).toMatch(/^ #0 /);
    expect(blockLines({ type: 'stack', stack: withSource, lines: true }).slice(1, 5)).toEqual([
      '    (inlined) pde_write',
      '    fs/proc/inode.c: 340',
      lines[1],
      '    fs/proc/inode.c: 352',
    ]);
  });

  it('does not say that there is no stack where it only cannot be read', () => {
    const why = 'page excluded by the dump filter';
    const none = (complete: boolean) =>
      blockLines({
        type: 'stack',
        stack: { ...stackOf({ methods: [], end: { complete, why } }), start: 'none' },
      }).slice(1);
    expect(none(true)).toEqual(['(no stack)']);
    expect(none(false)).toEqual([`(no backtrace: ${why})`]);
  });

  it('shows a register that is not known as unknown, never as zero', () => {
    const stack: StackTrace = {
      ...stackOf({ methods: [] }),
      startRegisters: {
        origin: 'crash-note',
        address: undefined,
        userMode: false,
        full: false,
        values: { rip: 0xffff_ffff_8100_0000n, rsp: 1n },
      },
    };
    const lines = blockLines({ type: 'stack', stack });
    expect(lines[1]).toBe('    [exception RIP: unknown or invalid address]');
    expect(lines[2]).toBe('    RIP: ffffffff81000000  RSP: 0000000000000001  RFLAGS: (unknown)');
    expect(lines[3]).toContain('RAX: (unknown)');
  });
});

describe('memory', () => {
  const memory = (unit: 1 | 2 | 4 | 8, more: Partial<MemoryBlock> = {}): MemoryBlock => ({
    type: 'memory',
    unit,
    format: 'hex',
    range: {
      space: { kind: 'kernel' },
      address: 0xffff_8880_0000_0ff8n,
      length: 16,
      bytes: Uint8Array.from({ length: 16 }, (_, i) => 0x41 + i),
      spans: [
        { offset: 0, length: 8, state: 'present' },
        { offset: 8, length: 8, state: 'excluded', why: 'left out' },
      ],
      owners: [],
    },
    ...more,
  });

  it('shows no digits for bytes that are not there', () => {
    expect(blockLines(memory(8))).toEqual([
      'ffff888000000ff8:  4847464544434241 excluded           ABCDEFGH        ',
    ]);
    expect(blockLines(memory(2))[0]).toContain('4241 4443 4645 4847 ---- ---- ---- ----');
    expect(blockLines(memory(8, { format: 'decimal' }))[0]).toContain(' excluded ');
    expect(blockLines(memory(1, { format: 'ascii' }))).toEqual(['ffff888000000ff8:  ABCDEFGH']);
  });

  it('tells the reasons apart', () => {
    const states = ['excluded', 'not-in-dump', 'not-mapped', 'non-canonical', 'damaged'] as const;
    const shown = states.map((state) => {
      const block = memory(8);
      const spans = [{ offset: 0, length: 16, state }];
      return blockLines({ ...block, range: { ...block.range, spans } })[0];
    });
    expect(new Set(shown).size).toBe(states.length);
  });
});

describe('missing values', () => {
  it('look different by their reason, in tables and facts', () => {
    const reasons = [
      'excluded',
      'not-in-dump',
      'not-mapped',
      'unknown-type',
      'unknown-symbol',
      'corrupt',
      'not-applicable',
    ] as const;
    const block: Block = {
      type: 'table',
      name: 'x',
      table: {
        columns: [{ id: 'a', title: 'A', kind: 'address' }],
        rowCount: reasons.length,
        data: [reasons.map((absent) => ({ absent, why: 'because' }))],
      },
    };
    expect(new Set(blockLines(block).slice(1)).size).toBe(reasons.length);
    expect(
      blockLines({
        type: 'facts',
        name: 'sys',
        facts: [
          {
            id: 'uptime',
            label: 'UPTIME',
            kind: 'seconds',
            value: { absent: 'excluded', why: 'page excluded: physical 0x1000' },
          },
        ],
      }),
    ).toEqual(['      UPTIME: (excluded) page excluded: physical 0x1000']);
  });
});

describe('facts', () => {
  it.each([
    [0, '00:00:00'],
    [86_399, '23:59:59'],
    [90_061, '1 days, 01:01:01'],
  ])('an uptime of %i s is %s', (value, shown) => {
    const facts = [{ id: 'uptime', label: 'UPTIME', kind: 'seconds' as const, value }];
    expect(blockLines({ type: 'facts', name: 'sys', facts })).toEqual([`      UPTIME: ${shown}`]);
  });

  it.each([
    [335_020_032, '319.5 MB'],
    [2 ** 31, '2 GB'],
    [512_000, '500 KB'],
  ])('%i bytes are %s', (value, shown) => {
    const facts = [{ id: 'memory', label: 'MEMORY', kind: 'bytes' as const, value }];
    expect(blockLines({ type: 'facts', name: 'sys', facts })).toEqual([`      MEMORY: ${shown}`]);
  });
});

describe('arrays of arrays of structs', () => {
  it('are laid out as gdb does', () => {
    const scalar = (value: number) =>
      ({ name: 'a', typeName: 'int', kind: 'int', offset: 0, size: 4, value }) as const;
    const struct = (value: number) =>
      ({
        name: '',
        typeName: '',
        kind: 'struct',
        offset: 0,
        size: 4,
        children: [scalar(value)],
      }) as const;
    const array = (...children: ValueNode[]) =>
      ({
        name: '',
        typeName: '',
        kind: 'array',
        offset: 0,
        size: 8,
        count: children.length,
        children,
      }) as const;
    const value = {
      ...array(array(struct(1), struct(2)), { ...array(struct(3)), count: 9, truncatedAt: 1 }),
      name: '',
    };
    const block = {
      type: 'value',
      address: 0n,
      size: 12,
      showOffsets: false,
      origin: 'DWARF',
      printed: { number: 1 },
      value,
    } as const;
    const renderer = new TextRenderer();
    expect(renderer.render(block) + renderer.end()).toBe(
      [
        '$1 = {{{',
        '      a = 1',
        '    }, {',
        '      a = 2',
        '    }}, {{',
        '      a = 3',
        '    }...}}',
        '',
      ].join('\n'),
    );
  });
});
