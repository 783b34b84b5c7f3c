import type { VirtAddr } from '../base/address.ts';
import {
  ADDRESS_MAP_4_LEVEL,
  ADDRESS_MAP_5_LEVEL,
  FIXADDR_TOP,
  FIXED_REGIONS,
  MODULES_END,
  START_KERNEL_MAP,
} from '../arch/x86-64/address-map.ts';
import { isCanonical } from '../arch/x86-64/paging.ts';
import type { KernelBases } from './kernel-bases.ts';

/** A part of the virtual address space, [start, end). */
export interface AddressRegion {
  /**
   * `user`, `non-canonical`, `direct map`, `vmalloc`, `vmemmap`, `kernel text`, `kernel rodata`,
   * `kernel data`, `kernel bss`, `kernel init`, `kernel image`, `modules`, `fixmap`, `vsyscall`,
   * `cpu_entry_area`, `ESPFIX stacks`, `LDT remap`, `KASAN shadow`, `EFI runtime services`,
   * `kernel space` where nothing more is known.
   */
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
  /** The region's start is the one without KASLR, because nobody told the real one. */
  readonly assumed: boolean;
}

export interface RegionFacts {
  readonly levels: 4 | 5;
  readonly imageSize: bigint;
  /** End of physical memory: ends the direct map. */
  readonly endPhys: bigint;
  readonly bases: KernelBases;
  findSymbol(name: string): VirtAddr | undefined;
}

/** Sections of the kernel image by the symbols at their ends. */
const IMAGE_SECTIONS = [
  ['kernel text', '_text', '_etext'],
  ['kernel rodata', '__start_rodata', '__end_rodata'],
  ['kernel data', '_sdata', '_edata'],
  ['kernel bss', '__bss_start', '__bss_stop'],
  ['kernel init', '__init_begin', '__init_end'],
  ['kernel brk', '__brk_base', '__brk_limit'],
] as const;

const ADDRESS_SPACE_END = 1n << 64n;

/**
 * Names the region of an address. Says nothing about whether it is mapped.
 * @source Documentation/arch/x86/x86_64/mm.rst
 */
export function regionOf(facts: RegionFacts, virt: VirtAddr): AddressRegion {
  const map = facts.levels === 5 ? ADDRESS_MAP_5_LEVEL : ADDRESS_MAP_4_LEVEL;
  const kernelStart = ADDRESS_SPACE_END - map.userEnd;
  const region = (name: string, start: bigint, end: bigint, assumed = false): AddressRegion => ({
    name,
    start,
    end,
    assumed,
  });
  if (virt < map.userEnd) return region('user', 0n, map.userEnd);
  if (!isCanonical(virt, facts.levels)) return region('non-canonical', map.userEnd, kernelStart);
  if (virt >= START_KERNEL_MAP) return imageRegionOf(facts, virt);
  for (const { name, start, end } of FIXED_REGIONS) {
    if (virt >= start && virt < end) return region(name, start, end);
  }

  const { bases } = facts;
  const pageOffset = bases.pageOffset ?? map.pageOffset;
  const vmallocBase = bases.vmallocBase ?? map.vmallocBase;
  const vmemmapBase = bases.vmemmapBase ?? map.vmemmapBase;
  const candidates: AddressRegion[] = [
    region('direct map', pageOffset, pageOffset + facts.endPhys, bases.pageOffset === undefined),
    region('vmalloc', vmallocBase, vmallocBase + map.vmallocSize, bases.vmallocBase === undefined),
    region('vmemmap', vmemmapBase, vmemmapBase + map.vmemmapSize, bases.vmemmapBase === undefined),
    region('LDT remap', map.ldtStart, map.ldtEnd),
    region('KASAN shadow', map.kasanStart, map.kasanEnd, true),
  ];
  // What the kernel said goes before what is only usual.
  candidates.sort((a, b) => Number(a.assumed) - Number(b.assumed));
  const found = candidates.find(({ start, end }) => virt >= start && virt < end);
  return found ?? region('kernel space', kernelStart, START_KERNEL_MAP, true);
}

/** The top 2 GiB: image, modules, fixmap. */
function imageRegionOf(facts: RegionFacts, virt: VirtAddr): AddressRegion {
  const fixed = FIXED_REGIONS.find(({ start, end }) => virt >= start && virt < end);
  if (fixed !== undefined) return { ...fixed, assumed: false };
  const imageEnd = START_KERNEL_MAP + facts.imageSize;
  if (virt < imageEnd) {
    for (const [name, from, to] of IMAGE_SECTIONS) {
      const start = facts.findSymbol(from);
      const end = facts.findSymbol(to);
      if (start !== undefined && end !== undefined && virt >= start && virt < end) {
        return { name, start, end, assumed: false };
      }
    }
    return { name: 'kernel image', start: START_KERNEL_MAP, end: imageEnd, assumed: false };
  }
  if (virt < MODULES_END) {
    return { name: 'modules', start: imageEnd, end: MODULES_END, assumed: false };
  }
  if (virt < FIXADDR_TOP) {
    return { name: 'fixmap', start: MODULES_END, end: FIXADDR_TOP, assumed: false };
  }
  return { name: 'kernel space', start: FIXADDR_TOP, end: ADDRESS_SPACE_END, assumed: false };
}
