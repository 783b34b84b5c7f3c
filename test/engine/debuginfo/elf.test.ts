import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import { openElf } from '../../../src-main/engine/debuginfo/elf.ts';
import { little } from '../../support/debuginfo/draw-kallsyms.ts';
import { MemorySource } from '../../support/dump/memory-source.ts';

/** An ELF64 file with a build ID note, a symbol table and its strings. */
function drawElf(): Uint8Array<ArrayBuffer> {
  const names = '\0.note\0.symtab\0.strtab\0.shstrtab\0';
  const text = (value: string): number[] => Array.from(value, (c) => c.charCodeAt(0));
  const note = [
    ...little(4n, 4),
    ...little(3n, 4),
    ...little(3n, 4),
    ...text('GNU\0'),
    0xab,
    0xcd,
    0x01,
    0,
  ];
  const strings = text('\0panic\0init_task\0undefined\0');
  const symbol = (name: number, info: number, section: number, value: bigint): number[] => [
    ...little(BigInt(name), 4),
    info,
    0,
    ...little(BigInt(section), 2),
    ...little(value, 8),
    ...little(0n, 8),
  ];
  const symbols = [
    ...symbol(0, 0, 0, 0n),
    ...symbol(1, 0x12, 1, 0xffffffff81000100n),
    ...symbol(7, 0x11, 1, 0xffffffff82000000n),
    ...symbol(17, 0x12, 0, 0n),
  ];
  const parts: [name: string, type: number, bytes: number[], link: number][] = [
    ['.note', 7, note, 0],
    ['.symtab', 2, symbols, 3],
    ['.strtab', 3, strings, 0],
    ['.shstrtab', 3, text(names), 0],
  ];
  const bytes: number[] = new Array<number>(64).fill(0);
  const headers: number[] = new Array<number>(64).fill(0);
  for (const [name, type, content, link] of parts) {
    headers.push(...little(BigInt(names.indexOf(name)), 4), ...little(BigInt(type), 4));
    headers.push(...little(0n, 8), ...little(0n, 8), ...little(BigInt(bytes.length), 8));
    headers.push(...little(BigInt(content.length), 8), ...little(BigInt(link), 4));
    headers.push(...new Array<number>(20).fill(0));
    bytes.push(...content);
  }
  const start = bytes.length;
  bytes.push(...headers);
  const file = Uint8Array.from(bytes);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0);
  file.set([...little(2n, 2), ...little(62n, 2)], 16);
  file.set(little(BigInt(start), 8), 40);
  file.set([...little(64n, 2), ...little(5n, 2), ...little(4n, 2)], 58);
  return file;
}

describe('ELF', () => {
  it('gives sections, build ID and defined symbols', () => {
    const elf = openElf(new MemorySource(drawElf(), 'vmlinux'));
    expect(elf).toMatchObject({ type: 2, machine: 62 });
    expect(elf.sections.map(({ name }) => name)).toEqual([
      '',
      '.note',
      '.symtab',
      '.strtab',
      '.shstrtab',
    ]);
    expect(elf.findBuildId()).toBe('abcd01');
    const symbols = elf.readSymbols();
    expect([...(symbols?.iterate() ?? [])].map(({ type, name }) => `${type} ${name}`)).toEqual([
      'T panic',
      'D init_task',
    ]);
    expect(symbols?.findSymbol('panic')?.address).toBe(0xffffffff81000100n);
  });

  it('refuses what is no ELF file or is cut off, naming it', () => {
    const file = drawElf();
    expect(() => openElf(new MemorySource(new Uint8Array(100), 'x'))).toThrow(
      /ELF header of x.*ELF64/,
    );
    expect(() => openElf(new MemorySource(file.subarray(0, file.length - 10), 'cut'))).toThrow(
      /section headers of cut/,
    );
  });

  it('any damaged byte gives a file or a fault', () => {
    const file = drawElf();
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(file);
        bytes[at] = byte;
        try {
          const elf = openElf(new MemorySource(bytes, 'damaged'));
          elf.findBuildId();
          elf.readSymbols();
        } catch (error) {
          if (!(error instanceof FaultError)) throw error;
        }
      }),
      { seed: 5, numRuns: 400 },
    );
  });
});
