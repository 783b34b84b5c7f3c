import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RegionScale } from '../../src-renderer/model/region-scale.ts';

const region = (name: string, start: bigint, end: bigint) => ({ name, start, end, note: '' });
const kernel = new RegionScale([
  region('modules', 0xffffffffc0000000n, 0xfffffffffeffffffn),
  region('direct map', 0xffff888000000000n, 0xffffc87fffffffffn),
  region('kernel text', 0xffffffff81000000n, 0xffffffff81ffffffn),
]);

describe('the scroll bar over the address space', () => {
  test('gives a region of 16 MiB a share one can hit beside one of 64 TiB', () => {
    const shares = kernel.bands.map(({ region: { name }, from, to }) => [name, to - from] as const);
    expect(shares.map(([name]) => name)).toEqual(['direct map', 'kernel text', 'modules']);
    for (const [, share] of shares) expect(share).toBeGreaterThan(0.15);
    expect(kernel.bands.at(-1)?.to).toBeCloseTo(1);
  });

  test('a place on the bar and its address agree to a pixel', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (position) => {
        const address = kernel.addressAt(position);
        expect(address % 16n).toBe(0n);
        expect(kernel.regionAt(address)).toBeDefined();
        expect(Math.abs(kernel.positionOf(address) - position)).toBeLessThan(0.001);
      }),
      { seed: 1 },
    );
  });

  test('holes sit on the border, the ends are the ends', () => {
    expect(kernel.positionOf(0n)).toBe(0);
    expect(kernel.positionOf(0xffffffffffffffffn)).toBe(1);
    expect(kernel.positionOf(0xffffd00000000000n)).toBe(kernel.bands[1]?.from);
    expect(kernel.neighbour(0xffffffff81000010n, 1)?.name).toBe('modules');
    expect(kernel.neighbour(0xffffffff81000010n, -1)?.name).toBe('kernel text');
    expect(kernel.neighbour(0xffff000000000000n, -1)).toBeUndefined();
  });

  test('without regions it is the whole space of 2^64 bytes', () => {
    const scale = new RegionScale([]);
    expect(scale.addressAt(1)).toBe(0xfffffffffffffff0n);
    expect(scale.positionOf(1n << 63n)).toBeCloseTo(0.5);
  });
});
