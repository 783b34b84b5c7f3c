import { expect, it } from 'vitest';
import type { Pfn } from '../../../src-main/engine/base/address.ts';
import {
  iteratePresentPages,
  type ScanOptions,
} from '../../../src-main/engine/memory/scan-pages.ts';
import { openBytes } from '../../support/dump/open.ts';
import { kindsOf, pageBytes } from '../../support/dump/page-map.ts';
import { writeElf } from '../../support/dump/write-elf.ts';
import { writeKdump } from '../../support/dump/write-kdump.ts';

const KINDS = kindsOf('.#0xx#..##x0#');

function framesOf(bytes: Uint8Array, options?: ScanOptions): number[] {
  const frames: number[] = [];
  for (const page of iteratePresentPages(openBytes(bytes), options)) {
    const expected = KINDS[page.frame] === 'zero' ? new Uint8Array(4096) : pageBytes(page.frame);
    expect(Buffer.compare(page.bytes, expected)).toBe(0);
    frames.push(page.frame);
  }
  return frames;
}

it('visits the pages that are there, ascending', () => {
  expect(framesOf(writeKdump(KINDS))).toEqual([1, 5, 8, 9, 12]);
  expect(framesOf(writeKdump(KINDS), { zeros: true })).toEqual([1, 2, 5, 8, 9, 11, 12]);
  expect(framesOf(writeKdump(KINDS), { from: 5 as Pfn, end: 9 as Pfn })).toEqual([5, 8]);
  expect(framesOf(writeElf(KINDS))).toEqual([1, 2, 5, 8, 9, 11, 12]);
});

it('goes on behind pages that are damaged or cut off, and tells of them', () => {
  const bytes = writeKdump(KINDS, { codec: 'raw' });
  // flags of the descriptor of frame 5 (third stored page).
  new DataView(bytes.buffer).setUint32(4 * 4096 + 2 * 24 + 12, 0x80, true);
  const faults: string[] = [];
  const frames = framesOf(bytes.subarray(0, bytes.length - 1), {
    onFault: (frame, fault) => faults.push(`${String(frame)} ${fault.kind}`),
  });
  expect(frames).toEqual([1, 8, 9]);
  expect(faults).toEqual(['5 corrupt']);
});
