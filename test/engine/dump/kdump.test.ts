import { describe, expect, it } from 'vitest';
import { writeKdump } from '../../support/dump/write-kdump.ts';
import { VMCOREINFO_TEXT } from '../../support/dump/notes.ts';
import { codecs, expectDrawing, openBytes, openError } from '../../support/dump/open.ts';
import { kindsOf, pageBytes } from '../../support/dump/page-map.ts';
import { MemorySource } from '../../support/dump/memory-source.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import type { Pfn } from '../../../src-main/engine/base/address.ts';

const DRAWING = '.##0xx#..0#xx00#x..###x.';
const KINDS = kindsOf(DRAWING);
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('kdump-compressed', () => {
  it.each([0, 1, 2, 3, 4, 5, 6])('version %i shows every page with its state', (version) => {
    const image = openBytes(writeKdump(KINDS, { version }));
    expect(image.format).toBe(`kdump-compressed v${String(version)} (zlib)`);
    expectDrawing(image, DRAWING);
    expect(image.endPfn).toBe(KINDS.length);
    expect(image.dumpLevel).toBe(version === 0 ? undefined : 31);
    expect(image.warnings).toEqual([]);
  });

  it.each(['raw', 'zlib', 'lzo', 'snappy', 'zstd'] as const)('reads pages of %s', (codec) => {
    expectDrawing(openBytes(writeKdump(KINDS, { codec })), DRAWING);
  });

  it('counts the frames of each state, RAM ranges included', () => {
    const image = openBytes(writeKdump(KINDS));
    expect(image.countPages()).toEqual({
      present: 8,
      zero: 4,
      excluded: 6,
      'not-ram': 6,
      truncated: 0,
      'missing-part': 0,
    });
    expect(image.countPages('quick')).toMatchObject({ present: 12, excluded: 6, 'not-ram': 6 });
    expect([...image.ramRanges()]).toEqual([
      { start: 1, end: 7 },
      { start: 9, end: 17 },
      { start: 19, end: 23 },
    ]);
  });

  it('without level bit 1, pages of zeros are ordinary pages', () => {
    const image = openBytes(writeKdump(kindsOf('#0#'), { level: 30 }));
    expect(image.pageState(1 as Pfn)).toBe('present');
  });

  it('a first page of zeros, and a dump of nothing but zeros, are seen as such', () => {
    expectDrawing(openBytes(writeKdump(kindsOf('00#'))), '00#');
    expectDrawing(openBytes(writeKdump(kindsOf('000'))), '000');
  });

  it('reads the header: time, utsname, VMCOREINFO, notes', () => {
    const image = openBytes(writeKdump(KINDS));
    expect(image.writtenAt).toBe(1_700_000_000);
    expect(image.utsname).toMatchObject({ sysname: 'Linux', nodename: 'vm', machine: 'x86_64' });
    expect(text(image.vmcoreinfo)).toBe(VMCOREINFO_TEXT);
    expect(image.notes.map(({ name, type }) => `${name} ${String(type)}`)).toEqual([
      'CORE 1',
      'CORE 1',
      'VMCOREINFO 0',
    ]);
    expect(image.notes[1]?.desc[0]).toBe(2);
    expect(image.headerFacts).toContainEqual({ name: 'phys_base', value: 0x1000000n });
    expect(text(openBytes(writeKdump(KINDS, { version: 3 })).vmcoreinfo)).toBe(VMCOREINFO_TEXT);
  });

  it('finds pages across many bitmap blocks', () => {
    // 100,000 frames: four blocks of bitmap; every 97th stored.
    const kinds = Array.from({ length: 100_000 }, (_, frame) =>
      frame % 97 === 0 ? ('data' as const) : ('excluded' as const),
    );
    const image = openBytes(writeKdump(kinds, { codec: 'zstd' }));
    const page = new Uint8Array(4096);
    for (const frame of [97 * 1030, 0, 97 * 337, 97 * 338, 97 * 700, 97]) {
      expect(image.readPage(frame as Pfn, page)).toBe('present');
      expect(Buffer.compare(page, pageBytes(frame))).toBe(0);
    }
    expect(image.pageState(98 as Pfn)).toBe('excluded');
    expect(image.findStoredFrame(98 as Pfn, image.endPfn)).toBe(194);
    expect(image.findStoredFrame(98 as Pfn, 190 as Pfn)).toBeUndefined();
    expect(image.countPages().present).toBe(1031);
  });

  it('opening reads a few blocks however large the machine', () => {
    const read = (frames: number): number => {
      const kinds = Array.from({ length: frames }, () => 'excluded' as const);
      const source = new MemorySource(writeKdump(kinds));
      openDump([source], codecs);
      return source.bytesRead;
    };
    expect(read(4_000_000)).toBeLessThanOrEqual(read(1000) + 8192);
  });

  it('an incomplete dump shows what was written, and says so', () => {
    const image = openBytes(writeKdump(kindsOf('##x####'), { incompleteFrom: 4 }));
    expectDrawing(image, '##x##tt');
    expect(image.countPages().truncated).toBe(2);
    expect(image.warnings.join()).toMatch(/incomplete/);
  });

  it('a dump cut off among its pages shows the others', () => {
    const bytes = writeKdump(kindsOf('#######'), { codec: 'raw' });
    const image = openBytes(bytes.subarray(0, bytes.length - 2 * 4096 - 1));
    expectDrawing(image, '####ttt');
    expect(image.warnings.join()).toMatch(/truncated: its pages reach to 0x[0-9a-f]+ at least/);
  });

  it('a dump cut off among its descriptors shows no page, but its header', () => {
    const bytes = writeKdump(kindsOf('#######'));
    const descriptors = 4096 * 4;
    const image = openBytes(bytes.subarray(0, descriptors + 24 * 3 + 5));
    expectDrawing(image, 'ttttttt');
    expect(text(image.vmcoreinfo)).toBe(VMCOREINFO_TEXT);
  });

  it.each([
    [4, /of no known dump format|text file/],
    [100, /struct disk_dump_header.*offset 0x0/],
    [463, /struct disk_dump_header/],
    [4096, /struct kdump_sub_header.*0x1000/],
    [4096 + 103, /struct kdump_sub_header/],
    [2 * 4096, /bitmaps at 0x2000.*ends at 0x2000/],
    [3 * 4096, /bitmaps/],
  ])('cut off at %i bytes, it says where', (length, why) => {
    const error = openError(writeKdump(KINDS).subarray(0, length));
    expect(error.message).toMatch(why);
    expect(error.file).toBe('vmcore');
  });

  it('a damaged page names its offset; the others are read', () => {
    const bytes = writeKdump(kindsOf('#x##'), { codec: 'zstd' });
    const view = new DataView(bytes.buffer);
    const data = Number(view.getBigUint64(4096 * 4 + 0, true));
    bytes.fill(0xff, data, data + 8);
    expectDrawing(openBytes(bytes), '!x##');
    expect(() => openBytes(bytes).readPage(0 as Pfn, new Uint8Array(4096))).toThrow(
      new RegExp(`zstd-compressed page in vmcore at file offset 0x${data.toString(16)}`),
    );
  });

  it.each([
    ['size', 8, 0xffffffff, /size 4294967295/],
    ['size of nothing', 8, 0, /size 0/],
    ['flags', 12, 0x40, /flags.*0x40/],
    ['two codecs', 12, 0x21, /flags.*0x21/],
    ['offset into the header', 0, 64, /offset 0x40/],
  ])('a descriptor with absurd %s is corrupt', (_, field, value, why) => {
    const bytes = writeKdump(kindsOf('##'), { level: 30 });
    const at = 4096 * 4;
    new DataView(bytes.buffer).setUint32(at + field, value, true);
    const image = openBytes(bytes);
    expectDrawing(image, '!#');
    expect(() => image.readPage(0 as Pfn, new Uint8Array(4096))).toThrow(why);
    expect(() => image.readPage(0 as Pfn, new Uint8Array(4096))).toThrow(/file offset 0x4000/);
  });

  it('a descriptor that points beyond the file is truncated, beyond all files corrupt', () => {
    const bytes = writeKdump(kindsOf('###'), { level: 30 });
    const view = new DataView(bytes.buffer);
    view.setBigUint64(4096 * 4, BigInt(bytes.length), true);
    view.setBigUint64(4096 * 4 + 24, 2n ** 63n, true);
    expectDrawing(openBytes(bytes), 't!#');
  });

  it.each([
    ['block_size', 428, 12345, /block_size at 0x1ac should be 4096, found 12345/],
    ['sub_hdr_size', 432, 0, /sub_hdr_size/],
    ['huge sub_hdr_size', 432, 0x7fffffff, /sub_hdr_size/],
    ['bitmap_blocks', 436, 0, /bitmap_blocks at 0x1b4 should be 2/],
    ['huge bitmap_blocks', 436, 0xfffffffe, /bitmaps/],
    ['max_mapnr', 4096 + 96, 0xffffffff, /bitmap_blocks/],
    ['max_mapnr high', 4096 + 102, 0xffff, /max_mapnr/],
    ['header_version', 8, 0x80000000, /header_version/],
  ])('a damaged %s is named', (_, at, value, why) => {
    const bytes = writeKdump(KINDS);
    const view = new DataView(bytes.buffer);
    if (value <= 0xffff && at > 4096) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    const error = openError(bytes);
    expect(error.message).toMatch(why);
    expect(error.reason).toBe('damaged');
  });

  it('damaged notes are warned of, the pages still read', () => {
    const bytes = writeKdump(KINDS);
    // n_descsz of the second note.
    new DataView(bytes.buffer).setUint32(4096 + 104 + 12 + 8 + 336 + 4, 0xffffff00, true);
    const image = openBytes(bytes);
    expect(image.notes).toHaveLength(1);
    expect(image.warnings.join()).toMatch(/note at 0x11cc/);
    expect(text(image.vmcoreinfo)).toBe(VMCOREINFO_TEXT);
    expectDrawing(image, DRAWING);
  });

  it('a version of the future is read as version 6, with a warning', () => {
    const bytes = writeKdump(KINDS);
    new DataView(bytes.buffer).setInt32(8, 7, true);
    const image = openBytes(bytes);
    expect(image.warnings.join()).toMatch(/header_version 7/);
    expectDrawing(image, DRAWING);
  });

  it('says of which machine a dump is that it cannot read', () => {
    const arm = writeKdump(KINDS, { utsname: { machine: 'aarch64' } });
    expect(openError(arm)).toMatchObject({ reason: 'unsupported' });
    expect(openError(arm).message).toMatch(/aarch64/);
    const small = writeKdump(KINDS);
    new DataView(small.buffer).setInt32(428, 0, true);
    new DataView(small.buffer).setInt32(416, 4096, true);
    expect(openError(small).message).toMatch(/32-bit/);
    const swapped = writeKdump(KINDS);
    new DataView(swapped.buffer).setInt32(428, 65536, false);
    expect(openError(swapped).message).toMatch(/big-endian/);
  });
});

describe('a split set', () => {
  const part = (start: number, end: number, more = {}): Uint8Array =>
    writeKdump(KINDS, { split: { start, end }, ...more });
  const parts = [part(0, 7), part(7, 15), part(15, KINDS.length)] as const;

  it('reads like the whole, in any order of its files', () => {
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ] as const) {
      const image = openBytes(...order.map((i) => parts[i]));
      expectDrawing(image, DRAWING);
      expect(image.format).toBe('kdump-compressed v6 (zlib, split)');
      expect(image.countPages()['missing-part']).toBe(0);
    }
  });

  it.each([2, 5])('also of version %i', (version) => {
    const image = openBytes(part(9, KINDS.length, { version }), part(0, 9, { version }));
    expectDrawing(image, DRAWING);
  });

  it('with a part missing, its pages are in the missing part; what was excluded still is', () => {
    const image = openBytes(parts[0], parts[2]);
    expectDrawing(image, '.##0xx#..??xx??#x..###x.');
    expect(image.countPages()['missing-part']).toBe(4);
    expect(image.warnings.join()).toMatch(/page frames 7 to 14/);
    expect(image.findStoredFrame(7 as Pfn, image.endPfn)).toBe(15);
  });

  it('parts without a page belong to it too', () => {
    const end = KINDS.length;
    const image = openBytes(part(end, end), part(0, end), part(end, end));
    expectDrawing(image, DRAWING);
    expect(image.warnings).toEqual([]);
    const block = Array.from({ length: 32768 }, () => 'excluded' as const);
    const empty = writeKdump(block, { split: { start: 32768, end: 32768 } });
    expect(openBytes(empty).countPages().excluded).toBe(32768);
  });

  it('one part alone opens', () => {
    expectDrawing(openBytes(parts[1]), '.???xx?..0#xx00?x..???x.');
  });

  it.each([
    ['the same part twice', [parts[0], parts[0]], /page frames from 0/],
    ['a whole dump among parts', [parts[0], writeKdump(KINDS)], /whole dump/],
    ['another moment', [parts[0], part(7, 15, { timestamp: 5 })], /timestamp/],
    ['another machine', [parts[0], part(7, 15, { utsname: { nodename: 'b' } })], /nodename/],
    [
      'another size',
      [parts[0], writeKdump(kindsOf('####'), { split: { start: 0, end: 4 } })],
      /max_mapnr/,
    ],
    ['a text file', [parts[0], new TextEncoder().encode('hello hello')], /not kdump-compressed/],
  ] as const)('refuses %s', (_, files, why) => {
    const error = openError(...files);
    expect(error.message).toMatch(why);
    expect(error.reason).toBe('mismatched-set');
  });
});
