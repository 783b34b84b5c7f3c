import { pfn, pfnOf, physAddr, type PhysAddr, type VirtAddr } from '../base/address.ts';
import { ENTRY_ADDRESS_MASK, PTE_PRESENT } from '../arch/x86-64/paging.ts';
import {
  entryAt,
  physOf,
  walkPageTables,
  type PageTables,
  type PageWalk,
  type TableMemory,
} from './page-walk.ts';

const SMALL_SLOTS = 4096;
const LARGE_SLOTS = 256;

/**
 * Translations kept, by page size, as a CPU's TLB does: direct-mapped, tag = virtual page number.
 * -1 marks an empty slot; page numbers are below 2^52 and so exact as doubles.
 */
class Slots {
  readonly #tags: Float64Array;
  readonly #frames: Float64Array;
  readonly #mask: number;

  constructor(count: number) {
    this.#tags = new Float64Array(count).fill(-1);
    this.#frames = new Float64Array(count);
    this.#mask = count - 1;
  }

  /** Physical page number, -1 when not kept. */
  find(page: number): number {
    const slot = page & this.#mask;
    return this.#tags[slot] === page ? this.#frames[slot]! : -1;
  }

  keep(page: number, frame: number): void {
    const slot = page & this.#mask;
    this.#tags[slot] = page;
    this.#frames[slot] = frame;
  }
}

/**
 * Virtual to physical through one set of page tables, of the kernel or of a process. Pages found
 * are kept by their size, so the direct map costs one walk per 2 MiB or 1 GiB.
 */
export class PageTableTranslator {
  readonly tables: PageTables;
  readonly #memory: TableMemory;
  readonly #small = new Slots(SMALL_SLOTS);
  readonly #pmd = new Slots(LARGE_SLOTS);
  readonly #pud = new Slots(LARGE_SLOTS);
  /** Frames of tables whose entries map pages of 4 KiB, by page / 512. */
  readonly #tables = new Slots(LARGE_SLOTS);

  constructor(memory: TableMemory, tables: PageTables) {
    this.#memory = memory;
    this.tables = tables;
  }

  /** @throws FaultError `not-present`, `non-canonical`, or why a table's page cannot be read */
  translate(virt: VirtAddr): PhysAddr {
    const page = Number(virt >> 12n);
    const kept = this.keptFrame(page);
    const frame = kept >= 0 ? kept : this.#miss(virt, page);
    return physAddr((BigInt(frame) << 12n) | (virt & 0xfffn));
  }

  /** Page frame of a virtual page that was translated before; -1: {@link translate} tells. */
  keptFrame(page: number): number {
    const frame = this.#small.find(page);
    if (frame >= 0) return frame;
    const pmdFrame = this.#pmd.find(Math.floor(page / 512));
    if (pmdFrame >= 0) return pmdFrame * 512 + (page % 512);
    const pudFrame = this.#pud.find(Math.floor(page / 262144));
    return pudFrame >= 0 ? pudFrame * 262144 + (page % 262144) : -1;
  }

  /** Every step; not kept. Never throws. */
  walk(virt: VirtAddr): PageWalk {
    return walkPageTables(this.#memory, this.tables, virt);
  }

  #miss(virt: VirtAddr, page: number): number {
    const found = this.#frameInTable(page);
    if (found >= 0) {
      this.#small.keep(page, found);
      return found;
    }
    const walk = this.walk(virt);
    const frame = Number(physOf(walk) >> 12n);
    const size = walk.end.kind === 'mapped' ? walk.end.pageSize : 4096;
    if (size === 2 ** 21) this.#pmd.keep(Math.floor(page / 512), Math.floor(frame / 512));
    else if (size === 2 ** 30) {
      this.#pud.keep(Math.floor(page / 262144), Math.floor(frame / 262144));
    } else {
      this.#small.keep(page, frame);
      const last = walk.end.kind === 'mapped' ? walk.steps.at(-1) : undefined;
      if (last !== undefined) this.#tables.keep(Math.floor(page / 512), pfnOf(last.entryPhys));
    }
    return frame;
  }

  /**
   * By the table that mapped a neighbour: stacks lie page by page in vmalloc's space. -1 for what
   * only a walk can tell: its table is not known, its entry is not a plain one, memory is encrypted.
   */
  #frameInTable(page: number): number {
    const table = this.#tables.find(Math.floor(page / 512));
    if (table < 0 || this.tables.smeMask !== 0n) return -1;
    const entry = entryAt(this.#memory.page(pfn(table)), page % 512);
    return (entry & PTE_PRESENT) === 0n ? -1 : Number((entry & ENTRY_ADDRESS_MASK) >> 12n);
  }
}
