import type { AddressRegion } from '../../src-shared/contract/index.ts';

export interface Band {
  readonly region: AddressRegion;
  /** Share of the scroll bar, 0..1. */
  readonly from: number;
  readonly to: number;
}

const TOP = (1n << 64n) - 1n;

/**
 * Maps the scroll bar to addresses. The space of 2^64 bytes is nearly all hole, and its regions
 * differ by a factor of a million; so each region gets a share by the logarithm of its size, and
 * is linear inside. Addresses between regions sit on the border.
 */
export class RegionScale {
  readonly bands: readonly Band[];

  constructor(regions: readonly AddressRegion[]) {
    const usable = regions
      .filter((region) => region.end >= region.start)
      .toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    const known = usable.length
      ? usable
      : [{ name: 'address space', start: 0n, end: TOP, note: '' }];
    const weights = known.map((region) => Math.max(8, sizeLog2(region) - 8));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let at = 0;
    this.bands = known.map((region, index) => {
      const from = at / total;
      at += weights[index] ?? 0;
      return { region, from, to: at / total };
    });
  }

  /** 0..1 for an address. */
  positionOf(address: bigint): number {
    for (const { region, from, to } of this.bands) {
      if (address < region.start) return from;
      if (address <= region.end) {
        const size = region.end - region.start + 1n;
        return from + (to - from) * fraction(address - region.start, size);
      }
    }
    return 1;
  }

  /** The address for a place on the bar, aligned to `align` bytes. */
  addressAt(position: number, align = 16n): bigint {
    const at = Math.min(1, Math.max(0, position));
    const band = this.bands.find(({ to }) => at < to) ?? this.bands.at(-1);
    if (!band) return 0n;
    const share = Math.min(1, Math.max(0, (at - band.from) / (band.to - band.from)));
    const size = band.region.end - band.region.start + 1n;
    // 2^40 steps a region are finer than any pixel, and exact in a double.
    const steps = BigInt(Math.round(share * 2 ** 40));
    let address = band.region.start + ((size * steps) >> 40n);
    if (address > band.region.end) address = band.region.end;
    return address - (address % align);
  }

  regionAt(address: bigint): AddressRegion | undefined {
    return this.bands.find(({ region }) => region.start <= address && address <= region.end)
      ?.region;
  }

  /** Start of the next region after, or of the one before, an address. */
  neighbour(address: bigint, direction: 1 | -1): AddressRegion | undefined {
    return direction > 0
      ? this.bands.find(({ region }) => region.start > address)?.region
      : this.bands.findLast(({ region }) => region.start < address)?.region;
  }
}

function sizeLog2(region: AddressRegion): number {
  return (region.end - region.start + 1n).toString(2).length;
}

function fraction(part: bigint, whole: bigint): number {
  return Number((part << 40n) / whole) / 2 ** 40;
}
