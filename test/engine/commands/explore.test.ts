import { describe, expect, it } from 'vitest';
import type { Block, CodeBlock } from '../../../src-shared/contract/index.ts';
import type { Disassembler } from '../../../src-main/engine/arch/disassembler.ts';
import { CommandSession, createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { splitCommandLine } from '../../../src-main/engine/service/command-line.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import type { DrawnMachine } from '../../support/kernel/draw-machine.ts';
import { AT, drawThings } from '../../support/kernel/draw-things.ts';

const [first = 0n, second = 0n, third = 0n] = AT.things;
const hex = (value: bigint): string => value.toString(16);

/** One byte: `55` push, `c3` ret, `06` ud2, `90` nop, `cc` int3, `e8` call of four bytes; others are none. */
const DISASSEMBLER: Disassembler = {
  name: 'drawn',
  disassemble(bytes, address) {
    const found = [];
    for (let at = 0; at < bytes.length;) {
      const one = { 0x55: 'push', 0xc3: 'ret', 0x06: 'ud2', 0x90: 'nop', 0xcc: 'int3' }[bytes[at]!];
      if (bytes[at] === 0xe8 && at + 5 <= bytes.length) {
        const to =
          address + BigInt(at + 5 + new DataView(bytes.slice(at + 1).buffer).getInt32(0, true));
        found.push({ length: 5, mnemonic: 'callq', operands: `0x${hex(to)}` });
        at += 5;
      } else if (one === undefined) break;
      else {
        found.push({ length: 1, mnemonic: one, operands: '' });
        at++;
      }
    }
    return found;
  },
};

function run(line: string, drawn: DrawnMachine = drawThings(), session?: CommandSession): Block[] {
  const [name = '', ...args] = splitCommandLine(line);
  const context = createContext(drawn.program(), {
    disassembler: DISASSEMBLER,
    ...(session && { session }),
  });
  return [...findCommand(name)!.run(context, args)];
}

/** As the command line shows it, notices behind `!`. */
function text(line: string, drawn?: DrawnMachine, session?: CommandSession): string {
  const renderer = new TextRenderer();
  const parts = run(line, drawn, session).map((block) =>
    block.type === 'notice' ? `! ${block.text}\n` : renderer.render(block),
  );
  return (parts.join('') + renderer.end()).trimEnd();
}

describe('p', () => {
  it.each([
    ['p 1 + 2', '$1 = 3'],
    ['p -x 255', '$1 = 0xff'],
    ['p 255 -x', '$1 = 0xff'],
    ['p -5 % 3', '$1 = -2'],
    ['p jiffies', 'jiffies = $1 = 18446744069414584321'],
    ['p (char)65', "$1 = 65 'A'"],
    ['p (enum colour)1', '$1 = GREEN'],
    ['p (enum colour)9', '$1 = 9'],
    ['p modules.next', `$1 = (struct list_head *) 0x${hex(first + 16n)} <first_thing+16>`],
    ['p do_thing', `do_thing = $1 = \n {void (void)} 0x${hex(AT.function)} <do_thing>`],
    ['p &do_thing', `$1 = (void (*)(void)) 0x${hex(AT.function)} <do_thing>`],
    [`p ((struct thing *)0x${hex(first)})->name`, '$1 = "anvil\\000\\000"'],
    [`p ((struct thing *)0x${hex(first)})->at[1]`, '$1 = {\n  x = 10,\n  y = -3\n}'],
    [
      'p runqueues.nr_running:a',
      'per_cpu(runqueues.nr_running, 0) = $1 = 4\nper_cpu(runqueues.nr_running, 1) = $2 = 5',
    ],
    [
      'p runqueues',
      `PER-CPU DATA TYPE:\n  struct rq runqueues;\nPER-CPU ADDRESSES:\n  [0]: ${hex(AT.cpus[0] + 0x40n)}\n  [1]: ${hex(AT.cpus[1] + 0x40n)}`,
    ],
  ])('%s', (line, expected) => {
    expect(text(line)).toBe(expected);
  });

  it('keeps what it showed', () => {
    const session = new CommandSession();
    const drawn = drawThings();
    text('p modules', drawn, session);
    text('p 5', drawn, session);
    expect(text('p $1.next == modules.next', drawn, session)).toBe('$3 = 1');
    expect(text('p $$2.next', drawn, session)).toContain('$4 = (struct list_head *)');
    expect(text('p $2 + 1', drawn, session)).toBe('$5 = 6');
  });

  it('does not take a variable for a function because nm does', () => {
    const drawn = drawThings()
      .symbol('jiffies', AT.jiffies, 'T')
      .symbol('_stext', AT.function, 'T')
      .symbol('_etext', AT.function + 0x40n, 'T');
    expect(text('p jiffies', drawn)).toBe('jiffies = $1 = 18446744069414584321');
    expect(text('whatis do_thing', drawn)).toBe('void do_thing(void);');
    expect(() => run('p untyped_end', drawn.symbol('untyped_end', AT.untyped + 8n, 'T'))).toThrow(
      'the type of untyped_end is not known',
    );
  });

  it('says who told the type', () => {
    expect(run('p jiffies')[0]).toMatchObject({
      type: 'value',
      origin: 'known global',
      address: AT.jiffies,
    });
    expect(run('p 1')[0]).toMatchObject({ address: 0n });
  });

  it('says that a name has several symbols', () => {
    const [block] = run('p (long)modules', ambiguous());
    expect(block).toMatchObject({ type: 'notice', severity: 'warning' });
    expect(block).toHaveProperty(
      'text',
      expect.stringContaining('modules is the name of 2 symbols'),
    );
  });

  it.each([
    ['p', 'an expression is needed'],
    ['p untyped', 'the type of untyped is not known'],
    ['p jiffies:0', 'names no per-CPU variable'],
    ['p runqueues.nr_running', 'runqueues is per-CPU: say which CPU'],
    ['p runqueues:7', 'CPU 7 does not exist'],
    ['p -x -d 1', 'exclude each other'],
    ['p *(int *)0xffff888000ff0000', 'page excluded by the dump filter'],
  ])('%s is refused', (line, message) => {
    expect(() => run(line)).toThrow(message);
  });
});

/** Two variables of one name; what the drawn table cannot hold is added by hand. */
function ambiguous(): DrawnMachine {
  const drawn = drawThings();
  const program = drawn.program();
  const table = program.symbols.kernelTable!;
  const [known] = table.findSymbols('modules');
  Object.assign(table, {
    findSymbols: (name: string) =>
      name === 'modules' ? [known!, { ...known!, address: AT.jiffies }] : [],
  });
  return Object.assign(Object.create(drawn) as DrawnMachine, { program: () => program });
}

describe('whatis', () => {
  it.each([
    ['whatis modules', 'struct list_head modules;'],
    ['whatis jiffies', 'volatile unsigned long jiffies;'],
    ['whatis do_thing', 'void do_thing(void);'],
    ['whatis modules.next', 'struct list_head *'],
    ['whatis 1 + 1l', 'long'],
    ['whatis u64', 'typedef unsigned long long u64;\nSIZE: 8'],
    ['whatis unsigned long', 'unsigned long\nSIZE: 8'],
    ['whatis point', 'struct point {\n    int x;\n    int y;\n}\nSIZE: 8'],
    ['whatis -o struct point', 'struct point {\n  [0] int x;\n  [4] int y;\n}\nSIZE: 8'],
    ['whatis point.y', 'struct point {\n  [4] int y;\n}'],
    ['whatis colour', 'enum colour {\n  RED = 0\n  GREEN = 1\n  BLUE = 2\n};'],
    ['whatis -r 16-32 -m list_head', 'SIZE  TYPE\n  16  list_head\n  24  rq'],
    ['whatis -r 3', '! none found'],
  ])('%s', (line, expected) => {
    expect(text(line)).toBe(expected);
  });

  it('refuses what it does not know', () => {
    expect(() => run('whatis struct nosuch')).toThrow('unknown type: struct nosuch (asked');
    expect(() => run('whatis untyped')).toThrow('the type of untyped is not known');
    expect(() => run('whatis -r a-b-c')).toThrow('no size or range');
  });
});

describe('list', () => {
  const three = [first, second, third];
  const lines = (addresses: readonly bigint[]) => addresses.map(hex).join('\n');

  it.each([
    ['list -H modules', lines(three.map((at) => at + 16n))],
    ['list thing.list -H modules', lines(three)],
    ['list -o thing.list -H modules', lines(three)],
    ['list -o 16 -H modules -r', lines([...three].reverse())],
    [`list thing.list -h ${hex(second)} -e modules`, lines([second, third])],
    [`list thing.peer ${hex(first)}`, lines(three)],
    ['list modules.next', lines([...three.map((at) => at + 16n), AT.modules])],
    [
      `list -H modules -o thing.list -s thing.id,name`,
      three
        .map(
          (at, i) =>
            `${hex(at)}\n  id = ${i - 1},\n  name = "${['anvil\\000\\000', 'bell\\000\\000\\000', 'cup\\000\\000\\000\\000'][i]!}",`,
        )
        .join('\n'),
    ],
    [
      `list -H modules -o thing.list -S thing.id,colour,name -x`,
      three
        .map(
          (at, i) =>
            `${hex(at)}\n  id = 0x${['ffffffff', '0', '1'][i]!}\n  colour = 0x${i}\n  name = "${['anvil', 'bell', 'cup'][i]!}"`,
        )
        .join('\n'),
    ],
    [
      `list -H modules -l thing.list -s thing.peer->id`,
      three.map((at, i) => `${hex(at + 16n)}\n  peer->id = ${[0, 1, -1][i]!},`).join('\n'),
    ],
  ])('%s', (line, expected) => {
    expect(text(line)).toBe(expected);
  });

  it('is empty', () => {
    expect(text('list -H modules', drawThings().ring(AT.modules))).toBe('(empty)');
  });

  it('ends at a loop that does not come back to the head, and names it', () => {
    const drawn = drawThings().u64(third + 16n, second + 16n);
    expect(text('list -H modules -B', drawn)).toBe(
      `${lines(three.map((at) => at + 16n))}\n! the list never ends: after 3 entries it comes back to 0x${hex(second + 16n)}, a loop of 2.\n! Loop: 2 entries long, begins after 1, at 0x${hex(second + 16n)}.`,
    );
  });

  it('ends where memory is missing, or an address is none', () => {
    const gone = text('list -H modules', drawThings().u64(second + 16n, 0xffff_8880_00ff_0000n));
    expect(gone).toContain('cannot be read: page excluded by the dump filter');
    expect(gone).toContain(hex(second + 16n));
    const wild = text('list -H modules', drawThings().u64(second + 16n, 0x4000n));
    expect(wild).toContain(`0x4000, the next of 0x${hex(second + 16n)}, is no kernel address`);
  });

  it('shows what it can of entries that are damaged', () => {
    const drawn = drawThings().u64(first + 64n, 0xffff_8880_00ff_0000n);
    expect(text(`list -H modules -o thing.list -s thing.peer->id`, drawn)).toMatch(
      /peer->id = <excluded: page excluded[^\n]*>,\n[^]*peer->id = -1,$/,
    );
  });

  it.each([
    ['list', 'a start is needed'],
    ['list 10', 'invalid kernel virtual address: 10'],
    ['list -h -H modules', 'exclude each other'],
    ['list -o thing.nosuch -H modules', 'invalid -o argument'],
    ['list -H modules -s nosuch.x', 'invalid data structure reference'],
    ['list -H modules -s thing.nosuch', 'invalid data structure member reference: thing.nosuch'],
    ['list -H modules -l 8', '-l goes with -s'],
  ])('%s is refused', (line, message) => {
    expect(() => run(line)).toThrow(message);
  });
});

describe('tree', () => {
  const ROOT = 0xffff_8880_0000_6000n;
  const XARRAY = 0xffff_8880_0000_6100n;
  const NODE = 0xffff_8880_0000_7000n;

  function rbtree(): DrawnMachine {
    const drawn = drawThings().symbol('the_root', ROOT);
    const node = (at: bigint) => at + drawn.offset('struct thing', 'node');
    drawn.put('struct rb_root', ROOT, { rb_node: node(second) });
    drawn.u64(node(second) + 16n, node(first)).u64(node(second) + 8n, node(third));
    return drawn;
  }

  it('goes through a red-black tree, parents first or sorted', () => {
    expect(text('tree -o thing.node the_root', rbtree())).toBe(
      [second, first, third].map(hex).join('\n'),
    );
    expect(text('tree -l -p -o thing.node the_root -s thing.id', rbtree())).toBe(
      [
        [first, 'root/l', -1],
        [second, 'root', 0],
        [third, 'root/r', 1],
      ]
        .map(([at, position, id]) => `${hex(at as bigint)}\n  position: ${position}\n  id = ${id},`)
        .join('\n'),
    );
  });

  it('does not go round in a damaged one', () => {
    const drawn = rbtree();
    const node = drawn.offset('struct thing', 'node');
    drawn.u64(third + node + 8n, second + node).u64(first + node + 8n, 0xffff_8880_00ff_0000n);
    const shown = text('tree -o thing.node the_root', drawn);
    expect(shown.split('\n').slice(0, 3)).toEqual([second, first, third].map(hex));
    expect(shown).toMatch(
      /! the tree at 0xffff888000006000 is incomplete: node 0xffff888000ff0000 \(root\/l\/r\): page excluded/,
    );
    expect(shown).toContain('(and 1 more)');
  });

  it('shows indexes and slots of an xarray', () => {
    const drawn = drawThings()
      .put('struct xarray', XARRAY, { xa_head: NODE + 2n })
      .put('struct xa_node', NODE, { 'slots[3]': first, 'slots[63]': second });
    expect(text(`tree -t x ${hex(XARRAY)} -p`, drawn)).toBe(
      `${hex(first)}\n  index: 3  position: root/3\n${hex(second)}\n  index: 63  position: root/63`,
    );
    expect(text(`tree -t xarray -N ${hex(NODE + 2n)} -S thing.id`, drawn)).toBe(
      `${hex(first)}\n  id = -1\n${hex(second)}\n  id = 0`,
    );
    expect(text(`tree -t radix ${hex(XARRAY)}`, drawn)).toMatch(/^! Radix trees are xarrays/);
  });

  it.each([
    ['tree', 'the address of one tree is needed'],
    ['tree -t foo modules', 'invalid tree type: foo'],
    ['tree 10', 'invalid kernel virtual address'],
    ['tree -t x -N modules', 'is no node pointer'],
    ['tree -t x -v modules', '-v is for maple trees'],
    ['tree -t x -o 8 modules', '-o is for red-black trees'],
  ])('%s is refused', (line, message) => {
    expect(() => run(line)).toThrow(message);
  });
});

describe('dis', () => {
  /** push; call do_thing; (bad); ret; int3 …, then the next function. */
  function code(): DrawnMachine {
    return drawThings().bytes(AT.function, [
      0x55,
      0xe8,
      0xfa,
      0xff,
      0xff,
      0xff,
      0x07,
      0xc3,
      ...Array<number>(56).fill(0xcc),
    ]);
  }
  const line = (offset: number, rest: string) =>
    `0x${hex(AT.function + BigInt(offset))} <do_thing${offset === 0 ? '' : `+${offset}`}>:\t${rest}`;
  const whole = [
    line(0, 'push'),
    line(1, `call   0x${hex(AT.function)} <do_thing>`),
    line(6, '(bad)'),
    line(7, 'ret'),
  ];

  it.each([
    ['dis do_thing', whole],
    ['dis do_thing 2', whole.slice(0, 2)],
    ['dis do_thing+6', whole.slice(2, 3)],
    ['dis (do_thing+6) 2', whole.slice(2, 4)],
    ['dis -r do_thing+6', whole.slice(0, 3)],
    ['dis -r do_thing+6 2', whole.slice(1, 3)],
    ['dis -f do_thing+6', whole.slice(2, 4)],
    ['dis -x do_thing+7', [whole[3]!.replace('+7', '+0x7')]],
    [
      'dis -f do_thing+2',
      [`! 0x${hex(AT.function + 2n)} is not at the start of an instruction.`, ...whole.slice(2)],
    ],
  ])('%s', (command, expected) => {
    expect(text(command, code()).split('\n')).toEqual(expected);
  });

  it('leaves out data behind a ud2', () => {
    const bug = drawThings().bytes(AT.function, [
      0x06,
      0x55,
      0x07,
      0xc3,
      ...Array<number>(60).fill(0xcc),
    ]);
    const [ud2, ret] = [line(0, 'ud2'), line(3, 'ret')];
    expect(text('dis do_thing', bug).split('\n')).toEqual([
      ud2,
      line(1, 'push'),
      line(2, '(bad)'),
      ret,
    ]);
    expect(text('dis -b 2 do_thing', bug).split('\n')).toEqual([ud2, ret]);
    expect(text('dis -b 2 do_thing 2', bug).split('\n')).toEqual([ud2, ret]);
    expect(text('dis -b')).toBe('encoded bytes being skipped after ud2a: 0');
    expect(() => run('dis -b 65 do_thing', bug)).toThrow('at most 64 bytes');
  });

  it('names where calls lead', () => {
    const [block] = run('dis do_thing', code()) as [CodeBlock];
    expect(block.instructions[1]!.target).toMatchObject({
      address: AT.function,
      kind: 'code',
      symbol: { name: 'do_thing', offset: 0 },
    });
    expect([...block.instructions[1]!.bytes]).toEqual([0xe8, 0xfa, 0xff, 0xff, 0xff]);
  });

  it('ends before code that is not in the dump', () => {
    const drawn = code()
      .bytes(0xffff_8880_0000_9ff0n, Array<number>(16).fill(0x90))
      .symbol('edge', 0xffff_8880_0000_9ff0n, 'T')
      .symbol('edge_end', 0xffff_8880_0000_a010n, 'T');
    const shown = text('dis edge', drawn).split('\n');
    expect(shown).toHaveLength(17);
    expect(shown[16]).toMatch(/^! page excluded by the dump filter/);
    expect(() => run('dis ffff888000ff0000')).toThrow('page excluded by the dump filter');
  });

  it.each([
    ['dis', 'an address, symbol or expression'],
    ['dis nosuch', 'no symbol or enumerator is named nosuch'],
    ['dis -r -f do_thing', 'exclude each other'],
    ['dis do_thing 0', 'invalid count'],
    ['dis -s do_thing', 'source lines need debug information'],
  ])('%s is refused', (command, message) => {
    expect(() => run(command, code())).toThrow(message);
  });
});

describe('numbers', () => {
  it.each([
    [
      'eval -b 41dc065',
      [
        'hexadecimal: 41dc065',
        'decimal: 69058661',
        'octal: 407340145',
        `binary: ${'100000111011100000001100101'.padStart(64, '0')}`,
        'bits set: 26 20 19 18 16 15 14 6 5 2 0',
      ],
    ],
    ['eval 128 * 1m', ['hexadecimal: 8000000  (128MB)', 'decimal: 134217728']],
    ['eval (1 << 32)', ['hexadecimal: 100000000  (4GB)']],
    ['eval -1', ['hexadecimal: ffffffffffffffff', 'decimal: 18446744073709551615  (-1)']],
    ['eval ~0f', ['hexadecimal: fffffffffffffff0']],
    ['eval first_thing + 10', [`hexadecimal: ${hex(first + 10n)}`]],
    ['eval 2 * (3 + 4)', ['hexadecimal: e']],
    ['eval modules.next', [`hexadecimal: ${hex(first + 16n)}`]],
  ])('%s', (line, expected) => {
    const shown = text(line)
      .split('\n')
      .map((each) => each.trim());
    expect(shown.slice(0, expected.length)).toEqual(expected);
  });

  it.each([
    ['ascii 62696c2f7273752f', '62696c2f7273752f: /usr/lib'],
    ['ascii 0x417f80', '0000000000417f80: <80><DEL>A<NUL><NUL><NUL><NUL><NUL>'],
    ['btop 512a001 1000', '512a001: 512a\n1000: 1'],
    ['ptob 512a', '512a: 512a000'],
    [
      'pte 8000000012345067',
      '      PTE         PHYSICAL  FLAGS\n8000000012345067  12345000  (PRESENT|RW|USER|ACCESSED|DIRTY|NX)',
    ],
    ['pte 0', 'PTE  PHYSICAL  FLAGS\n 0       0     (no mapping)'],
    [
      'ptov 40:a',
      `PER-CPU OFFSET: 40\n  CPU    VIRTUAL         \n  [0]  ${hex(AT.cpus[0] - AT.perCpuStart + 0x40n)}\n  [1]  ${hex(AT.cpus[1] - AT.perCpuStart + 0x40n)}`,
    ],
  ])('%s', (line, expected) => {
    expect(text(line)).toBe(expected);
  });

  it('shows all of ASCII', () => {
    const rows = text('ascii').split('\n').slice(3);
    expect(rows).toHaveLength(16);
    expect(rows[15]).toBe('  F |  SI  US  /   ?   O   _   o  DEL');
  });

  it('says what an entry that is not present stands for', () => {
    expect(text('pte 100')).toContain('PROTNONE set');
  });

  it.each([
    ['eval nosuch', 'no symbol or enumerator'],
    ['eval 1 / 0', 'division by zero'],
    ['ascii zz', 'invalid input: "zz"'],
    ['ascii 112233445566778899', 'too large'],
    ['btop zz', 'invalid input'],
    ['ptob', 'is needed'],
    ['pte zz', 'invalid input'],
    ['ptov zz', 'invalid input'],
    ['ptov 0:9', 'CPU 9 does not exist'],
  ])('%s is refused', (line, message) => {
    expect(() => run(line)).toThrow(message);
  });
});
