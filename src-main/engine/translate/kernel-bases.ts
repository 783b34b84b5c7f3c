import { hex, physAddr, virtAddr, type PhysAddr, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import {
  ADDRESS_MAP_4_LEVEL,
  ADDRESS_MAP_5_LEVEL,
  type AddressMap,
} from '../arch/x86-64/address-map.ts';
import {
  ENTRIES_PER_TABLE,
  ENTRY_ADDRESS_MASK,
  ENTRY_SIZE,
  PAGING_4_LEVEL,
  PAGING_5_LEVEL,
  PTE_PRESENT,
  PTE_PSE,
} from '../arch/x86-64/paging.ts';
import type { LayoutDecision } from './kernel-root.ts';
import { walkPageTables, type PageTables, type TableMemory } from './page-walk.ts';

/** Starts of the regions that RANDOMIZE_MEMORY moves; undefined where nobody told. */
export interface KernelBases {
  readonly pageOffset: VirtAddr | undefined;
  readonly vmallocBase: VirtAddr | undefined;
  readonly vmemmapBase: VirtAddr | undefined;
  readonly decisions: readonly LayoutDecision[];
  readonly warnings: readonly string[];
}

/** What finding them needs; the program supplies it once it has symbols. */
export interface KernelBasesFacts {
  findSymbol(name: string): VirtAddr | undefined;
  /** @throws FaultError */
  readU64(address: VirtAddr): bigint;
}

const GIB = 1n << 30n;

/**
 * page_offset_base, vmalloc_base and vmemmap_base: the kernel's variables where symbols are known,
 * checked against the page tables; the direct map's start is searched in the tables otherwise.
 * @source arch/x86/mm/kaslr.c `kernel_randomize_memory()`; arch/x86/kernel/head64.c
 */
export function findKernelBases(
  memory: TableMemory,
  tables: PageTables,
  facts: KernelBasesFacts | undefined,
): KernelBases {
  const decisions: LayoutDecision[] = [];
  const warnings: string[] = [];
  const read = (name: string): VirtAddr | undefined => {
    const symbol = facts?.findSymbol(name);
    if (facts === undefined || symbol === undefined) return undefined;
    try {
      return virtAddr(facts.readU64(symbol));
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      warnings.push(`${name} cannot be read: ${error.message}.`);
      return undefined;
    }
  };
  const decide = (what: string, value: bigint, evidence: string): void => {
    decisions.push({ what, value: hex(value), evidence });
  };

  let pageOffset = read('page_offset_base');
  if (pageOffset !== undefined && mapsDirectly(memory, tables, pageOffset)) {
    decide('page_offset_base', pageOffset, 'variable of the kernel, checked by a page-table walk');
  } else {
    const found = searchDirectMap(memory, tables);
    if (found !== undefined) {
      if (pageOffset !== undefined) {
        warnings.push(
          `page_offset_base says ${hex(pageOffset)}, the page tables map memory from ${hex(found)}; the tables were believed.`,
        );
      }
      decide('page_offset_base', found, 'found in the page tables: maps physical memory in order');
      pageOffset = found;
    } else if (pageOffset !== undefined) {
      decide('page_offset_base', pageOffset, 'variable of the kernel, not checked');
    }
  }
  const vmallocBase = read('vmalloc_base');
  if (vmallocBase !== undefined) decide('vmalloc_base', vmallocBase, 'variable of the kernel');
  const vmemmapBase = read('vmemmap_base');
  if (vmemmapBase !== undefined) decide('vmemmap_base', vmemmapBase, 'variable of the kernel');
  return { pageOffset, vmallocBase, vmemmapBase, decisions, warnings };
}

/** The map without RANDOMIZE_MEMORY, for what is fixed and as the bases' last resort. */
export function addressMapOf(tables: PageTables): AddressMap {
  return tables.levels === 5 ? ADDRESS_MAP_5_LEVEL : ADDRESS_MAP_4_LEVEL;
}

/** The tables' own root is RAM, so a direct map that starts at `base` has it at base + root. */
function mapsDirectly(memory: TableMemory, tables: PageTables, base: bigint): boolean {
  if (base % GIB !== 0n) return false;
  const { end } = walkPageTables(memory, tables, virtAddr(base + tables.root));
  return end.kind === 'mapped' && end.phys === tables.root;
}

/**
 * Takes the first page mapped under each entry of the upper tables: in the direct map, virtual
 * less physical is the base for every one of them.
 */
function searchDirectMap(memory: TableMemory, tables: PageTables): VirtAddr | undefined {
  const map = addressMapOf(tables);
  const levels = tables.levels === 5 ? PAGING_5_LEVEL : PAGING_4_LEVEL;
  const mask = ENTRY_ADDRESS_MASK & ~tables.smeMask;
  const tried = new Set<bigint>();
  const reader = (table: bigint): DataView | undefined => {
    try {
      const page = memory.page(Number(table >> 12n) as Parameters<TableMemory['page']>[0]);
      return new DataView(page.slice().buffer);
    } catch (error) {
      if (error instanceof FaultError) return undefined;
      throw error;
    }
  };
  /** First leaf at or below a table: [virtual, physical]. */
  const firstLeaf = (table: bigint, depth: number, virt: bigint): [bigint, bigint] | undefined => {
    const level = levels[depth];
    const view = level && reader(table);
    if (level === undefined || view === undefined) return undefined;
    for (let i = 0; i < ENTRIES_PER_TABLE; i++) {
      const entry = view.getBigUint64(i * ENTRY_SIZE, true);
      if ((entry & PTE_PRESENT) === 0n) continue;
      const at = virt + (BigInt(i) << BigInt(level.shift));
      if (level.name === 'pte' || (level.mayBeLeaf && (entry & PTE_PSE) !== 0n)) {
        return [at, entry & mask & ~((1n << BigInt(level.shift)) - 1n)];
      }
      return firstLeaf(entry & mask, depth + 1, at);
    }
    return undefined;
  };
  const root = reader(tables.root);
  if (root === undefined) return undefined;
  const shift = BigInt(levels[0]!.shift);
  for (let i = ENTRIES_PER_TABLE / 2; i < ENTRIES_PER_TABLE; i++) {
    const entry = root.getBigUint64(i * ENTRY_SIZE, true);
    if ((entry & PTE_PRESENT) === 0n) continue;
    const start = BigInt.asUintN(64, BigInt.asIntN(Number(shift) + 9, BigInt(i) << shift));
    if (start >= map.kasanEnd) break;
    const leaf = firstLeaf(entry & mask, 1, start);
    const base = leaf === undefined ? undefined : BigInt.asUintN(64, leaf[0] - leaf[1]);
    if (base === undefined || base < map.ldtStart || tried.has(base)) continue;
    tried.add(base);
    if (mapsDirectly(memory, tables, base)) return virtAddr(base);
  }
  return undefined;
}

/** Direct-map address of a physical one. */
export function directMapAddress(bases: KernelBases, phys: PhysAddr): VirtAddr | undefined {
  return bases.pageOffset === undefined ? undefined : virtAddr(bases.pageOffset + phys);
}

/** Physical address behind a direct-map address, by arithmetic alone. */
export function directMapPhys(bases: KernelBases, virt: VirtAddr): PhysAddr | undefined {
  if (bases.pageOffset === undefined || virt < bases.pageOffset) return undefined;
  return physAddr(virt - bases.pageOffset);
}
