import { describe, expect, it, vi } from 'vitest';
import type { Pfn } from '../../src-main/engine/base/address.ts';
import { iteratePresentPages } from '../../src-main/engine/memory/scan-pages.ts';
import { writeRecords } from '../support/dump/flatten.ts';
import { openBytes, openError } from '../support/dump/open.ts';
import { kindsOf } from '../support/dump/page-map.ts';
import { writeKdump } from '../support/dump/write-kdump.ts';

/**
 * Small files whose headers claim more than any machine has. What is claimed must cost nothing:
 * each of these took minutes, gigabytes or megabytes of messages once.
 */
interface Header {
  readonly type: number;
  readonly offset: number;
  readonly physical?: bigint;
  readonly size: bigint;
}
const LOAD = 1;
const NOTE = 4;

/** An ELF core file of these program headers, of two pages at least. */
function elfOf(headers: readonly Header[], tail: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(Math.max(8192, 64 + headers.length * 56 + tail.length));
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 4, true);
  view.setUint16(18, 62, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, headers.length, true);
  headers.forEach(({ type, offset, physical = 0n, size }, i) => {
    const at = 64 + i * 56;
    view.setUint32(at, type, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 24, physical, true);
    view.setBigUint64(at + 32, size, true);
    view.setBigUint64(at + 40, size, true);
  });
  bytes.set(tail, 64 + headers.length * 56);
  return bytes;
}

/** The header blocks of a kdump of `frames` frames, all of them dumped, and nothing behind. */
function kdumpOf(frames: number, bitmapBlocks: number): Uint8Array {
  const bytes = writeKdump(kindsOf('#'), { version: 6 }).slice(0, 8192);
  const view = new DataView(bytes.buffer);
  view.setUint32(432, 1, true);
  view.setUint32(436, bitmapBlocks, true);
  view.setUint32(440, Math.min(frames, 0xffff_ffff), true);
  view.setBigUint64(4096 + 32, 0n, true);
  view.setBigUint64(4096 + 48, 0n, true);
  view.setBigUint64(4096 + 96, BigInt(frames), true);
  return bytes;
}

const PETABYTES = 1n << 51n;

describe('a segment of petabytes', () => {
  const image = openBytes(elfOf([{ type: LOAD, offset: 4096, size: PETABYTES }]));

  it('is searched only where the file has bytes', () => {
    const frames = Array.from(iteratePresentPages(image), ({ frame }) => frame);
    expect(frames).toEqual([0]);
    expect(image.findStoredFrame(1 as Pfn, image.endPfn)).toBeUndefined();
  });

  it('is counted without looking at each frame', () => {
    const pageState = vi.spyOn(image, 'pageState');
    expect(image.countPages()).toMatchObject({ present: 1, truncated: 2 ** 39 - 1 });
    expect(pageState.mock.calls.length).toBeLessThan(10);
  });
});

describe('a flattened file with a hole of petabytes', () => {
  const elf = elfOf([{ type: LOAD, offset: 4096, size: PETABYTES }]);
  const image = openBytes(
    writeRecords([
      { offset: 0, bytes: elf },
      { offset: 2 ** 50, bytes: new Uint8Array(4096) },
    ]),
  );

  it('is searched only where there are records', () => {
    const frames = Array.from(iteratePresentPages(image), ({ frame }) => frame);
    expect(frames).toEqual([0, 2 ** 38 - 1]);
  });

  it('is counted without looking at each frame', () => {
    const pageState = vi.spyOn(image, 'pageState');
    expect(image.countPages()).toMatchObject({ present: 2, truncated: 2 ** 39 - 2 });
    expect(pageState.mock.calls.length).toBeLessThan(10);
  });

  it('cannot have its bitmaps there', () => {
    const blocks = 2 * 2 ** 20;
    const error = openError(
      writeRecords([
        { offset: 0, bytes: kdumpOf(2 ** 35, blocks) },
        { offset: 8192 + blocks * 4096, bytes: new Uint8Array(5000) },
      ]),
    );
    expect(error.message).toMatch(/the page bitmaps .* should be 2097152 blocks/);
  });
});

it('pages without descriptors are not searched', () => {
  const file = kdumpOf(32_768, 2);
  const bytes = new Uint8Array(8192 + 8192 + 30 * 24);
  bytes.set(file);
  bytes.fill(0xff, 8192, 8192 + 8192);
  const image = openBytes(bytes);
  expect(image.findStoredFrame(29 as Pfn, image.endPfn)).toBe(29);
  expect(image.findStoredFrame(30 as Pfn, image.endPfn)).toBeUndefined();
  expect(image.countPages().truncated).toBeGreaterThanOrEqual(32_768 - 30);
});

describe('thousands of program headers', () => {
  it('that name the same notes again are not all read', () => {
    const notes = new Uint8Array(1000 * 12);
    const view = new DataView(notes.buffer);
    for (let at = 0; at < notes.length; at += 12) view.setUint32(at + 8, 1, true);
    const count = 5000;
    const again = { type: NOTE, offset: 64 + count * 56, size: BigInt(notes.length) };
    const headers: Header[] = Array.from({ length: count }, () => again);
    headers[0] = { type: LOAD, offset: 4096, size: 4096n };
    const image = openBytes(elfOf(headers, notes));
    expect(image.notes.length).toBeLessThanOrEqual(1 << 16);
    expect(image.warnings).toEqual([expect.stringContaining('it has 4999 note segments')]);
  });

  it('that lie outside physical memory are one warning', () => {
    const outside = { type: LOAD, offset: 4096, physical: 1n << 60n, size: 4096n };
    const headers: Header[] = Array.from({ length: 5000 }, () => outside);
    headers[0] = { type: LOAD, offset: 4096, size: 4096n };
    const image = openBytes(elfOf(headers, new Uint8Array(8192)));
    expect(image.warnings).toEqual([
      expect.stringMatching(/program header 1 .* \(and 4998 more like it\); it is ignored/),
    ]);
  });
});
