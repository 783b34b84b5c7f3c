import { describe, expect, it } from 'vitest';
import { pfn, physAddr, type Pfn } from '../../../src-main/engine/base/address.ts';
import type { Fault } from '../../../src-main/engine/base/fault.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import { createPhysicalMemory } from '../../../src-main/engine/memory/cached-memory.ts';
import type { DumpImage } from '../../../src-main/engine/dump/dump-image.ts';
import { openBytes } from '../../support/dump/open.ts';
import { kindsOf, pageBytes } from '../../support/dump/page-map.ts';
import { writeKdump } from '../../support/dump/write-kdump.ts';

const KINDS = kindsOf('##0x.##############');
const image = openBytes(writeKdump(KINDS));

function faultOf(read: () => unknown): Fault | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof FaultError) return error.fault;
    throw error;
  }
}

/** Counts the pages that are really read. */
function counting(inner: DumpImage): { image: DumpImage; reads: () => number } {
  let reads = 0;
  const outer = Object.create(inner) as DumpImage;
  Object.defineProperty(outer, 'readPage', {
    value: (frame: Pfn, target: Uint8Array) => {
      reads++;
      return inner.readPage(frame, target);
    },
  });
  return { image: outer, reads: () => reads };
}

describe('physical memory', () => {
  it('reads words and ranges, across pages too', () => {
    const memory = createPhysicalMemory(image);
    const expected = new Uint8Array(8192);
    expected.set(pageBytes(0));
    expected.set(pageBytes(1), 4096);
    const view = new DataView(expected.buffer);
    for (const at of [0, 8, 4088, 4089, 4092, 4095, 4096, 8184]) {
      const word = new DataView(new ArrayBuffer(8));
      memory.readInto(physAddr(BigInt(at)), new Uint8Array(word.buffer), 0, 8);
      expect(word.getBigUint64(0, true)).toBe(view.getBigUint64(at, true));
      if (at % 4096 > 4088) continue;
      const page = memory.view(pfn(Math.floor(at / 4096)));
      expect(page.getBigUint64(at % 4096, true)).toBe(view.getBigUint64(at, true));
    }
    for (const [at, length] of [
      [0, 8192],
      [4000, 200],
      [4095, 2],
      [100, 16],
      [5, 0],
    ] as const) {
      const target = new Uint8Array(length + 2).fill(0xee);
      memory.readInto(physAddr(BigInt(at)), target, 1, length);
      expect([...target]).toEqual([0xee, ...expected.subarray(at, at + length), 0xee]);
    }
  });

  it('zero pages read as zeros', () => {
    expect(createPhysicalMemory(image).view(pfn(2)).getBigUint64(8, true)).toBe(0n);
  });

  it('absent pages fault with their reason and address', () => {
    const memory = createPhysicalMemory(image);
    const word = (address: bigint): Fault | undefined =>
      faultOf(() => memory.readInto(physAddr(address), new Uint8Array(8), 0, 8));
    expect(word(0x3010n)).toEqual({ kind: 'excluded', phys: 0x3000n });
    expect(word(0x4ff8n)).toEqual({ kind: 'not-in-dump', phys: 0x4000n, why: 'not-ram' });
    expect(word(0x2ffcn)).toEqual({ kind: 'excluded', phys: 0x3000n });
    expect(word(2n ** 51n)).toMatchObject({ kind: 'not-in-dump', why: 'not-ram' });
    expect(word(2n ** 64n - 1n)).toMatchObject({ kind: 'not-in-dump' });
  });

  it('reads a page once while it is cached', () => {
    const { image: counted, reads } = counting(image);
    const memory = createPhysicalMemory(counted);
    for (let i = 0; i < 10; i++) for (const frame of [0, 1, 5, 6]) memory.page(frame as Pfn);
    expect(reads()).toBe(4);
  });

  it('keeps to its limit and stays right while it evicts', () => {
    const memory = createPhysicalMemory(image, 4 * 4096);
    let state = 1;
    for (let i = 0; i < 3000; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      const frame = (state >>> 8) % KINDS.length;
      if (KINDS[frame] === 'excluded' || KINDS[frame] === 'hole') {
        expect(faultOf(() => memory.page(frame as Pfn))).toBeDefined();
      } else {
        const expected = KINDS[frame] === 'zero' ? new Uint8Array(4096) : pageBytes(frame);
        expect(Buffer.compare(memory.page(frame as Pfn), expected)).toBe(0);
      }
    }
  });

  it('a page that faults does not push others out', () => {
    const { image: counted, reads } = counting(image);
    const memory = createPhysicalMemory(counted, 4 * 4096);
    for (const frame of [0, 1, 5]) memory.page(frame as Pfn);
    for (let i = 0; i < 20; i++) faultOf(() => memory.page(3 as Pfn));
    const before = reads();
    for (const frame of [0, 1, 5]) memory.page(frame as Pfn);
    expect(reads()).toBe(before);
  });
});
