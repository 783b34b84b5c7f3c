import { describe, expect, it } from 'vitest';
import { debugFileOf } from '../../../src-main/engine/debuginfo/elf-debug-file.ts';
import { openElf } from '../../../src-main/engine/debuginfo/elf.ts';
import { asciiOf, drawElfFile, drawSymbol } from '../../support/debuginfo/draw-elf.ts';
import { MemorySource } from '../../support/dump/memory-source.ts';

const [OBJECT, FUNCTION, FILE, GLOBAL_OBJECT] = [0x01, 0x02, 0x04, 0x11];
const ABSOLUTE = 0xfff1;
/** Two files with a `count.0` each, as ld leaves them. */
const SYMBOLS = [
  ['a.c', FILE, ABSOLUTE, 0n],
  ['step', FUNCTION, 1, 0x10n],
  ['count.0', OBJECT, 2, 0x4n],
  ['b.c', FILE, ABSOLUTE, 0n],
  ['count.0', OBJECT, 2, 0x8n],
  ['jump', FUNCTION, 1, 0x20n],
  ['data.c', FILE, ABSOLUTE, 0n],
  ['count.10', OBJECT, 2, 0xcn],
  ['count.0', GLOBAL_OBJECT, 2, 0x10n],
] as const;

function draw(type: number) {
  let names = '\0';
  const symtab = drawSymbol(0, 0, 0, 0n);
  for (const [name, info, section, value] of SYMBOLS) {
    symtab.push(...drawSymbol(names.length, info, section, value));
    names += `${name}\0`;
  }
  const sections = [
    { name: '.text', bytes: [0] },
    { name: '.data', bytes: [0] },
    { name: '.symtab', type: 2, bytes: symtab, link: '.strtab' },
    { name: '.strtab', type: 3, bytes: asciiOf(names) },
  ];
  const elf = openElf(new MemorySource(drawElfFile({ type, sections }), 'file'));
  const bases: Record<string, bigint> = { '.text': 0x1000n, '.data': 0x2000n };
  return debugFileOf(elf, { sectionAddress: (name) => bases[name] });
}

describe('the file of a local symbol', () => {
  it('is the one whose symbols it stands among, told by its address', () => {
    const file = draw(2);
    expect(file.findSymbolFile('count.0', [0x4n])).toEqual({ name: 'a.c', functions: [0x10n] });
    expect(file.findSymbolFile('count.0', [0x99n, 0x8n])).toEqual({
      name: 'b.c',
      functions: [0x20n],
    });
    expect(file.findSymbolFile('count.10', [0xcn])).toEqual({ name: 'data.c', functions: [] });
  });

  it('is none of a name or address that is another’s, and of global symbols', () => {
    const file = draw(2);
    expect(file.findSymbolFile('count.0', [0xcn])).toBeUndefined();
    expect(file.findSymbolFile('count', [0x4n])).toBeUndefined();
    expect(file.findSymbolFile('count.0', [0x10n])).toBeUndefined();
  });

  it('of a module counts from where its sections were loaded', () => {
    expect(draw(1).findSymbolFile('count.0', [0x2008n])).toEqual({
      name: 'b.c',
      functions: [0x1020n],
    });
  });
});
