/**
 * Branded address units: mixing a virtual with a physical address does not compile.
 * Arithmetic goes through the helpers below, which wrap at 2^64 as the CPU does.
 */
declare const virtBrand: unique symbol;
declare const physBrand: unique symbol;
declare const pfnBrand: unique symbol;

/** Virtual address, unsigned 64 bit. */
export type VirtAddr = bigint & { readonly [virtBrand]: true };
/** Physical address, unsigned 64 bit. */
export type PhysAddr = bigint & { readonly [physBrand]: true };
/** Page frame number: physical address / page size. Exact as a double (52-bit physical space). */
export type Pfn = number & { readonly [pfnBrand]: true };

export const PAGE_SIZE = 4096;

export function virtAddr(value: bigint): VirtAddr {
  return BigInt.asUintN(64, value) as VirtAddr;
}

export function physAddr(value: bigint): PhysAddr {
  return BigInt.asUintN(64, value) as PhysAddr;
}

export function pfn(value: number): Pfn {
  return value as Pfn;
}

export function addVirt(address: VirtAddr, offset: number | bigint): VirtAddr {
  return BigInt.asUintN(64, address + BigInt(offset)) as VirtAddr;
}

export function addPhys(address: PhysAddr, offset: number | bigint): PhysAddr {
  return BigInt.asUintN(64, address + BigInt(offset)) as PhysAddr;
}

export function pfnOf(address: PhysAddr): Pfn {
  return Number(address >> 12n) as Pfn;
}

export function physOfPfn(frame: Pfn): PhysAddr {
  return (BigInt(frame) << 12n) as PhysAddr;
}

/** `0x` and lower-case digits, no padding. */
export function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
