import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import {
  openOrcTable,
  orcLayoutOf,
  type OrcEntry,
  type OrcTable,
} from '../../../src-main/engine/debuginfo/orc.ts';
import { drawOrc, ORC_STRUCTS, type OrcVersion } from '../../support/debuginfo/draw-orc.ts';
import { SparseMemory } from '../../support/debuginfo/sparse-memory.ts';

const IPS = 0xffffffff8ee00000n;
const ENTRIES = 0xffffffff8ef00000n;
const VERSIONS: readonly OrcVersion[] = ['5.10', '6.3', '6.4', '7.2'];
const TABLE = `
  ffffffff81000000  sp+8    u       call
  ffffffff81000004  sp+16   cfa-16  call
  ffffffff81000010  bp+16   cfa-16  call
  ffffffff81000100  -       -       none
  ffffffff81000100  sp+0    u       regs
  ffffffff81000180  sp-8    u       regs
  ffffffff81000200  -       -       end
  ffffffff81000300  r10+0   bp+0    call
  ffffffff81000340  *bp-24  bp+0    call
  ffffffff81000380  *sp+16  u       call
  ffffffff810003c0  dx+8    u       partial
  ffffffff81000400  di+8    u       regs
  ffffffff81000500  -       -       none
`;

function open(
  version: OrcVersion,
  typed: boolean,
  text = TABLE,
  memory = new SparseMemory(),
): OrcTable {
  const { ips, entries, count } = drawOrc(text, version, IPS);
  memory.put(IPS, ips).put(ENTRIES, entries);
  const location = { ipTable: virtAddr(IPS), entries: virtAddr(ENTRIES), count };
  return openOrcTable(memory, location, orcLayoutOf(typed ? ORC_STRUCTS[version] : undefined));
}

function shown(entry: OrcEntry | undefined): string {
  if (entry === undefined) return '-';
  const { spReg, spOffset, bpReg, bpOffset, type, signal } = entry;
  return `${spReg}+${spOffset} ${bpReg}+${bpOffset} ${type}${signal ? ' signal' : ''}`;
}

describe('ORC', () => {
  it.each(VERSIONS)('%s: entries mean the same in every version of the format', (version) => {
    const table = open(version, true);
    const at = (address: number): string =>
      shown(table.find(virtAddr(0xffffffff81000000n + BigInt(address))));
    expect(at(0x0)).toBe('sp+8 undefined+0 call');
    expect(at(0xf)).toBe('sp+16 prev-sp+-16 call');
    expect(at(0xff)).toBe('bp+16 prev-sp+-16 call');
    expect(at(0x17f)).toBe('sp+0 undefined+0 regs signal');
    expect(at(0x180)).toBe('sp+-8 undefined+0 regs signal');
    expect(at(0x200)).toBe('undefined+0 undefined+0 end');
    expect(at(0x300)).toBe('r10+0 bp+0 call');
    expect(at(0x340)).toBe('bp-indirect+-24 bp+0 call');
    expect(at(0x380)).toBe('sp-indirect+16 undefined+0 call');
    expect(at(0x3c0)).toBe('dx+8 undefined+0 regs-partial signal');
    expect(at(0x400)).toBe('di+8 undefined+0 regs signal');
    expect(at(0x10000)).toBe('undefined+0 undefined+0 undefined');
    expect(at(-1)).toBe('-');
  });

  it('prefers the real entry to a terminator at the same address', () => {
    expect(open('6.4', true).find(virtAddr(0xffffffff81000100n))?.type).toBe('regs');
  });

  it.each(VERSIONS)('%s: reads alike without types, and says that this is a guess', (version) => {
    const typed = open(version, true);
    const guessed = open(version, false);
    expect(typed.layout.source).toBe('types');
    expect(guessed.layout.source).toBe('guess');
    for (let at = 0n; at < 0x600n; at += 4n) {
      const address = virtAddr(0xffffffff81000000n + at);
      expect(guessed.find(address)).toEqual(typed.find(address));
    }
  });

  it('touches few pages of a large table, and says when one is missing', () => {
    const lines = Array.from(
      { length: 40_000 },
      (_, i) =>
        `${(0xffffffff81000000n + BigInt(i * 16)).toString(16)} sp+${8 + (i % 4) * 8} u call`,
    );
    const memory = new SparseMemory();
    const table = open('6.4', true, lines.join('\n'), memory);
    expect(shown(table.find(virtAddr(0xffffffff81000000n + 30_001n * 16n)))).toBe(
      'sp+16 undefined+0 call',
    );
    expect(memory.touched.size).toBeLessThan(25);
    memory.exclude(IPS + 10_000n * 4n);
    expect(() => table.find(virtAddr(0xffffffff81000000n + 10_000n * 16n))).toThrow(
      /excluded by the dump filter/,
    );
    expect(shown(table.find(virtAddr(0xffffffff81000000n + 30_001n * 16n)))).toBe(
      'sp+16 undefined+0 call',
    );
  });

  it('an empty table finds nothing, an absurd one is refused', () => {
    const location = { ipTable: virtAddr(IPS), entries: virtAddr(ENTRIES), count: 0 };
    const layout = orcLayoutOf(ORC_STRUCTS['6.4']);
    const memory = new SparseMemory();
    expect(openOrcTable(memory, location, layout).find(virtAddr(IPS))).toBeUndefined();
    expect(() => openOrcTable(memory, { ...location, count: 2 ** 31 }, layout)).toThrow(
      /ORC table/,
    );
  });
});
