/**
 * The kernel's virtual address map, as far as it is fixed. With RANDOMIZE_MEMORY the bases of the
 * direct map, vmalloc and vmemmap move; the values here are those without it.
 * @source Documentation/arch/x86/x86_64/mm.rst, arch/x86/include/asm/page_64_types.h,
 *   pgtable_64_types.h, pgtable_areas.h, fixmap.h
 */
export interface AddressMap {
  readonly userEnd: bigint;
  readonly pageOffset: bigint;
  readonly vmallocBase: bigint;
  /** Bytes of vmalloc space. */
  readonly vmallocSize: bigint;
  readonly vmemmapBase: bigint;
  /** Bytes of vmemmap space at most. */
  readonly vmemmapSize: bigint;
  readonly ldtStart: bigint;
  readonly ldtEnd: bigint;
  readonly kasanStart: bigint;
  readonly kasanEnd: bigint;
}

const TB = 1n << 40n;

export const ADDRESS_MAP_4_LEVEL: AddressMap = {
  userEnd: 0x0000_8000_0000_0000n,
  pageOffset: 0xffff_8880_0000_0000n,
  vmallocBase: 0xffff_c900_0000_0000n,
  vmallocSize: 32n * TB,
  vmemmapBase: 0xffff_ea00_0000_0000n,
  vmemmapSize: TB,
  ldtStart: 0xffff_8800_0000_0000n,
  ldtEnd: 0xffff_8880_0000_0000n,
  kasanStart: 0xffff_ec00_0000_0000n,
  kasanEnd: 0xffff_fc00_0000_0000n,
};

export const ADDRESS_MAP_5_LEVEL: AddressMap = {
  userEnd: 0x0100_0000_0000_0000n,
  pageOffset: 0xff11_0000_0000_0000n,
  vmallocBase: 0xffa0_0000_0000_0000n,
  vmallocSize: 12800n * TB,
  vmemmapBase: 0xffd4_0000_0000_0000n,
  vmemmapSize: 512n * TB,
  ldtStart: 0xff10_0000_0000_0000n,
  ldtEnd: 0xff11_0000_0000_0000n,
  kasanStart: 0xffdf_0000_0000_0000n,
  kasanEnd: 0xffff_fc00_0000_0000n,
};

/** `__START_KERNEL_map`: virtual addresses of the kernel image count from here. */
export const START_KERNEL_MAP = 0xffff_ffff_8000_0000n;
/** KERNEL_IMAGE_SIZE without and with RANDOMIZE_BASE; VMCOREINFO tells which. */
export const KERNEL_IMAGE_SIZE_DEFAULT = 0x4000_0000n;

/** Regions at the same place in every layout, [start, end). */
export const FIXED_REGIONS: readonly { name: string; start: bigint; end: bigint }[] = [
  { name: 'cpu_entry_area', start: 0xffff_fe00_0000_0000n, end: 0xffff_fe80_0000_0000n },
  { name: 'ESPFIX stacks', start: 0xffff_ff00_0000_0000n, end: 0xffff_ff80_0000_0000n },
  { name: 'EFI runtime services', start: 0xffff_ffef_0000_0000n, end: 0xffff_ffff_0000_0000n },
  { name: 'vsyscall', start: 0xffff_ffff_ff60_0000n, end: 0xffff_ffff_ff60_1000n },
];
/** End of the module space and start of what is fixmap's. */
export const MODULES_END = 0xffff_ffff_ff00_0000n;
export const FIXADDR_TOP = 0xffff_ffff_ff80_0000n;
