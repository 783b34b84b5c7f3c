import { expect, it } from 'vitest';
import { openElf } from '../../../src-main/engine/debuginfo/elf.ts';
import { vmlinuxSymbolsOf } from '../../../src-main/engine/debuginfo/vmlinux-symbols.ts';
import { asciiOf, drawElfFile, drawSymbol } from '../../support/debuginfo/draw-elf.ts';
import { MemorySource } from '../../support/dump/memory-source.ts';

const [LOCAL, GLOBAL, WEAK] = [0x02, 0x12, 0x22];
const SECTION_SYMBOL = 0x03;
const ABSOLUTE = 0xfff1;
const SECTIONS = [
  { name: '.text', flags: 6n },
  { name: '.rodata', flags: 2n },
  { name: '.data', flags: 3n },
  { name: '.data..percpu', flags: 3n },
  { name: '.bss', flags: 3n, type: 8 },
  { name: '.comment', flags: 0n },
];
const [TEXT, RODATA, DATA, PERCPU, BSS, COMMENT] = [1, 2, 3, 4, 5, 6] as const;

/** `[name, st_info, section, value]` into a vmlinux. */
function draw(symbols: readonly (readonly [string, number, number, bigint])[]) {
  let names = '\0';
  const symtab = drawSymbol(0, 0, 0, 0n);
  for (const [name, info, section, value] of symbols) {
    symtab.push(...drawSymbol(names.length, info, section, value));
    names += `${name}\0`;
  }
  const sections = [
    ...SECTIONS.map((section) => ({ ...section, bytes: [0] })),
    { name: '.symtab', type: 2, bytes: symtab, link: '.strtab' },
    { name: '.strtab', type: 3, bytes: asciiOf(names) },
  ];
  return openElf(new MemorySource(drawElfFile({ sections }), 'vmlinux'));
}

it('gives what kallsyms would have: moved by KASLR, in its order, with its letters', () => {
  const elf = draw([
    ['panic', GLOBAL, TEXT, 0xffffffff81000100n],
    ['', SECTION_SYMBOL, TEXT, 0xffffffff81000000n],
    ['.L12', LOCAL, TEXT, 0xffffffff81000104n],
    ['__crc_panic', GLOBAL, ABSOLUTE, 0xffffffff12345678n],
    ['__kstrtab_panic', LOCAL, RODATA, 0xffffffff82000000n],
    ['in_no_memory', LOCAL, COMMENT, 0n],
    ['this_cpu_off', GLOBAL, PERCPU, 0x19168n],
    ['helper', LOCAL, TEXT, 0xffffffff81000080n],
    ['banner', GLOBAL, RODATA, 0xffffffff82000010n],
    ['counter', LOCAL, DATA, 0xffffffff82600000n],
    ['_end', GLOBAL, BSS, 0xffffffff82800000n],
    ['___early', GLOBAL, TEXT, 0xffffffff81000200n],
    ['weak', WEAK, TEXT, 0xffffffff81000200n],
    ['__start_here', GLOBAL, TEXT, 0xffffffff81000200n],
    ['b_name', GLOBAL, TEXT, 0xffffffff81000200n],
    ['a_name', GLOBAL, TEXT, 0xffffffff81000200n],
  ]);
  const table = vmlinuxSymbolsOf(elf, 0x7000000n)!;
  const lines = [...table.iterate()].map(
    ({ address, type, name }) => `${address.toString(16)} ${type} ${name}`,
  );
  expect(lines).toEqual([
    'ffffffff88000080 t helper',
    'ffffffff88000100 T panic',
    'ffffffff88000200 T a_name',
    'ffffffff88000200 T b_name',
    'ffffffff88000200 T ___early',
    'ffffffff88000200 T __start_here',
    'ffffffff88000200 W weak',
    'ffffffff89000010 R banner',
    'ffffffff89600000 d counter',
    'ffffffff89800000 B _end',
    '19168 A this_cpu_off',
  ]);
  expect(table.findSymbol('this_cpu_off')?.perCpu).toBe(true);
  expect(table.origin).toBe('.symtab of vmlinux');
});

it('a stripped file has none', () => {
  const stripped = drawElfFile({ sections: [{ name: '.text', flags: 6n, bytes: [0] }] });
  expect(vmlinuxSymbolsOf(openElf(new MemorySource(stripped, 'vmlinux')), 0n)).toBeUndefined();
});

it('of a damaged file, where any number of symbols have one long name, is refused', () => {
  const symtab = drawSymbol(0, 0, 0, 0n);
  for (let i = 0; i < 200; i++) symtab.push(...drawSymbol(1, GLOBAL, TEXT, 0xffffffff81000000n));
  const sections = [
    { name: '.text', flags: 6n, bytes: [0] },
    { name: '.symtab', type: 2, bytes: symtab, link: '.strtab' },
    { name: '.strtab', type: 3, bytes: asciiOf(`\0${'A'.repeat(4000)}\0`) },
  ];
  const elf = openElf(new MemorySource(drawElfFile({ sections }), 'vmlinux'));
  expect(() => vmlinuxSymbolsOf(elf, 0n)).toThrow(/corrupt.*names of up to .* bytes in all/);
});
