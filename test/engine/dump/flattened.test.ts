import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlattenedSource } from '../../../src-main/engine/dump/flattened/flattened-source.ts';
import { drawImage } from '../../support/dump/draw-image.ts';
import { flatten, writeRecords } from '../../support/dump/flatten.ts';
import { MemorySource } from '../../support/dump/memory-source.ts';
import { expectDrawing, openBytes, openError } from '../../support/dump/open.ts';
import { kindsOf } from '../../support/dump/page-map.ts';
import { writeElf } from '../../support/dump/write-elf.ts';
import { writeKdump } from '../../support/dump/write-kdump.ts';

const DRAWING = '.##0xx#..0#xx00#x..###x.';
const KINDS = kindsOf(DRAWING);

function contentOf(flat: Uint8Array): Uint8Array {
  const source = new FlattenedSource(new MemorySource(flat));
  const bytes = new Uint8Array(source.size).fill(0xee);
  expect(source.read(0, bytes, 0, bytes.length)).toBe(bytes.length);
  return bytes;
}

describe('flattened', () => {
  it.each([16, 1000, 4096, 1 << 20])('kdump-compressed in records of %i bytes', (recordSize) => {
    const image = openBytes(flatten(writeKdump(KINDS), { recordSize }));
    expect(image.format).toBe('flattened kdump-compressed v6 (zlib)');
    expectDrawing(image, DRAWING);
    expect(image.warnings).toEqual([]);
  });

  it('kdump-compressed with its zeros left out as holes', () => {
    const flat = flatten(writeKdump(KINDS, { codec: 'zstd' }), { recordSize: 512, holes: true });
    // The shared page of zeros was left out with them: its pages cannot be told from lost ones.
    expect(drawImage(openBytes(flat))).toBe(DRAWING.replaceAll('0', 't'));
  });

  it('ELF', () => {
    const drawing = '##xx##';
    const image = openBytes(flatten(writeElf(kindsOf(drawing))));
    expect(image.format).toBe('flattened ELF vmcore');
    expectDrawing(image, drawing);
  });

  it('parts of a split set', () => {
    const parts = [0, 12].map((start) =>
      flatten(writeKdump(KINDS, { split: { start, end: start + 12 } })),
    );
    expectDrawing(openBytes(...parts.reverse()), DRAWING);
  });

  it('records overwrite what earlier ones wrote', () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const flat = writeRecords([
      { offset: 0, bytes: bytes('aaaaaaaaaa') },
      { offset: 4, bytes: bytes('bb') },
      { offset: 12, bytes: bytes('cccc') },
      { offset: 5, bytes: bytes('ddd') },
      { offset: 14, bytes: bytes('ee') },
    ]);
    expect(new TextDecoder().decode(contentOf(flat))).toBe('aaaabdddaa\0\0ccee');
  });

  it('any records give what writing them in order gives (seeded)', () => {
    const record = fc.record({
      offset: fc.integer({ min: 0, max: 60 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (records) => {
        const end = Math.max(0, ...records.map(({ offset, bytes }) => offset + bytes.length));
        const written = new Uint8Array(end);
        for (const { offset, bytes } of records) written.set(bytes, offset);
        const source = new FlattenedSource(new MemorySource(writeRecords(records)));
        const read = new Uint8Array(end + 4);
        let at = 0;
        // In pieces, so that reads begin and end inside extents.
        while (at < end) at += source.read(at, read, at, 7);
        expect(read.subarray(0, end)).toEqual(written);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('cut off, it shows the pages that came through', () => {
    const flat = flatten(writeKdump(kindsOf('######'), { codec: 'raw' }), { recordSize: 4096 });
    const image = openBytes(flat.subarray(0, flat.length - 16 - 2 * (4096 + 16) + 100));
    expectDrawing(image, '####tt');
    expect(image.warnings.join()).toMatch(/cut off at 0x/);
  });

  it('a lost record in the middle does not turn into zeros', () => {
    const file = writeKdump(kindsOf('####'), { codec: 'raw', level: 30 });
    const records = [];
    for (let offset = 0; offset < file.length; offset += 1024) {
      records.push({ offset, bytes: file.subarray(offset, offset + 1024) });
    }
    const pagesFrom = Math.floor((4 * 4096 + 4 * 24) / 1024);
    const image = openBytes(writeRecords(records.filter((_, i) => i !== pagesFrom + 6)));
    expectDrawing(image, '#t##');
  });

  it.each([
    ['size of zero', { offset: 0, bytes: new Uint8Array(0) }],
    ['negative size', { offset: 0, bytes: new Uint8Array(8), size: -5n }],
    ['negative offset', { offset: -2n, bytes: new Uint8Array(8) }],
    ['absurd offset', { offset: 2n ** 62n, bytes: new Uint8Array(8) }],
  ])('a record with a %s ends the index with a warning', (_, bad) => {
    const whole = writeKdump(KINDS);
    const image = openBytes(writeRecords([{ offset: 0, bytes: whole }, bad]));
    expectDrawing(image, DRAWING);
    expect(image.warnings.join()).toMatch(/record at 0x[0-9a-f]+ .*damaged/);
  });

  it('a record whose size runs past the file is the last', () => {
    const whole = writeKdump(KINDS);
    const image = openBytes(writeRecords([{ offset: 0, bytes: whole, size: 2n ** 40n }]));
    expect(image.format).toMatch(/^flattened kdump/);
    expect(image.warnings.join()).toMatch(/cut off/);
  });

  it('says what is wrong with its header, or with what it holds', () => {
    const flat = flatten(writeKdump(KINDS));
    const wrongType = flat.slice();
    wrongType[23] = 9;
    expect(openError(wrongType).message).toMatch(/type and version at 0x10/);
    expect(openError(flat.subarray(0, 20)).message).toMatch(/makedumpfile_header/);
    expect(openError(flat.subarray(0, 4096)).message).toMatch(/flattened dump, but/);
    expect(openError(flatten(new Uint8Array(9999).fill(3))).message).toMatch(/flattened dump, but/);
  });
});
