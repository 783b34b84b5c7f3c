import {
  hex,
  physAddr,
  virtAddr,
  type PhysAddr,
  type Pfn,
  type VirtAddr,
} from '../base/address.ts';
import type { Fault } from '../base/fault.ts';
import { START_KERNEL_MAP } from '../arch/x86-64/address-map.ts';
import {
  directMapAddress,
  directMapPhys,
  findKernelBases,
  type KernelBases,
  type KernelBasesFacts,
} from './kernel-bases.ts';
import {
  findKernelRoot,
  imageAddressToPhys,
  type KernelRoot,
  type KernelRootFacts,
  type LayoutDecision,
} from './kernel-root.ts';
import { physOf, type PageWalk, type TableMemory } from './page-walk.ts';
import { regionOf, type AddressRegion, type RegionFacts } from './region.ts';
import { PageTableTranslator } from './translator.ts';

/** What a kernel translator is made from; the program supplies it. */
export interface KernelLayoutFacts extends KernelRootFacts {
  /** One past the highest page frame of the dump: ends the direct map. */
  readonly endPfn: Pfn;
  /** sizeof(struct page), from VMCOREINFO SIZE(page) or types. */
  readonly structPageSize?: number | undefined;
}

const NO_BASES: KernelBases = {
  pageOffset: undefined,
  vmallocBase: undefined,
  vmemmapBase: undefined,
  decisions: [],
  warnings: [],
};

/**
 * Kernel addresses to physical ones. Always through the page tables; only where a table's page is
 * not in the dump, addresses of the kernel image and of the direct map are computed, and the walk
 * says so (`assumed`).
 */
export class KernelTranslator extends PageTableTranslator {
  readonly root: KernelRoot;
  readonly #memory: TableMemory;
  readonly #facts: KernelLayoutFacts;
  #bases: KernelBases = NO_BASES;
  #regions: RegionFacts | undefined;

  /** @throws FaultError when the kernel's page tables cannot be found */
  constructor(
    memory: TableMemory,
    facts: KernelLayoutFacts,
    root: KernelRoot = findKernelRoot(memory, facts),
  ) {
    super(memory, root);
    this.#memory = memory;
    this.root = root;
    this.#facts = facts;
  }

  /**
   * Learns where direct map, vmalloc and vmemmap start. Call again when symbols are known: without
   * them only the direct map can be found, by searching the page tables.
   */
  learnBases(facts?: KernelBasesFacts): KernelBases {
    this.#bases = findKernelBases(this.#memory, this.root, facts);
    this.#regions = undefined;
    if (facts !== undefined) this.#regions = this.#regionFacts(facts);
    return this.#bases;
  }

  get bases(): KernelBases {
    return this.#bases;
  }

  get pageOffset(): VirtAddr | undefined {
    return this.#bases.pageOffset;
  }
  get vmallocBase(): VirtAddr | undefined {
    return this.#bases.vmallocBase;
  }
  get vmemmapBase(): VirtAddr | undefined {
    return this.#bases.vmemmapBase;
  }
  get levels(): 4 | 5 {
    return this.root.levels;
  }
  get smeMask(): bigint {
    return this.root.smeMask;
  }
  /** Signed: may be negative where the image lies below its link address. */
  get physBase(): bigint {
    return this.root.physBase;
  }
  get kernelOffset(): bigint | undefined {
    return this.root.kernelOffset;
  }
  get decisions(): readonly LayoutDecision[] {
    return [...this.root.decisions, ...this.#bases.decisions];
  }
  get warnings(): readonly string[] {
    return [...this.root.warnings, ...this.#bases.warnings];
  }

  override walk(virt: VirtAddr): PageWalk {
    const walk = super.walk(virt);
    if (walk.end.kind !== 'fault') return walk;
    const assumed = this.#compute(virt);
    return assumed === undefined ? walk : { ...walk, assumed };
  }

  /** A translator for a process: its tables, this kernel's levels and encryption bit. */
  userTranslator(root: PhysAddr): PageTableTranslator {
    return new PageTableTranslator(this.#memory, { ...this.tables, root });
  }

  /** Physical address of `mm->pgd` and the like: any kernel address. @throws FaultError */
  physOf(virt: VirtAddr): PhysAddr {
    return physOf(this.walk(virt));
  }

  /** Where the direct map shows a physical address; undefined while its start is unknown. */
  directMap(phys: PhysAddr): VirtAddr | undefined {
    return directMapAddress(this.#bases, phys);
  }

  /** Address of the `struct page` of a frame; undefined without vmemmap_base or its size. */
  structPageOf(frame: Pfn): VirtAddr | undefined {
    const base = this.#bases.vmemmapBase;
    const size = this.#facts.structPageSize;
    if (base === undefined || size === undefined) return undefined;
    return virtAddr(base + BigInt(frame) * BigInt(size));
  }

  /** Frame whose `struct page` holds the address; undefined outside vmemmap. */
  frameOfStructPage(page: VirtAddr): Pfn | undefined {
    const base = this.#bases.vmemmapBase;
    const size = this.#facts.structPageSize;
    if (base === undefined || size === undefined || page < base) return undefined;
    const frame = Number((page - base) / BigInt(size));
    return frame < this.#facts.endPfn ? (frame as Pfn) : undefined;
  }

  /** What part of the address space an address lies in, by the layout alone. */
  regionOf(virt: VirtAddr): AddressRegion {
    this.#regions ??= this.#regionFacts(undefined);
    return regionOf(this.#regions, virt);
  }

  #regionFacts(symbols: KernelBasesFacts | undefined): RegionFacts {
    return {
      levels: this.root.levels,
      imageSize: this.root.imageSize,
      endPhys: BigInt(this.#facts.endPfn) << 12n,
      bases: this.#bases,
      findSymbol: symbols === undefined ? () => undefined : (name) => symbols.findSymbol(name),
    };
  }

  #compute(virt: VirtAddr): PageWalk['assumed'] {
    if (virt >= START_KERNEL_MAP && virt < START_KERNEL_MAP + this.root.imageSize) {
      return {
        phys: imageAddressToPhys(virt, this.root.physBase),
        why: `computed from phys_base ${hex(BigInt.asUintN(64, this.root.physBase))}: a page-table page is not in the dump`,
      };
    }
    const phys = directMapPhys(this.#bases, virt);
    if (phys === undefined || phys >= BigInt(this.#facts.endPfn) << 12n) return undefined;
    return {
      phys,
      why: 'computed from page_offset_base: a page-table page is not in the dump',
    };
  }
}

const NO_ROOT: KernelRoot = {
  root: physAddr(0n),
  levels: 4,
  smeMask: 0n,
  physBase: 0n,
  kernelOffset: undefined,
  imageSize: 0n,
  decisions: [],
  warnings: [],
};

/**
 * Stands in where the kernel's page tables cannot be found: every kernel address answers with the
 * reason, and physical memory can still be read.
 */
export class MissingKernelTranslator extends KernelTranslator {
  readonly #reason: Fault;

  constructor(memory: TableMemory, facts: KernelLayoutFacts, reason: Fault) {
    super(memory, facts, NO_ROOT);
    this.#reason = reason;
  }

  override walk(virt: VirtAddr): PageWalk {
    const end = { kind: 'fault', level: 'pgd', fault: this.#reason } as const;
    return { virt, root: NO_ROOT.root, steps: [], end };
  }

  override learnBases(): KernelBases {
    return this.bases;
  }
}
