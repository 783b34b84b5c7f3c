import { describe, expect, it } from 'vitest';
import { pfn, virtAddr, type VirtAddr } from '../../../src-main/engine/base/address.ts';
import {
  KernelTranslator,
  type KernelLayoutFacts,
} from '../../../src-main/engine/translate/kernel-translator.ts';
import { drawTables } from './draw-tables.ts';

/**
 * A kernel at physical 16 MiB, shifted by 0x2000000 (KASLR), phys_base = -0x2000000 + 0; its root
 * table lies in the image; direct map from ffff9a0000000000 (pgd 308, pud 0).
 */
const TABLES = `
  1810000[511] = 1811000 P RW
  1811000[510] = 1812000 P RW
  1812000[24]  = 1000000 P RW PS G   # ffffffff83000000
  1812000[28]  = 1800000 P RW PS G   # ffffffff83800000
  1810000[308] = 1813000 P RW
  1813000[0]   = 1814000 P RW
  1814000[12]  = 1800000 P RW PS NX
  1814000[1]   = 200000 P RW PS NX
`;
const STEXT = virtAddr(0xffffffff83000000n);
const ROOT = virtAddr(0xffffffff83810000n);

function facts(
  numbers: Record<string, bigint>,
  symbols: Record<string, VirtAddr> = { swapper_pg_dir: ROOT, _stext: STEXT },
): KernelLayoutFacts {
  return {
    vmcoreinfo: {
      symbol: (name) => symbols[name],
      number: (name) => numbers[name],
      kernelOffset: 0x2000000n,
    },
    endPfn: pfn(0x8000),
    structPageSize: 64,
  };
}
const PHYS_BASE = -0x2000000n;

describe('finding the kernel page tables', () => {
  it('takes VMCOREINFO at its word only after walking to _stext', () => {
    const translator = new KernelTranslator(drawTables(TABLES), facts({ phys_base: PHYS_BASE }));
    expect(translator.root.root).toBe(0x1810000n);
    expect(translator.translate(virtAddr(STEXT + 0x123n))).toBe(0x1000123n);
    expect(translator.decisions[0]?.evidence).toContain('checked by walking to _stext');
    expect(translator.warnings).toEqual([]);
  });

  it('does not say that tables it cannot read map something else', () => {
    const translator = new KernelTranslator(
      drawTables('page 1810000 excluded'),
      facts({ phys_base: PHYS_BASE }),
    );
    expect(translator.warnings[0]).toMatch(/could not be checked.*excluded by the dump filter/);
  });

  it('warns when the tables do not map _stext', () => {
    const translator = new KernelTranslator(
      drawTables('1810000[0] = 1811000 P'),
      facts({ phys_base: PHYS_BASE }),
    );
    expect(translator.warnings[0]).toContain('do not map _stext');
  });

  it('falls back to a CR3 and derives phys_base, whichever half of the isolated tables it names', () => {
    const translator = new KernelTranslator(drawTables(TABLES), {
      ...facts({ phys_base: 0x7000000n }),
      controlRegisters: [{ cr3: 0x1811000n | 0x802n, la57: false }],
    });
    expect(translator.root.root).toBe(0x1810000n);
    expect(translator.physBase).toBe(PHYS_BASE);
    expect(translator.warnings[0]).toContain('disagree about phys_base');
  });

  it('says what is missing when there is neither', () => {
    expect(() => new KernelTranslator(drawTables(TABLES), facts({}))).toThrow(
      /corrupt VMCOREINFO: expected swapper_pg_dir and phys_base/,
    );
  });
});

describe('the layout', () => {
  const translator = () =>
    new KernelTranslator(drawTables(TABLES), facts({ phys_base: PHYS_BASE }));
  const memory = new Map<bigint, bigint>([
    [1n, 0xffff9a0000000000n],
    [2n, 0xffffb10000000000n],
    [3n, 0xffffe10000000000n],
  ]);
  const names = new Map<string, bigint>([
    ['page_offset_base', 1n],
    ['vmalloc_base', 2n],
    ['vmemmap_base', 3n],
    ['_text', STEXT],
    ['_etext', STEXT + 0x100000n],
  ]);
  const known = {
    findSymbol: (name: string) => names.get(name) as VirtAddr | undefined,
    readU64: (address: VirtAddr) => memory.get(address)!,
  };

  it('reads the bases from the kernel and checks the direct map', () => {
    const t = translator();
    t.learnBases(known);
    expect(t.pageOffset).toBe(0xffff9a0000000000n);
    expect(t.bases.decisions[0]?.evidence).toContain('checked');
    expect(t.directMap(0x1810000n as never)).toBe(0xffff9a0001810000n);
    expect(t.structPageOf(pfn(0x1810))).toBe(0xffffe10000000000n + 0x1810n * 64n);
    expect(t.frameOfStructPage(virtAddr(0xffffe10000000000n + 0x1810n * 64n + 8n))).toBe(0x1810);
    expect(t.frameOfStructPage(virtAddr(0xffffe20000000000n))).toBeUndefined();
  });

  it('finds the direct map in the tables without symbols', () => {
    const t = translator();
    t.learnBases();
    expect(t.pageOffset).toBe(0xffff9a0000000000n);
    expect(t.bases.decisions[0]?.evidence).toContain('found in the page tables');
  });

  it('believes the tables where the variable lies', () => {
    const t = translator();
    t.learnBases({ ...known, readU64: () => 0xffff888000000000n });
    expect(t.pageOffset).toBe(0xffff9a0000000000n);
    expect(t.bases.warnings[0]).toContain('the tables were believed');
  });

  it.each([
    [0x7fff00000000n, 'user'],
    [0x0000900000000000n, 'non-canonical'],
    [0xffff9a0000001000n, 'direct map'],
    [0xffff9a0008000000n, 'kernel space'], // behind the end of memory
    [0xffffb10000000000n, 'vmalloc'],
    [0xffffe10000000040n, 'vmemmap'],
    [0xffffffff83000010n, 'kernel text'],
    [0xffffffff83900000n, 'kernel image'],
    [0xffffffffc0000000n, 'modules'],
    [0xffffffffff200000n, 'fixmap'],
    [0xffffffffff600000n, 'vsyscall'],
    [0xfffffe0000001000n, 'cpu_entry_area'],
    [0xffffff0000000000n, 'ESPFIX stacks'],
  ])('names the region of %x', (address, name) => {
    const t = translator();
    t.learnBases(known);
    expect(t.regionOf(virtAddr(address)).name).toBe(name);
  });

  it('says that a region is assumed while nobody told the bases', () => {
    const region = translator().regionOf(virtAddr(0xffffc90000000000n));
    expect(region).toMatchObject({ name: 'vmalloc', assumed: true });
  });

  it('computes addresses of the image and direct map when a table page is gone, and says so', () => {
    const damaged = drawTables(TABLES.replace(/1812000\[[^\n]*/g, '') + 'page 1812000 excluded');
    const t = new KernelTranslator(damaged, facts({ phys_base: PHYS_BASE }));
    expect(t.translate(STEXT)).toBe(0x1000000n);
    expect(t.walk(STEXT).assumed?.why).toContain('computed from phys_base');
    // An address that was never mapped is not computed.
    expect(() => t.translate(virtAddr(0xffff9a0000000000n))).toThrow('not mapped');
  });
});
