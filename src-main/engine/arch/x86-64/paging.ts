import type { PageLevel } from '../../base/fault.ts';

/** One level of the page tables. */
export interface PagingLevel {
  readonly name: PageLevel;
  /** Lowest bit of the virtual address that indexes this level; nine bits do. */
  readonly shift: number;
  /** An entry with PSE set maps a page of `1 << shift` bytes here. */
  readonly mayBeLeaf: boolean;
}

/**
 * Page-table levels of x86-64, root first. With four levels the kernel folds the p4d into the pgd,
 * whose index then is bits 47..39.
 * @source Intel SDM volume 3A, chapter "Paging"; arch/x86/include/asm/pgtable_64_types.h
 */
const PTE: PagingLevel = { name: 'pte', shift: 12, mayBeLeaf: true };
const PMD: PagingLevel = { name: 'pmd', shift: 21, mayBeLeaf: true };
const PUD: PagingLevel = { name: 'pud', shift: 30, mayBeLeaf: true };
export const PAGING_4_LEVEL: readonly PagingLevel[] = [
  { name: 'pgd', shift: 39, mayBeLeaf: false },
  PUD,
  PMD,
  PTE,
];
export const PAGING_5_LEVEL: readonly PagingLevel[] = [
  { name: 'pgd', shift: 48, mayBeLeaf: false },
  { name: 'p4d', shift: 39, mayBeLeaf: false },
  PUD,
  PMD,
  PTE,
];

export const ENTRIES_PER_TABLE = 512;
export const ENTRY_SIZE = 8;

/** Physical address in an entry, bits 51..12; the SME bit, where there is one, lies among them. */
export const ENTRY_ADDRESS_MASK = 0x000f_ffff_ffff_f000n;

export const PTE_PRESENT = 1n << 0n;
/** PS in pmd and pud entries; in a pte the same bit is PAT. */
export const PTE_PSE = 1n << 7n;
/** Of a present entry: global. Of a not-present one the kernel uses it as PROTNONE. */
export const PTE_GLOBAL = 1n << 8n;
export const PTE_NX = 1n << 63n;

/** A flag bit and its name, lowest bit first. */
export interface FlagBit {
  readonly bit: number;
  readonly name: string;
}

/**
 * Flags of a present entry, in crash's words. Bits 9, 10, 11 and 58 are software's; the kernel's
 * use of them varies by configuration, so they keep their numbers.
 * @source arch/x86/include/asm/pgtable_types.h
 */
const COMMON: readonly FlagBit[] = [
  { bit: 0, name: 'PRESENT' },
  { bit: 1, name: 'RW' },
  { bit: 2, name: 'USER' },
  { bit: 3, name: 'PWT' },
  { bit: 4, name: 'PCD' },
  { bit: 5, name: 'ACCESSED' },
];
const SOFTWARE: readonly FlagBit[] = [
  { bit: 9, name: 'SW1' },
  { bit: 10, name: 'SW2' },
  { bit: 11, name: 'SW3' },
];
const NX: FlagBit = { bit: 63, name: 'NX' };

const TABLE_FLAGS: readonly FlagBit[] = [...COMMON, ...SOFTWARE, NX];
const HUGE_FLAGS: readonly FlagBit[] = [
  ...COMMON,
  { bit: 6, name: 'DIRTY' },
  { bit: 7, name: 'PSE' },
  { bit: 8, name: 'GLOBAL' },
  ...SOFTWARE,
  { bit: 12, name: 'PAT' },
  NX,
];
const PTE_FLAGS: readonly FlagBit[] = [
  ...COMMON,
  { bit: 6, name: 'DIRTY' },
  { bit: 7, name: 'PAT' },
  { bit: 8, name: 'GLOBAL' },
  ...SOFTWARE,
  NX,
];

/** Names of the flags set in a present entry of a level. */
export function flagNamesOf(entry: bigint, level: PageLevel): string[] {
  const huge = (entry & PTE_PSE) !== 0n && (level === 'pmd' || level === 'pud');
  const table = level === 'pte' ? PTE_FLAGS : huge ? HUGE_FLAGS : TABLE_FLAGS;
  return table.filter(({ bit }) => (entry >> BigInt(bit)) & 1n).map(({ name }) => name);
}

/** True when bits 63..47 (or 63..56) are all alike. */
export function isCanonical(address: bigint, levels: 4 | 5): boolean {
  const bits = levels === 5 ? 57 : 48;
  return BigInt.asUintN(64, BigInt.asIntN(bits, address)) === address;
}
