import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import { decodeKallsyms } from '../../../src-main/engine/debuginfo/kallsyms.ts';
import type { SymbolTable } from '../../../src-main/engine/debuginfo/symbol-table.ts';
import { drawKallsyms, type KallsymsLayout } from '../../support/debuginfo/draw-kallsyms.ts';

const KERNEL = `
  ffffffff8d200000 T startup_64
  ffffffff8d200000 T _stext
  ffffffff8d200000 T _text
  ffffffff8d200040 t sys_helper
  ffffffff8d200100 T __x64_sys_read
  ffffffff8d200100 t alias_of_read
  ffffffff8d200180 t sys_helper
  ffffffff8e000000 D init_task
  ffffffff8e002600 d func_table
  ffffffff8f000000 B _end
`;
const PER_CPU = `
  0 A fixed_percpu_data
  19168 A this_cpu_off
`;
const START = 0xffffffff8e320000n;
const LAYOUTS: readonly KallsymsLayout[] = ['5.10', '6.1', '6.2', '6.4', '6.15', '7.2'];

function decode(text: string, layout: KallsymsLayout): SymbolTable {
  return decodeKallsyms(drawKallsyms(text, layout, START).tables);
}

/** `name+offset/size`, as the kernel prints an address. */
function shown(table: SymbolTable, address: bigint): string {
  const hit = table.symbolAt(virtAddr(address));
  return hit === undefined ? '-' : `${hit.symbol.name}+${hit.offset}/${hit.size}`;
}

describe('kallsyms', () => {
  it.each(LAYOUTS)('%s: names, types and addresses', (layout) => {
    const table = decode(KERNEL, layout);
    const lines = [...table.iterate()].map(
      ({ address, type, name }) => `  ${address.toString(16)} ${type} ${name}\n`,
    );
    expect(`\n${lines.join('')}`).toBe(KERNEL);
  });

  it.each(LAYOUTS)('%s: an address is named as the kernel names it', (layout) => {
    const table = decode(KERNEL, layout);
    expect(shown(table, 0xffffffff8d200010n)).toBe('startup_64+16/64');
    expect(shown(table, 0xffffffff8d20013fn)).toBe('__x64_sys_read+63/128');
    expect(shown(table, 0xffffffff8f000000n)).toBe('_end+0/0');
    expect(shown(table, 0xffffffff8f000001n)).toBe('-');
    expect(shown(table, 0xffffffff8d1fffffn)).toBe('-');
    expect(shown(table, 0x7f0012345678n)).toBe('-');
    const names = table.aliasesAt(virtAddr(0xffffffff8d20013fn)).map(({ name }) => name);
    expect(names).toEqual(['__x64_sys_read', 'alias_of_read']);
  });

  it('names a folded function by its last global alias, as crash and drgn do', () => {
    const table = decode(
      `ffffffff8d200000 t __do_sys_pause
       ffffffff8d200000 T __ia32_sys_pause
       ffffffff8d200000 T __x64_sys_pause
       ffffffff8d200010 t local_a
       ffffffff8d200010 t local_b
       ffffffff8d200020 B _end`,
      '6.1',
    );
    expect(shown(table, 0xffffffff8d200004n)).toBe('__x64_sys_pause+4/16');
    expect(shown(table, 0xffffffff8d200010n)).toBe('local_a+0/16');
  });

  it('finds names, all symbols of one name, and nothing else', () => {
    const table = decode(KERNEL, '6.1');
    expect(table.findSymbol('init_task')?.address).toBe(0xffffffff8e000000n);
    expect(table.findSymbols('sys_helper').map(({ address }) => address)).toEqual([
      0xffffffff8d200040n,
      0xffffffff8d200180n,
    ]);
    for (const name of ['init_tas', 'init_taskk', 'Tinit_task', '', 'Ünit']) {
      expect(table.findSymbol(name)).toBeUndefined();
    }
    expect([...table.iterate({ prefix: 'sys_' })]).toHaveLength(2);
    expect([...table.iterate({ substring: 'task' })].map(({ name }) => name)).toEqual([
      'init_task',
    ]);
  });

  it('per-CPU offsets of kernels before 6.15 are symbols but no addresses', () => {
    const table = decode(PER_CPU + KERNEL, '6.1');
    expect(table.findSymbol('this_cpu_off')).toMatchObject({ address: 0x19168n, perCpu: true });
    expect(table.findSymbol('init_task')).toMatchObject({ perCpu: false });
    expect(shown(table, 0x19170n)).toBe('-');
    expect(shown(table, 0xffffffff8d200010n)).toBe('startup_64+16/64');
    expect(shown(table, 0xffffffff8f000000n)).toBe('_end+0/0');
  });

  it('tells one-byte from two-byte name lengths', () => {
    const long = `ffffffff8d200200 t ${'x'.repeat(200)}`;
    const filler = Array.from(
      { length: 600 },
      (_, i) => `ffffffff8d${(0x300000 + i).toString(16)} t f${i}`,
    );
    const text = [KERNEL.trim(), long, ...filler].join('\n');
    for (const layout of ['5.10', '6.1', '7.2'] as const) {
      const table = decode(text, layout);
      expect(table.findSymbol('x'.repeat(200))?.address).toBe(0xffffffff8d200200n);
      expect(table.findSymbol('f599')?.address).toBe(0xffffffff8d300257n);
    }
  });

  it('says which table is damaged, and where', () => {
    const { tables } = drawKallsyms(KERNEL, '6.1', START);
    const damaged = (change: Partial<typeof tables>) => () =>
      decodeKallsyms({ ...tables, ...change });
    expect(damaged({ names: tables.names.subarray(0, 40) })).toThrow(/kallsyms_names \(byte/);
    expect(damaged({ tokenTable: new Uint8Array(300).fill(65) })).toThrow(/kallsyms_token_table/);
    expect(damaged({ tokenIndex: new Uint8Array(10) })).toThrow(/kallsyms_token_index/);
    expect(damaged({ offsets: new Uint8Array(8) })).toThrow(/kallsyms_offsets/);
    expect(damaged({ count: 2 ** 31 })).toThrow(/kallsyms_num_syms/);
    expect(damaged({ relativeBase: undefined })).toThrow(/kallsyms_offsets.*ascending/);
  });

  it('any damaged bytes give a table or a fault', () => {
    const { tables } = drawKallsyms(PER_CPU + KERNEL, '6.1', START);
    const keys = ['names', 'tokenTable', 'tokenIndex', 'markers', 'offsets'] as const;
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.nat(), fc.nat(255), (key, at, byte) => {
        const bytes = Uint8Array.from(tables[key]!);
        bytes[at % bytes.length] = byte;
        try {
          const table = decodeKallsyms({ ...tables, [key]: bytes });
          for (const symbol of table.iterate()) table.findSymbol(symbol.name);
          table.symbolAt(virtAddr(0xffffffff8d200010n));
        } catch (error) {
          if (!(error instanceof FaultError)) throw error;
        }
      }),
      { seed: 2, numRuns: 400 },
    );
  });
});
