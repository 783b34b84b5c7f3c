import { addPhys, pfn, physAddr, type PhysAddr, type VirtAddr } from '../base/address.ts';
import { FaultError, type Fault, type PageLevel } from '../base/fault.ts';
import type { Pfn } from '../base/address.ts';
import {
  ENTRIES_PER_TABLE,
  ENTRY_ADDRESS_MASK,
  ENTRY_SIZE,
  flagNamesOf,
  isCanonical,
  PAGING_4_LEVEL,
  PAGING_5_LEVEL,
  PTE_PRESENT,
  PTE_PSE,
} from '../arch/x86-64/paging.ts';
import {
  decodeNotPresent,
  describeKernelNotPresent,
  describeNotPresent,
  type NotPresentEntry,
} from '../arch/x86-64/swap-entry.ts';

/** What the walk needs of memory. */
export interface TableMemory {
  /** @throws FaultError */
  page(frame: Pfn): Uint8Array;
}

/** One table entry the walk looked at. */
export interface PageWalkStep {
  readonly level: PageLevel;
  /** Where the entry lies. */
  readonly entryPhys: PhysAddr;
  /** Undefined when the table's page could not be read. */
  readonly entry: bigint | undefined;
}

/** Names of the flags set; none of an entry that is not present. */
export function flagsOf({ entry, level }: PageWalkStep): readonly string[] {
  return entry === undefined || (entry & PTE_PRESENT) === 0n ? [] : flagNamesOf(entry, level);
}

/** How a walk ended. */
export type PageWalkEnd =
  | {
      readonly kind: 'mapped';
      readonly phys: PhysAddr;
      readonly pageSize: number;
      /** Set where the CPU would fault although the page is there (PROTNONE and the like). */
      readonly note?: string;
    }
  | {
      readonly kind: 'not-present';
      readonly level: PageLevel;
      readonly entry: bigint;
      readonly decoded: NotPresentEntry;
      /** One sentence. */
      readonly note: string;
    }
  /** A table's page could not be read. */
  | { readonly kind: 'fault'; readonly level: PageLevel; readonly fault: Fault }
  | { readonly kind: 'non-canonical' };

/** A walk through the page tables, root first: the way, not only the answer. */
export interface PageWalk {
  readonly virt: VirtAddr;
  /** Physical address of the root table. */
  readonly root: PhysAddr;
  readonly steps: readonly PageWalkStep[];
  readonly end: PageWalkEnd;
  /**
   * Set where the tables could not be followed and the address was computed from the kernel's
   * layout instead (direct map, kernel image).
   */
  readonly assumed?: { readonly phys: PhysAddr; readonly why: string };
}

/** Where the tables are and how they look. */
export interface PageTables {
  readonly root: PhysAddr;
  readonly levels: 4 | 5;
  /** AMD SME's encryption bit in entries, 0 when memory is not encrypted. */
  readonly smeMask: bigint;
}

/** Walks the page tables. Never throws for what the tables or the dump lack. */
export function walkPageTables(memory: TableMemory, tables: PageTables, virt: VirtAddr): PageWalk {
  const root = physAddr(tables.root & ENTRY_ADDRESS_MASK);
  const steps: PageWalkStep[] = [];
  const walk = (end: PageWalkEnd): PageWalk => ({ virt, root, steps, end });
  if (!isCanonical(virt, tables.levels)) return walk({ kind: 'non-canonical' });

  const addressMask = ENTRY_ADDRESS_MASK & ~tables.smeMask;
  let table = root & addressMask;
  for (const level of tables.levels === 5 ? PAGING_5_LEVEL : PAGING_4_LEVEL) {
    const index = Number((virt >> BigInt(level.shift)) & BigInt(ENTRIES_PER_TABLE - 1));
    const entryPhys = addPhys(physAddr(table), index * ENTRY_SIZE);
    let entry: bigint;
    try {
      entry = entryAt(memory.page(pfn(Number(table >> 12n))), index);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      steps.push({ level: level.name, entryPhys, entry: undefined });
      return walk({ kind: 'fault', level: level.name, fault: withVirt(error.fault, virt) });
    }
    const offsetMask = (1n << BigInt(level.shift)) - 1n;
    const mappedAt = (phys: bigint, note?: string): PageWalk => {
      const end: PageWalkEnd = {
        kind: 'mapped',
        phys: physAddr((phys & ~offsetMask) | (virt & offsetMask)),
        pageSize: 2 ** level.shift,
      };
      return walk(note === undefined ? end : { ...end, note });
    };

    if ((entry & PTE_PRESENT) === 0n) {
      steps.push({ level: level.name, entryPhys, entry });
      const huge = level.mayBeLeaf && level.name !== 'pte';
      const decoded = decodeNotPresent(entry, huge, addressMask);
      if (virt >> 63n === 1n) {
        const note = describeKernelNotPresent(entry);
        return walk({ kind: 'not-present', level: level.name, entry, decoded, note });
      }
      const note = describeNotPresent(decoded);
      // Only where a page can be mapped do those bits speak of one.
      if (level.mayBeLeaf && (decoded.kind === 'prot-none' || decoded.kind === 'invalidated')) {
        return mappedAt(decoded.phys, note);
      }
      return walk({ kind: 'not-present', level: level.name, entry, decoded, note });
    }
    steps.push({ level: level.name, entryPhys, entry });
    table = entry & addressMask;
    if (level.name === 'pte' || (level.mayBeLeaf && (entry & PTE_PSE) !== 0n)) {
      return mappedAt(table);
    }
  }
  throw new Error('the last level is always a leaf');
}

/** The physical address of a walk. @throws FaultError saying why there is none */
export function physOf(walk: PageWalk): PhysAddr {
  const { end } = walk;
  if (end.kind === 'mapped') return end.phys;
  if (walk.assumed !== undefined) return walk.assumed.phys;
  switch (end.kind) {
    case 'non-canonical':
      throw new FaultError({ kind: 'non-canonical', virt: walk.virt });
    case 'not-present':
      throw new FaultError({
        kind: 'not-present',
        virt: walk.virt,
        level: end.level,
        entry: end.entry,
      });
    case 'fault':
      throw new FaultError(end.fault);
  }
}

/** One sentence: how the walk ended. */
export function describeWalkEnd(walk: PageWalk): string | undefined {
  const { end } = walk;
  if (walk.assumed !== undefined) return walk.assumed.why;
  switch (end.kind) {
    case 'mapped':
    case 'not-present':
      return end.note;
    case 'non-canonical':
      return 'not a canonical address';
    case 'fault':
      return `the ${end.level} table could not be read`;
  }
}

/** An entry of a table's page. */
export function entryAt(page: Uint8Array, index: number): bigint {
  const at = index * ENTRY_SIZE;
  const low = page[at]! | (page[at + 1]! << 8) | (page[at + 2]! << 16) | (page[at + 3]! << 24);
  const high = page[at + 4]! | (page[at + 5]! << 8) | (page[at + 6]! << 16) | (page[at + 7]! << 24);
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

function withVirt(fault: Fault, virt: VirtAddr): Fault {
  if (fault.kind === 'excluded' || fault.kind === 'not-in-dump' || fault.kind === 'corrupt') {
    return { ...fault, virt };
  }
  return fault;
}
