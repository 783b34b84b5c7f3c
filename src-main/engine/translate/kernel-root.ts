import { hex, physAddr, virtAddr, type PhysAddr, type VirtAddr } from '../base/address.ts';
import { describeFault, FaultError } from '../base/fault.ts';
import { KERNEL_IMAGE_SIZE_DEFAULT, START_KERNEL_MAP } from '../arch/x86-64/address-map.ts';
import { ENTRY_ADDRESS_MASK } from '../arch/x86-64/paging.ts';
import { walkPageTables, type PageTables, type TableMemory } from './page-walk.ts';

/** What is needed to find the kernel's page tables; the program supplies it. */
export interface KernelRootFacts {
  readonly vmcoreinfo: {
    symbol(name: string): VirtAddr | undefined;
    number(name: string): bigint | undefined;
    readonly kernelOffset: bigint | undefined;
  };
  /** CR3 and CR4.LA57 of CPUs, where a hypervisor's notes hold them. */
  readonly controlRegisters?: readonly { readonly cr3: bigint; readonly la57: boolean }[];
}

/** A choice made while opening, with what it rests on. */
export interface LayoutDecision {
  readonly what: string;
  readonly value: string;
  readonly evidence: string;
}

/** Where the kernel's page tables and image are. */
export interface KernelRoot extends PageTables {
  /** Physical address = image address - __START_KERNEL_map + physBase (64-bit wrap). */
  readonly physBase: bigint;
  /** KASLR shift of the image; undefined when nobody told. */
  readonly kernelOffset: bigint | undefined;
  readonly imageSize: bigint;
  readonly decisions: readonly LayoutDecision[];
  readonly warnings: readonly string[];
}

/**
 * Finds the kernel's page tables: VMCOREINFO's swapper_pg_dir and phys_base, checked by walking to
 * `_stext`; where they are missing or do not hold, a CPU's CR3.
 * @throws FaultError `corrupt` when no root can be found
 * @source arch/x86/kernel/machine_kexec_64.c `arch_crash_save_vmcoreinfo()` (vmcore_info.c later)
 */
export function findKernelRoot(memory: TableMemory, facts: KernelRootFacts): KernelRoot {
  const { vmcoreinfo } = facts;
  const decisions: LayoutDecision[] = [];
  const warnings: string[] = [];
  const smeMask = BigInt.asUintN(64, vmcoreinfo.number('sme_mask') ?? 0n);
  if (smeMask !== 0n) {
    decisions.push({ what: 'sme_mask', value: hex(smeMask), evidence: 'VMCOREINFO sme_mask' });
  }
  const imageSize = vmcoreinfo.number('KERNEL_IMAGE_SIZE') ?? KERNEL_IMAGE_SIZE_DEFAULT;
  const common = { smeMask, imageSize, kernelOffset: vmcoreinfo.kernelOffset, decisions, warnings };
  const stext = vmcoreinfo.symbol('_stext');
  const told = rootOfVmcoreinfo(facts);

  const checked =
    told !== undefined && stext !== undefined && mapsStext(memory, told, smeMask, stext);
  if (told !== undefined && checked) {
    decisions.push(
      ...decisionsOf(told, 'VMCOREINFO swapper_pg_dir, checked by walking to _stext', 'VMCOREINFO'),
    );
    return { ...common, ...told };
  }
  for (const { cr3, la57 } of facts.controlRegisters ?? []) {
    const found = rootOfCr3(memory, cr3, la57, smeMask, stext);
    if (found === undefined) continue;
    const how = 'the page tables: physical address of _stext';
    decisions.push(...decisionsOf(found, 'CR3 of a CPU in the dump, maps _stext', how));
    if (told !== undefined) {
      warnings.push('VMCOREINFO and the page tables disagree about phys_base; CR3 was believed.');
    }
    return { ...common, ...found };
  }
  if (told !== undefined) {
    decisions.push(...decisionsOf(told, 'VMCOREINFO swapper_pg_dir, not checked', 'VMCOREINFO'));
    if (stext !== undefined) {
      warnings.push(notChecked(memory, told, smeMask, stext));
    }
    return { ...common, ...told };
  }
  throw new FaultError({
    kind: 'corrupt',
    what: 'VMCOREINFO',
    expected: 'swapper_pg_dir and phys_base of an x86-64 kernel, or a CR3 that maps _stext',
    found: 'neither',
  });
}

/** Physical address of an address in the kernel image. */
export function imageAddressToPhys(virt: bigint, physBase: bigint): PhysAddr {
  return physAddr(virt - START_KERNEL_MAP + physBase);
}

function decisionsOf(found: FoundRoot, evidence: string, physBaseFrom: string): LayoutDecision[] {
  return [
    { what: 'page tables', value: `${hex(found.root)}, ${found.levels} levels`, evidence },
    {
      what: 'phys_base',
      value: hex(BigInt.asUintN(64, found.physBase)),
      evidence: physBaseFrom,
    },
  ];
}

function mapsStext(
  memory: TableMemory,
  told: FoundRoot,
  smeMask: bigint,
  stext: VirtAddr,
): boolean {
  const tables = { root: told.root, levels: told.levels, smeMask };
  return imagePhys(memory, tables, stext) === imageAddressToPhys(stext, told.physBase);
}

/** Tables that cannot be read disprove nothing. */
function notChecked(
  memory: TableMemory,
  { root, levels }: FoundRoot,
  smeMask: bigint,
  stext: VirtAddr,
): string {
  const { end } = walkPageTables(memory, { root, levels, smeMask }, stext);
  return end.kind === 'fault'
    ? `The page tables at physical ${hex(root)} could not be checked against phys_base (${describeFault(end.fault)}); addresses may be wrong.`
    : `The page tables at physical ${hex(root)} do not map _stext (${hex(stext)}) where phys_base says; addresses may be wrong.`;
}

interface FoundRoot {
  readonly root: PhysAddr;
  readonly levels: 4 | 5;
  readonly physBase: bigint;
}

function rootOfVmcoreinfo({ vmcoreinfo }: KernelRootFacts): FoundRoot | undefined {
  const physBase = vmcoreinfo.number('phys_base');
  const root = vmcoreinfo.symbol('swapper_pg_dir') ?? vmcoreinfo.symbol('init_top_pgt');
  if (physBase === undefined || root === undefined || root < START_KERNEL_MAP) return undefined;
  const levels = vmcoreinfo.number('pgtable_l5_enabled') === 1n ? 5 : 4;
  return { root: imageAddressToPhys(root, physBase), levels, physBase };
}

/** With page-table isolation bit 12 selects the process's half, whose tables hold little kernel. */
function rootOfCr3(
  memory: TableMemory,
  cr3: bigint,
  la57: boolean,
  smeMask: bigint,
  stext: VirtAddr | undefined,
): FoundRoot | undefined {
  if (stext === undefined) return undefined;
  const levels = la57 ? 5 : 4;
  const plain = cr3 & ENTRY_ADDRESS_MASK & ~smeMask;
  for (const root of new Set([physAddr(plain & ~0x1000n), physAddr(plain)])) {
    const phys = imagePhys(memory, { root, levels, smeMask }, stext);
    if (phys === undefined) continue;
    return { root, levels, physBase: BigInt.asIntN(64, phys - (stext - START_KERNEL_MAP)) };
  }
  return undefined;
}

function imagePhys(memory: TableMemory, tables: PageTables, virt: bigint): PhysAddr | undefined {
  const { end } = walkPageTables(memory, tables, virtAddr(virt));
  return end.kind === 'mapped' ? end.phys : undefined;
}
