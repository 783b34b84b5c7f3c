import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { decodeModuleKallsyms } from '../../../src-main/engine/debuginfo/module-kallsyms.ts';
import { little } from '../../support/debuginfo/draw-kallsyms.ts';

const TEXT = 0xffffffffc0300000n;
const DATA = 0xffffffffc0310000n;
const RANGES = [
  { start: virtAddr(TEXT), end: virtAddr(TEXT + 0x1000n) },
  { start: virtAddr(DATA), end: virtAddr(DATA + 0x1000n) },
];

/** Lines `value section info name` into Elf64_Sym and string table; a null symbol comes first. */
function drawModule(text: string) {
  const strtab: number[] = [0];
  const symtab: number[] = new Array<number>(24).fill(0);
  for (const line of text.trim().split('\n')) {
    const [value = '0', section = '0', info = '0', name = ''] = line.trim().split(/\s+/);
    symtab.push(...little(BigInt(strtab.length), 4), Number(info), 0);
    symtab.push(
      ...little(BigInt(section), 2),
      ...little(BigInt(`0x${value}`), 8),
      ...little(8n, 8),
    );
    for (const character of name) strtab.push(character.charCodeAt(0));
    strtab.push(0);
  }
  return { symtab: Uint8Array.from(symtab), strtab: Uint8Array.from(strtab) };
}

const MODULE = `
  ffffffffc0300000  2 0x02 local_function
  0                 0 0x10 printk
  ffffffffc0300040  2 0x12 global_function
  ffffffffc0300040  2 0x00 $x
  ffffffffc0300044  2 0x00 .Llabel
  ffffffffc0310000  5 0x01 local_data
  ffffffffc0310100  5 0x21 weak_data
`;

describe('symbols of a module', () => {
  it('are those the kernel names: defined, no mapping symbols, no local labels', () => {
    const table = decodeModuleKallsyms({
      moduleName: 'oops',
      ...drawModule(MODULE),
      typetab: undefined,
      ranges: RANGES,
    });
    expect([...table.iterate()].map(({ type, name }) => `${type} ${name}`)).toEqual([
      't local_function',
      'T global_function',
      'd local_data',
      'v weak_data',
    ]);
    expect(table.findSymbol('local_data')?.origin).toBe('kallsyms:oops');
    expect(table.findSymbol('printk')).toBeUndefined();
  });

  it("has types from the loader's typetab where there is one", () => {
    const drawn = drawModule(MODULE);
    const typetab = new TextEncoder().encode('?tUTttbW');
    const table = decodeModuleKallsyms({ moduleName: 'oops', ...drawn, typetab, ranges: RANGES });
    expect(table.findSymbol('local_data')?.type).toBe('b');
  });

  it('covers its regions and nothing between them', () => {
    const table = decodeModuleKallsyms({
      moduleName: 'oops',
      ...drawModule(MODULE),
      typetab: undefined,
      ranges: RANGES,
    });
    const hit = (address: bigint) => table.symbolAt(virtAddr(address));
    expect(hit(TEXT + 0xfffn)).toMatchObject({
      symbol: { name: 'global_function' },
      offset: 0xfbf,
      size: 0xfc0,
    });
    expect(hit(TEXT + 0x1000n)).toBeUndefined();
    expect(hit(DATA + 0x80n)?.symbol.name).toBe('local_data');
    expect(hit(DATA - 1n)).toBeUndefined();
  });

  it('survives names outside the string table', () => {
    const drawn = drawModule(MODULE);
    const strtab = drawn.strtab.subarray(0, 20);
    const table = decodeModuleKallsyms({
      moduleName: 'cut',
      symtab: drawn.symtab,
      strtab,
      typetab: undefined,
      ranges: RANGES,
    });
    expect([...table.iterate()].map(({ name }) => name)).toEqual(['local_function']);
  });
});
