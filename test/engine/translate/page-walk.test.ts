import { describe, expect, it } from 'vitest';
import { physAddr, virtAddr } from '../../../src-main/engine/base/address.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import {
  describeWalkEnd,
  flagsOf,
  physOf,
  walkPageTables,
  type PageTables,
} from '../../../src-main/engine/translate/page-walk.ts';
import { PageTableTranslator } from '../../../src-main/engine/translate/translator.ts';
import { drawTables } from './draw-tables.ts';

const FOUR: PageTables = { root: physAddr(0x1000n), levels: 4, smeMask: 0n };
const FIVE: PageTables = { ...FOUR, levels: 5 };

/** ffff888000000000: pgd 273, pud 0; 0xffffffff81000000: pgd 511, pud 510, pmd 8. */
const KERNEL = `
  1000[273] = 2000 P RW
  2000[0]   = 3000 P RW
  3000[0]   = 4000 P RW
  4000[5]   = 5000 P RW G NX
  3000[1]   = 200000 P RW PS
  2000[1]   = 40000000 P RW PS NX
  1000[511] = 6000 P RW
  6000[510] = 7000 P RW
  7000[8]   = 1000000 P RW PS G
`;

describe('walking the page tables', () => {
  it('gives every level of a 4 KiB page with its flags', () => {
    const walk = walkPageTables(drawTables(KERNEL), FOUR, virtAddr(0xffff888000005123n));
    expect(walk.end).toEqual({ kind: 'mapped', phys: 0x5123n, pageSize: 4096 });
    expect(walk.steps.map((s) => [s.level, s.entryPhys, flagsOf(s).join('|')])).toEqual([
      ['pgd', 0x1000n + 273n * 8n, 'PRESENT|RW'],
      ['pud', 0x2000n, 'PRESENT|RW'],
      ['pmd', 0x3000n, 'PRESENT|RW'],
      ['pte', 0x4028n, 'PRESENT|RW|GLOBAL|NX'],
    ]);
  });

  it.each([
    [0xffff8880002abcden, 0x2abcden, 2 ** 21],
    [0xffff888045678123n, 0x45678123n, 2 ** 30],
    [0xffffffff81001234n, 0x1001234n, 2 ** 21],
  ])('stops at huge pages: %x', (virt, phys, pageSize) => {
    const walk = walkPageTables(drawTables(KERNEL), FOUR, virtAddr(virt));
    expect(walk.end).toEqual({ kind: 'mapped', phys, pageSize });
  });

  it('walks five levels', () => {
    const memory = drawTables(`
      1000[273] = 2000 P RW       # ff11000000000000
      2000[3]   = 3000 P RW
      3000[0]   = 4000 P RW
      4000[0]   = 5000 P RW
      5000[1]   = 9000 P RW
    `);
    const walk = walkPageTables(memory, FIVE, virtAddr(0xff11018000001008n));
    expect(walk.steps.map((s) => s.level)).toEqual(['pgd', 'p4d', 'pud', 'pmd', 'pte']);
    expect(physOf(walk)).toBe(0x9008n);
  });

  it('takes the encryption bit out of every entry', () => {
    const memory = drawTables(`
      1000[0] = 2000 P RW C
      2000[0] = 3000 P RW C
      3000[0] = 4000 P RW C
      4000[0] = 5000 P RW C
    `);
    const tables: PageTables = { ...FOUR, smeMask: 1n << 47n };
    expect(physOf(walkPageTables(memory, tables, virtAddr(0x10n)))).toBe(0x5010n);
  });

  it('names the level and entry where an address is not mapped', () => {
    const walk = walkPageTables(drawTables(KERNEL), FOUR, virtAddr(0xffff888000006000n));
    expect(walk.end).toMatchObject({ kind: 'not-present', level: 'pte', entry: 0n });
    expect(() => physOf(walk)).toThrow('not mapped: 0xffff888000006000 (pte entry is 0x0)');
  });

  it('refuses addresses that are not canonical, by the number of levels', () => {
    const memory = drawTables(KERNEL);
    expect(walkPageTables(memory, FOUR, virtAddr(0xff11000000000000n)).end.kind).toBe(
      'non-canonical',
    );
    expect(walkPageTables(memory, FIVE, virtAddr(0xff11000000000000n)).end.kind).not.toBe(
      'non-canonical',
    );
    expect(walkPageTables(memory, FOUR, virtAddr(0x0000800000000000n)).end.kind).toBe(
      'non-canonical',
    );
    expect(() => physOf(walkPageTables(memory, FOUR, virtAddr(0x0000800000000000n)))).toThrow(
      'not a canonical address: 0x800000000000',
    );
  });

  it.each([
    ['excluded', 'page 2000 excluded', 'excluded'],
    ['not in the dump', '', 'not-in-dump'],
  ])('says when a table itself is %s, with the address asked for', (_, line, kind) => {
    const memory = drawTables(`1000[273] = 2000 P RW\n${line}`);
    const walk = walkPageTables(memory, FOUR, virtAddr(0xffff888000005000n));
    expect(walk.end).toMatchObject({ kind: 'fault', level: 'pud', fault: { kind, phys: 0x2000n } });
    expect(walk.steps.at(-1)).toMatchObject({ level: 'pud', entry: undefined });
    expect(() => physOf(walk)).toThrow(FaultError);
    expect(() => physOf(walk)).toThrow('0xffff888000005000');
  });

  it('ends when a table points to itself', () => {
    const memory = drawTables('1000[273] = 1000 P RW');
    const virt = virtAddr(0xffff888000000000n | (273n << 30n) | (273n << 21n) | (273n << 12n));
    expect(walkPageTables(memory, FOUR, virt).steps).toHaveLength(4);
  });
});

describe('entries of the kernel without the present bit', () => {
  // 5.10's pmd over init memory after free_initmem(); as a process's entry it would read as swap.
  it.each([
    ['800fffffee1ff062', /took the page off its tables/],
    // PROTNONE's bit is GLOBAL here, which an old kfence leaves set
    ['162', /took the page off its tables/],
    ['0', /nothing is mapped/],
  ])('%s is neither swapped out nor a file', (entry, note) => {
    const memory = drawTables(`
      1000[511] = 6000 P RW
      6000[510] = 7000 P RW
      7000[8]   = raw ${entry}
    `);
    const walk = walkPageTables(memory, FOUR, virtAddr(0xffffffff81000000n));
    expect(walk.end).toMatchObject({ kind: 'not-present', level: 'pmd' });
    expect(describeWalkEnd(walk)).toMatch(note);
    expect(describeWalkEnd(walk)).not.toMatch(/swap|file|mprotect/);
  });
});

describe('entries without the present bit', () => {
  const at = (entry: string, level: 'pte' | 'pmd' = 'pte') =>
    walkPageTables(
      drawTables(`
        1000[0] = 2000 P RW US
        2000[0] = 3000 P RW US
        3000[0] = ${level === 'pmd' ? `raw ${entry}` : '4000 P RW US'}
        4000[0] = raw ${entry}
      `),
      FOUR,
      virtAddr(0x123n),
    );
  /** As the kernel builds it: type in the top five bits, the offset inverted below. */
  const swap = (type: bigint, offset: bigint, low = 0n) =>
    ((type << 59n) | ((BigInt.asUintN(64, ~offset << 14n) >> 5n) & ~0x1ffn) | low).toString(16);

  it('reads a swap entry: area and page, as the kernel inverts it', () => {
    const { end } = at(swap(3n, 0x1234n, 8n));
    expect(end).toMatchObject({
      kind: 'not-present',
      decoded: { kind: 'swap', type: 3, offset: 0x1234n, exclusive: true },
      note: 'swapped out: swap area 3, page 0x1234 (exclusive)',
    });
  });

  it('reads page 0 of area 0, whose entry is not zero', () => {
    expect(at(swap(0n, 0n)).end).toMatchObject({ decoded: { kind: 'swap', type: 0, offset: 0n } });
  });

  it('follows PROTNONE to the page: the address is inverted, the CPU would fault', () => {
    const inverted = (~0x5000n & 0x000ffffffffff000n) | 0x100n;
    const walk = at(inverted.toString(16));
    expect(walk.end).toMatchObject({ kind: 'mapped', phys: 0x5123n, pageSize: 4096 });
    expect(describeWalkEnd(walk)).toContain('PROTNONE');
  });

  it('follows a huge page that is being split', () => {
    const inverted = (~0x600000n & 0x000fffffffe00000n) | 0x80n;
    expect(at(inverted.toString(16), 'pmd').end).toMatchObject({
      kind: 'mapped',
      phys: 0x600123n,
      pageSize: 2 ** 21,
    });
  });

  it('does not call a special entry a swap slot', () => {
    const walk = at(swap(29n, 0x77n));
    expect(walk.end).toMatchObject({ kind: 'not-present', decoded: { kind: 'special', type: 29 } });
    expect(describeWalkEnd(walk)).toContain('migration, hardware poison or device memory');
  });

  it('reads poison markers', () => {
    expect(describeWalkEnd(at(swap(31n, 2n)))).toBe('marker, no page: poisoned');
  });

  it('says that an empty entry tells nothing more', () => {
    expect(describeWalkEnd(at('0'))).toMatch(/^empty entry/);
  });
});

describe('the translator', () => {
  it('walks once for a page of any size', () => {
    const memory = drawTables(KERNEL);
    const translator = new PageTableTranslator(memory, FOUR);
    expect(translator.translate(virtAddr(0xffff888040000000n))).toBe(0x40000000n);
    const reads = memory.reads;
    expect(translator.translate(virtAddr(0xffff88807fffffffn))).toBe(0x7fffffffn);
    expect(translator.translate(virtAddr(0xffffffff81000000n))).toBe(0x1000000n);
    expect(translator.translate(virtAddr(0xffffffff811fffffn))).toBe(0x11fffffn);
    expect(translator.translate(virtAddr(0xffff888000005001n))).toBe(0x5001n);
    expect(translator.translate(virtAddr(0xffff888000005fffn))).toBe(0x5fffn);
    expect(memory.reads).toBe(reads + 3 + 4);
  });

  it('does not take one page for another that shares its slot', () => {
    const memory = drawTables(`
      1000[0] = 2000 P
      2000[0] = 3000 P
      3000[0] = 4000 P
      3000[8] = 5000 P
      4000[0] = a000 P
      5000[0] = b000 P
    `);
    const translator = new PageTableTranslator(memory, FOUR);
    expect(translator.translate(virtAddr(0x0n))).toBe(0xa000n);
    expect(translator.translate(virtAddr(0x1000000n))).toBe(0xb000n);
    expect(translator.translate(virtAddr(0x0n))).toBe(0xa000n);
  });

  it('finds the next page in the table of the last one, and walks for what that does not map', () => {
    const drawn = `
      1000[0] = 2000 P
      2000[0] = 3000 P
      3000[0] = 4000 P
      4000[0] = a000 P
      4000[1] = 1f000 P NX
      4000[2] = 0
    `;
    const memory = drawTables(drawn);
    const translator = new PageTableTranslator(memory, FOUR);
    expect(translator.translate(virtAddr(0x10n))).toBe(0xa010n);
    const reads = memory.reads;
    expect(translator.translate(virtAddr(0x1020n))).toBe(0x1f020n);
    expect(memory.reads).toBe(reads + 1);
    expect(() => translator.translate(virtAddr(0x2abcn))).toThrow('0x2abc');
    const encrypted = new PageTableTranslator(drawTables(drawn), { ...FOUR, smeMask: 0x10000n });
    expect(encrypted.translate(virtAddr(0x10n))).toBe(0xa010n);
    expect(encrypted.translate(virtAddr(0x1020n))).toBe(0xf020n);
  });
});
