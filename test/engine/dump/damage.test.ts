import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { OpenError } from '../../../src-main/engine/dump/open-error.ts';
import { drawImage } from '../../support/dump/draw-image.ts';
import { flatten } from '../../support/dump/flatten.ts';
import { MemorySource } from '../../support/dump/memory-source.ts';
import { codecs } from '../../support/dump/open.ts';
import { kindsOf } from '../../support/dump/page-map.ts';
import { writeElf } from '../../support/dump/write-elf.ts';
import { writeKdump } from '../../support/dump/write-kdump.ts';

const KINDS = kindsOf('.##0xx#..0#xx00#x..###x.');

const FILES: Readonly<Record<string, Uint8Array>> = {
  'kdump v6 zstd': writeKdump(KINDS, { codec: 'zstd' }),
  'kdump v6 lzo': writeKdump(KINDS, { codec: 'lzo' }),
  'kdump v6 snappy': writeKdump(KINDS, { codec: 'snappy' }),
  'kdump v2 zlib': writeKdump(KINDS, { version: 2 }),
  'kdump split': writeKdump(KINDS, { split: { start: 3, end: 20 } }),
  ELF: writeElf(KINDS, { extendedCount: true, aliases: [[1, 3]] }),
  'flattened kdump': flatten(writeKdump(KINDS), { recordSize: 2000 }),
  'flattened ELF': flatten(writeElf(KINDS), { recordSize: 5000 }),
};

/**
 * Opens and reads all there is; an OpenError with a sentence and FaultErrors of pages are right
 * answers, anything else thrown is a bug. The file is asked for a bounded number of bytes.
 */
function survives(bytes: Uint8Array): void {
  const source = new MemorySource(bytes);
  try {
    const image = openDump([source], codecs);
    // A damaged size may claim a machine of terabytes: look at its ends only.
    if (image.endPfn <= 10_000) drawImage(image);
    else for (const frame of [0, 1, image.endPfn - 1]) image.pageState(frame as never);
    let ranges = 0;
    for (const range of image.ramRanges()) {
      expect(range.end).toBeGreaterThan(range.start);
      if (++ranges > 1000) break;
    }
    const total = Object.values(image.countPages()).reduce((sum, count) => sum + count, 0);
    expect(total).toBe(image.endPfn);
  } catch (error) {
    if (!(error instanceof OpenError)) throw error;
    expect(error.message.length).toBeGreaterThan(20);
  }
  expect(source.bytesRead).toBeLessThan(40 * bytes.length + 1_000_000);
}

describe.each(Object.entries(FILES))('damage to %s', (_, good) => {
  const header = Math.min(good.length - 1, 4 * 4096 + 24 * 12);

  it('bits flipped anywhere (seeded)', () => {
    const flip = fc.tuple(fc.nat(good.length - 1), fc.nat(7));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 20 }), (flips) => {
        const bytes = good.slice();
        for (const [at, bit] of flips) bytes[at] = (bytes[at] as number) ^ (1 << bit);
        survives(bytes);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('bytes replaced in the headers (seeded)', () => {
    const byte = fc.tuple(
      fc.oneof(fc.nat(600), fc.integer({ min: 4096, max: 4300 }), fc.nat(header)),
      fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
    );
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        survives(bytes);
      }),
      { seed: 2, numRuns: 150 },
    );
  });

  it('cut off anywhere (seeded)', () => {
    fc.assert(
      fc.property(fc.nat(good.length), (length) => {
        survives(good.slice(0, length));
      }),
      { seed: 3, numRuns: 40 },
    );
  });

  it('whole blocks zeroed or set', () => {
    for (let at = 0; at < good.length; at += 4096) {
      for (const value of [0, 0xff]) {
        const bytes = good.slice();
        bytes.fill(value, at, at + 4096);
        survives(bytes);
      }
    }
  });
});
