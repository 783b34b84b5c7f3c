import { describe, expect, it } from 'vitest';
import type { Block, MemoryBlock, ValueBlock } from '../../../src-shared/contract/index.ts';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { DrawnMachine } from '../../support/kernel/draw-machine.ts';

const TYPES = `
  enum colour { RED = 0, GREEN = 1 }
  struct list_head { struct list_head *next; struct list_head *prev; }
  struct thing { int id; char name[8]; struct list_head list; enum colour colour; unsigned int low : 3; unsigned int high : 5; struct thing *peer; unsigned long counts[2]; }
  struct cpumask { unsigned long bits[1]; }`;
const THING = 0xffff_8880_0000_1000n;
const MASK = 0xffff_8880_0000_2000n;

function machine(): DrawnMachine {
  const drawn = new DrawnMachine(TYPES)
    .symbol('the_thing', THING)
    .symbol('the_other', THING + 0x100n)
    .put('struct thing', THING, {
      id: -5,
      name: 'anvil',
      'list.next': THING,
      colour: 1,
      peer: THING + 0x100n,
      'counts[1]': 77n,
    })
    .put('struct thing', THING + 0x100n, { id: 6, name: 'bell' })
    .symbol('__per_cpu_offset', MASK + 64n)
    .u64(MASK + 64n, 0x100n)
    .u64(MASK + 72n, 0n);
  const bits = drawn.offset('struct thing', 'colour') + 4n;
  drawn.bytes(THING + bits, [0b10101_011, 0, 0, 0]);
  for (const mask of ['possible', 'present', 'online']) {
    drawn.symbol(`__cpu_${mask}_mask`, MASK);
  }
  return drawn.u64(MASK, 3n);
}

function run(line: string, drawn = machine()): Block[] {
  const [name, ...args] = line.split(' ');
  return [...findCommand(name!)!.run(createContext(drawn.program()), args)];
}

function values(line: string, drawn?: DrawnMachine): ValueBlock[] {
  return run(line, drawn).filter((block): block is ValueBlock => block.type === 'value');
}

describe('struct', () => {
  it('shows a definition without an address', () => {
    const [block] = values('struct -o thing');
    expect(block).toMatchObject({
      address: undefined,
      showOffsets: true,
      size: 64,
      origin: 'drawn',
    });
    expect(
      block!.value.children!.map(({ name, typeName, offset }) => `${offset} ${typeName} ${name}`),
    ).toEqual([
      '0 int id',
      '4 char [8] name',
      '16 struct list_head list',
      '32 enum colour colour',
      '36 unsigned int low',
      '36 unsigned int high',
      '40 struct thing * peer',
      '48 unsigned long [2] counts',
    ]);
    expect(block!.value.children![5]!.bits).toEqual({ offset: 3, size: 5 });
  });

  it('shows values at a symbol', () => {
    const members = values('struct thing the_thing')[0]!.value.children!;
    const shown = Object.fromEntries(members.map(({ name, value, text }) => [name, text ?? value]));
    expect(shown).toMatchObject({
      id: -5,
      name: 'anvil',
      colour: 'GREEN',
      low: 3,
      high: 21,
      peer: THING + 0x100n,
    });
    expect(members[7]!.children!.map(({ value }) => value)).toEqual([0n, 77n]);
    expect(members[6]!.symbol).toMatchObject({ name: 'the_other', offset: 0 });
  });

  it('shows members by path, through pointers too', () => {
    const blocks = values('struct thing.id,counts[1],peer->name the_thing');
    expect(blocks.map(({ value }) => [value.name, value.value])).toEqual([
      ['id', -5],
      ['counts[1]', 77n],
      ['peer->name', 'bell'],
    ]);
    expect(blocks[2]!.address).toBe(THING + 0x104n);
  });

  it('does not say of a literal that it is part of the symbol before it', () => {
    const drawn = new DrawnMachine('struct named { const char *name; const char *array; }')
      .symbol('last_of_rodata', THING)
      .symbol('an_array', THING + 0x80n)
      .put('struct named', MASK, { name: THING + 0x40n, array: THING + 0x80n })
      .bytes(THING + 0x40n, [0x74, 0x73, 0x63, 0])
      .bytes(THING + 0x80n, [0x6f, 0x6b, 0]);
    const [name, array] = values(`struct named ${MASK.toString(16)}`, drawn)[0]!.value.children!;
    expect(name).toMatchObject({ value: THING + 0x40n, text: 'tsc' });
    expect(name).not.toHaveProperty('symbol');
    expect(array).toMatchObject({ text: 'ok', symbol: { name: 'an_array', offset: 0 } });
  });

  it('goes on after a member that cannot be read', () => {
    const blocks = run('struct thing.peer->id,id the_other');
    expect(blocks.map(({ type }) => type)).toEqual(['notice', 'value']);
  });

  it('marks values on a missing page, and only those', () => {
    const drawn = machine()
      .put('struct thing', THING + 4096n - 20n, { id: 9 })
      .exclude(THING + 4096n);
    const [block] = values(`struct thing ${(THING + 4096n - 20n).toString(16)}`, drawn);
    expect(block!.value.children![0]!.value).toBe(9);
    expect(block!.value.children![3]!.value).toMatchObject({ absent: 'excluded' });
  });

  it('takes the address of a member, counts, and per-CPU addresses', () => {
    const list = (THING + 16n).toString(16);
    expect(values(`struct thing.id -l thing.list ${list}`)[0]!.value.value).toBe(-5);
    expect(values('struct list_head the_thing 3')).toHaveLength(3);
    const perCpu = values('struct thing.id the_thing:a');
    expect(perCpu.map(({ cpu, value }) => [cpu, value.value])).toEqual([
      [0, 6],
      [1, -5],
    ]);
  });

  it('says what it does not know', () => {
    expect(() => run('struct nothing')).toThrow('invalid data structure reference: nothing');
    expect(() => run('union thing')).toThrow('data type mismatch: thing is a struct');
    expect(() => run('struct thing.nope the_thing')).toThrow('no member nope');
    expect(() => run('struct thing 1000')).toThrow('invalid kernel virtual address');
    expect(() => run('struct thing the_thin')).toThrow('the_thing');
  });

  it('finds structs with *', () => {
    expect(values('* thing the_thing')).toHaveLength(1);
  });
});

describe('rd', () => {
  const memory = (line: string, drawn?: DrawnMachine): MemoryBlock =>
    run(line, drawn)[0] as MemoryBlock;

  it('reads units at a symbol', () => {
    const block = memory('rd -32 the_thing 2');
    expect(block).toMatchObject({ unit: 4, format: 'hex', range: { address: THING, length: 8 } });
    expect([...block.range.bytes.subarray(0, 4)]).toEqual([0xfb, 0xff, 0xff, 0xff]);
  });

  it('reads text up to its end', () => {
    expect(memory('rd -a the_thing+4').range.length).toBe(5);
  });

  it('names words that are addresses', () => {
    const block = memory('rd -s the_thing+40');
    expect(block.range.words).toEqual([{ index: 0, label: 'the_other' }]);
  });

  it('reads backwards, to an end, at an offset, per CPU', () => {
    expect(memory('rd -R the_thing+8 2').range.address).toBe(THING);
    expect(memory(`rd the_thing -e ${(THING + 32n).toString(16)}`).range.length).toBe(32);
    expect(memory('rd -o 8 the_thing').range.address).toBe(THING + 8n);
    expect(run('rd the_thing:a').map((block) => (block as MemoryBlock).cpu)).toEqual([0, 1]);
  });

  it('says what is not there instead of zeros', () => {
    const blocks = run('rd ffff888000009000');
    expect((blocks[0] as MemoryBlock).range.spans).toMatchObject([{ state: 'excluded' }]);
    expect(blocks[1]).toMatchObject({ type: 'notice', severity: 'warning' });
  });

  it('takes a per-CPU symbol for no address of its own', () => {
    const drawn = machine()
      .symbol('__per_cpu_start', 0n)
      .symbol('runqueues', 0x31980n)
      .symbol('__per_cpu_end', 0x40000n);
    for (const line of ['rd runqueues', 'vtop runqueues', 'struct thing runqueues']) {
      expect(() => run(line, drawn), line).toThrow(
        'runqueues is a per-CPU variable: say of which CPUs, as in runqueues:0',
      );
    }
  });

  it('refuses a wrong call', () => {
    expect(() => run('rd')).toThrow('an address and a count');
    expect(() => run('rd the_thing 0')).toThrow('invalid count');
    expect(() => run('rd the_thing 99999999999')).toThrow('at most');
    expect(() => run('rd -8 -16 the_thing')).toThrow('one of -8 -16 -32 -64');
    expect(() => run('rd -s -32 the_thing')).toThrow('64-bit');
    expect(() => run('rd no_such_symbol')).toThrow('symbol not found: no_such_symbol');
  });
});

describe('vtop', () => {
  it('refuses addresses of the other half', () => {
    expect(() => run('vtop -u the_thing')).toThrow('the_thing is not a user virtual address');
    expect(() => run('vtop -k 1000')).toThrow('1000 is not a kernel virtual address');
  });
});

describe('sym', () => {
  it('finds by name and by address', () => {
    expect(run('sym the_thing')).toEqual([
      { type: 'symbols', symbols: [{ address: THING, letter: 'D', name: 'the_thing' }] },
    ]);
    expect(run(`sym ${(THING + 8n).toString(16)}`)).toEqual([
      {
        type: 'symbols',
        symbols: [{ address: THING + 8n, letter: 'D', name: 'the_thing', offset: 8 }],
      },
    ]);
  });

  it('finds parts of names and neighbours', () => {
    expect(run('sym -q the_')).toMatchObject([
      { symbols: [{ name: 'the_thing' }, { name: 'the_other' }] },
    ]);
    expect(run('sym -n the_thing')).toMatchObject([
      { symbols: [{ name: 'the_thing' }, { name: 'the_other' }] },
    ]);
  });

  it('says what is no symbol', () => {
    expect(() => run('sym nope')).toThrow('symbol not found: nope');
    expect(() => run('sym 1000')).toThrow('no symbol holds the address 1000');
    expect(() => run('sym -m nomodule')).toThrow('no module is called nomodule');
  });
});
