import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import { sectionOfBytes } from '../../../src-main/engine/debuginfo/dwarf/sections.ts';
import {
  compressedSectionsOf,
  debugFileOf,
  hasDwarf,
  type DebugFileOptions,
} from '../../../src-main/engine/debuginfo/elf-debug-file.ts';
import { openElf } from '../../../src-main/engine/debuginfo/elf.ts';
import {
  asciiOf,
  drawBuildIdNote,
  drawElfFile,
  drawRela,
  drawSymbol,
  type DrawnElf,
} from '../../support/debuginfo/draw-elf.ts';
import { little } from '../../support/debuginfo/draw-kallsyms.ts';
import { MemorySource } from '../../support/dump/memory-source.ts';

const TEXT = 0xffffffffc0200000n;
const STRINGS = '\0probe\0gone\0state\0';

/** A module: `.text` is section 1, `.init.text` 2, `.data` 3, `.debug_str` 4. */
function drawModule(
  relocations: number[],
  info: number[] = new Array<number>(32).fill(0xee),
): DrawnElf {
  return {
    type: 1,
    sections: [
      { name: '.text', flags: 6n, bytes: [0x90, 0xc3] },
      { name: '.init.text', flags: 6n, bytes: [0xc3] },
      { name: '.data', flags: 3n, address: 0x320n, bytes: [0] },
      { name: '.debug_str', bytes: asciiOf('\0one\0two\0') },
      { name: '.debug_abbrev', bytes: [0] },
      { name: '.debug_info', bytes: info },
      {
        name: '.rela.debug_info',
        type: 4,
        bytes: relocations,
        link: '.symtab',
        info: '.debug_info',
      },
      {
        name: '.symtab',
        type: 2,
        link: '.strtab',
        bytes: [
          ...drawSymbol(0, 0, 0, 0n),
          ...drawSymbol(1, 0x12, 1, 0x40n),
          ...drawSymbol(7, 0x12, 2, 0x8n),
          ...drawSymbol(0, 3, 4, 0n),
          ...drawSymbol(12, 0x11, 3, 0x10n),
        ],
      },
      { name: '.strtab', type: 3, bytes: asciiOf(STRINGS) },
      { name: '.note.gnu.build-id', type: 7, bytes: drawBuildIdNote('c0ffee00') },
    ],
  };
}

const open = (drawn: DrawnElf, options: DebugFileOptions = {}) =>
  debugFileOf(openElf(new MemorySource(drawElfFile(drawn), 'virtio.ko')), options);
const atText = { sectionAddress: (name: string) => (name === '.text' ? TEXT : undefined) };
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('debug sections of a relocatable module', () => {
  const relocations = [
    ...drawRela(0, 1, 1, 2n), // 64: probe + 2
    ...drawRela(8, 10, 3, 5n), // 32: .debug_str + 5
    ...drawRela(12, 2, 1, -4n), // PC32
    ...drawRela(16, 1, 2, 0n), // 64: into a section that was freed
    ...drawRela(28, 11, 4, -1n), // 32S
  ];

  it('addresses are those of the dump, offsets into other debug sections stay offsets', () => {
    const info = open(drawModule(relocations), atText).dwarf!.info;
    expect(hexOf(info.bytes(0, 32))).toBe(
      [
        '420020c0ffffffff', // 0xffffffffc0200042
        '05000000',
        '300020c0', // probe - 4 - 12 from the section's start at 0
        '0800000000000000', // counts from 0
        'eeeeeeee',
        '0f000000',
      ].join(''),
    );
  });

  it('every window shows what the whole section shows', () => {
    // Out of order, as some linkers leave them.
    const shuffled = [
      relocations.slice(96),
      relocations.slice(24, 96),
      relocations.slice(0, 24),
    ].flat();
    const info = open(drawModule(shuffled), atText).dwarf!.info;
    const whole = info.bytes(0, 32);
    for (let start = 0; start < 32; start++) {
      for (let length = 0; length <= 32 - start; length++) {
        expect(hexOf(info.bytes(start, length))).toBe(hexOf(whole.subarray(start, start + length)));
      }
    }
    expect(() => info.bytes(30, 3)).toThrow(FaultError);
  });

  it('symbols have addresses where their section has one', () => {
    const symbols = open(drawModule(relocations), atText).readSymbols();
    expect([...symbols!.iterate()].map(({ name, address }) => [name, address])).toEqual([
      ['probe', TEXT + 0x40n],
    ]);
  });

  it('an unknown relocation or symbol is a fault that names it', () => {
    const unknown = open(drawModule(drawRela(0, 200, 1, 0n)), atText).dwarf!.info;
    expect(() => unknown.bytes(0, 8)).toThrow(/relocations of .debug_info.*type 200/);
    const wild = open(drawModule(drawRela(0, 1, 99, 0n)), atText).dwarf!.info;
    expect(() => wild.bytes(0, 8)).toThrow(/symbol 99/);
    expect(() => open({ ...drawModule(relocations), machine: 183 })).toThrow(/machine 183/);
  });

  it('of a linked file they are already done', () => {
    const info = open({ ...drawModule(relocations), type: 2 }, atText).dwarf!.info;
    expect(hexOf(info.bytes(0, 8))).toBe('eeeeeeeeeeeeeeee');
  });
});

describe('compressed debug sections', () => {
  const chdr = (type: number, size: number) => [
    ...little(BigInt(type), 4),
    ...little(0n, 4),
    ...little(BigInt(size), 8),
    ...little(1n, 8),
  ];
  const drawn: DrawnElf = {
    sections: [
      { name: '.debug_info', flags: 0x800n, bytes: [...chdr(2, 300), 1, 2, 3] },
      { name: '.zdebug_abbrev', bytes: [...asciiOf('ZLIB'), 0, 0, 0, 0, 0, 0, 0, 9, 4, 5] },
      { name: '.debug_line', bytes: [7, 7] },
      { name: '.comment', flags: 0x800n, bytes: [0] },
    ],
  };

  it('are named with where their stream lies, under their plain names', () => {
    const elf = openElf(new MemorySource(drawElfFile(drawn)));
    expect(hasDwarf(elf)).toBe(true);
    expect(compressedSectionsOf(elf)).toMatchObject([
      { name: '.debug_info', codec: 'zstd', compressedSize: 3, size: 300 },
      { name: '.debug_abbrev', codec: 'zlib', compressedSize: 2, size: 9, offset: 64 + 27 + 12 },
    ]);
  });

  it('are read from what was inflated; without it there is no DWARF', () => {
    const inflated = new Map([
      ['.debug_info', sectionOfBytes('i', Uint8Array.of(1))],
      ['.debug_abbrev', sectionOfBytes('a', Uint8Array.of(2))],
    ]);
    const { dwarf } = open(drawn, { inflated });
    expect([dwarf?.info.size, dwarf?.abbrev.size, dwarf?.line?.size]).toEqual([1, 1, 2]);
    expect(dwarf?.str).toBeUndefined();
    expect(open(drawn).dwarf).toBeUndefined();
  });

  it('a size that the stream cannot give is refused', () => {
    const sections = [
      { name: '.debug_info', flags: 0x800n, bytes: [...chdr(1, 2 ** 40), 1, 2, 3] },
    ];
    const elf = openElf(new MemorySource(drawElfFile({ sections }), 'bomb'));
    expect(() => compressedSectionsOf(elf)).toThrow(/\.debug_info of bomb.*1099511627776/);
    const lzma = [{ name: '.debug_info', flags: 0x800n, bytes: [...chdr(9, 3), 1, 2, 3] }];
    const other = openElf(new MemorySource(drawElfFile({ sections: lzma }), 'odd'));
    expect(() => compressedSectionsOf(other)).toThrow(/zlib \(1\) or zstd \(2\).*compression 9/);
  });
});

describe('files that belong together', () => {
  const withSection = (name: string, bytes: number[]) => open({ sections: [{ name, bytes }] });

  it('a stripped file names its debug file and the CRC of it', () => {
    const link = [...asciiOf('virtio.ko.debug\0'), ...little(0xdeadbeefn, 4)];
    expect(withSection('.gnu_debuglink', link).debugLink).toEqual({
      name: 'virtio.ko.debug',
      crc: 0xdeadbeef,
    });
    const climbing = [...asciiOf('../../etc/passwd\0\0\0\0'), ...little(1n, 4)];
    expect(withSection('.gnu_debuglink', climbing).debugLink).toBeUndefined();
    expect(withSection('.gnu_debuglink', asciiOf('no end')).debugLink).toBeUndefined();
  });

  it('dwz and DWARF 5 name the shared file and its id', () => {
    const gnu = [...asciiOf('../../.dwz/kernel\0'), 0xab, 0xcd];
    const expected = { path: '../../.dwz/kernel', buildId: 'abcd' };
    expect(withSection('.gnu_debugaltlink', gnu).supplementary).toEqual(expected);
    const sup = [5, 0, 0, ...asciiOf('../../.dwz/kernel\0'), 2, 0xab, 0xcd];
    expect(withSection('.debug_sup', sup).supplementary).toEqual(expected);
    const itself = [5, 0, 1, 0, 2, 0xab, 0xcd];
    expect(withSection('.debug_sup', itself).supplementary).toBeUndefined();
  });

  it('any damaged byte of a module gives an answer or a fault', () => {
    const file = drawElfFile(drawModule(drawRela(0, 1, 1, 2n)));
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(file);
        bytes[at] = byte;
        try {
          const elf = openElf(new MemorySource(bytes, 'damaged'));
          compressedSectionsOf(elf);
          const opened = debugFileOf(elf, atText);
          opened.readSymbols();
          opened.dwarf?.info.bytes(0, Math.min(32, opened.dwarf.info.size));
        } catch (error) {
          if (!(error instanceof FaultError)) throw error;
        }
      }),
      { seed: 6, numRuns: 600 },
    );
  });
});
