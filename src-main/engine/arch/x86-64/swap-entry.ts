import { ENTRY_ADDRESS_MASK, PTE_GLOBAL, PTE_PSE } from './paging.ts';

/**
 * What a page-table entry without the present bit says.
 * - `none`: empty; never touched, or backed by a file and not read in
 * - `prot-none`: the page is there, access is forbidden (mprotect, NUMA balancing)
 * - `invalidated`: a huge page being split or migrated: the page is there
 * - `swap`: in swap area `type` at page `offset`
 * - `marker`: no page; userfaultfd or poison information for the range (5.19+)
 * - `special`: migration, hardware poison or device memory; which of them depends on the
 *   configuration, so it stays a number
 */
export type NotPresentEntry =
  | { readonly kind: 'none' }
  | { readonly kind: 'prot-none' | 'invalidated'; readonly phys: bigint }
  | SwapLikeEntry;

export interface SwapLikeEntry {
  readonly kind: 'swap' | 'marker' | 'special';
  readonly type: number;
  /** Swap: page in the area. Migration, poison: page frame number. Marker: its bits. */
  readonly offset: bigint;
  readonly exclusive: boolean;
  readonly userfaultfdWriteProtected: boolean;
  readonly softDirty: boolean;
}

const TYPE_BITS = 5n;
/** Lowest bit of the offset: one above PROTNONE (bit 8). */
const OFFSET_SHIFT = 9n + TYPE_BITS;
/** Types from here on may be special ones: MAX_SWAPFILES is 32 less what the configuration takes. */
const FIRST_SPECIAL_TYPE = 22;
const MARKER_TYPE = 31;

/**
 * Decodes an entry whose present bit is clear. Entries that hold an address store it inverted, so
 * that a speculative CPU finds nothing (L1TF).
 * @param leafTable the entry may map a huge page (pmd, pud): PSE means the page is still there
 * @param addressMask bits of an entry that hold the address, without the SME bit
 * @source arch/x86/include/asm/pgtable_64.h "Encode and de-code a swap entry",
 *   arch/x86/include/asm/pgtable-invert.h, include/linux/swap.h `MAX_SWAPFILES`
 */
export function decodeNotPresent(
  entry: bigint,
  leafTable: boolean,
  addressMask: bigint = ENTRY_ADDRESS_MASK,
): NotPresentEntry {
  if (entry === 0n) return { kind: 'none' };
  if ((entry & PTE_GLOBAL) !== 0n) {
    return { kind: 'prot-none', phys: ~entry & addressMask };
  }
  if (leafTable && (entry & PTE_PSE) !== 0n) {
    return { kind: 'invalidated', phys: ~entry & addressMask };
  }
  const type = Number(entry >> (64n - TYPE_BITS));
  const offset = BigInt.asUintN(64, ~entry << TYPE_BITS) >> OFFSET_SHIFT;
  // Type 31 is the last one: the marker's, where the kernel has markers. Its offset is a few bits.
  const marker = type === MARKER_TYPE && offset < 16n;
  return {
    kind: marker ? 'marker' : type < FIRST_SPECIAL_TYPE ? 'swap' : 'special',
    type,
    offset,
    exclusive: (entry & 8n) !== 0n,
    userfaultfdWriteProtected: (entry & 4n) !== 0n,
    softDirty: (entry & 2n) !== 0n,
  };
}

/**
 * One sentence for people, for an entry of the kernel's half: nothing is swapped there and no file
 * stands behind it. What address it still holds, inverted or not, depends on who cleared the bit.
 * @source arch/x86/mm/init.c `free_kernel_image_pages()`; arch/x86/include/asm/kfence.h
 */
export function describeKernelNotPresent(entry: bigint): string {
  return entry === 0n
    ? 'empty entry: nothing is mapped here'
    : 'present bit off: the kernel took the page off its tables, as it does with init memory once it has booted';
}

/** One sentence for people, for an entry of a process. */
export function describeNotPresent(entry: NotPresentEntry): string {
  switch (entry.kind) {
    case 'none':
      return 'empty entry: never touched, or backed by a file and not read in';
    case 'prot-none':
      return 'present bit off, PROTNONE set: the page is there but access is forbidden (mprotect or NUMA balancing)';
    case 'invalidated':
      return 'huge page taken off the tables while it is being split or moved; the page is there';
    case 'swap':
      return `swapped out: swap area ${entry.type}, page ${hexOf(entry.offset)}${extras(entry)}`;
    case 'marker':
      return `marker, no page: ${markerNames(entry.offset)}`;
    case 'special':
      return `special entry of type ${entry.type} (migration, hardware poison or device memory, by the kernel's configuration), page frame ${hexOf(entry.offset)}${extras(entry)}`;
  }
}

/** @source include/linux/swapops.h PTE_MARKER_UFFD_WP, PTE_MARKER_POISONED, PTE_MARKER_GUARD */
function markerNames(bits: bigint): string {
  const names = ['userfaultfd write-protect', 'poisoned', 'guard'];
  const set = names.filter((_, bit) => (bits >> BigInt(bit)) & 1n);
  return set.length === 0 ? `bits ${hexOf(bits)}` : set.join(', ');
}

function extras(entry: SwapLikeEntry): string {
  const notes = [
    entry.exclusive && 'exclusive',
    entry.userfaultfdWriteProtected && 'userfaultfd write-protected',
    entry.softDirty && 'soft-dirty',
  ].filter((note) => note !== false);
  return notes.length === 0 ? '' : ` (${notes.join(', ')})`;
}

function hexOf(value: bigint): string {
  return `0x${value.toString(16)}`;
}
