import { hex, type VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { walkMapleTree } from './maple.ts';
import { filePath } from './path.ts';
import { collectWalk, type Walk } from './walk.ts';

/** One mapping of a process. */
export interface Vma {
  /** `struct vm_area_struct *`. */
  readonly address: VirtAddr;
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
  readonly flags: bigint;
  /** Path of the mapped file; empty for anonymous memory. */
  readonly file: string;
}

/** sysctl vm.max_map_count is 65530 by default; more is damage or very rare. */
const MAX_VMAS = 1 << 20;

/**
 * Mappings of an mm, ascending: its maple tree since 6.1 (commit d4af56c5c7c6), `mmap` and `vm_next`
 * before.
 * @throws FaultError when types are missing; unreadable parts are in the walk's problem
 * @source include/linux/mm_types.h `struct mm_struct`, `struct vm_area_struct`
 */
export function memoryMapOf(program: Program, mmAddress: VirtAddr): Walk<Vma> {
  const walk = vmaObjects(program, mmAddress);
  return {
    items: walk.items.flatMap((object) => {
      const vma = tryRead(() => readVma(object));
      return vma === undefined ? [] : [vma];
    }),
    problem: walk.problem,
  };
}

/** The mapping that holds a user address; undefined when none does or it cannot be read. */
export function findVma(program: Program, mm: VirtAddr, address: bigint): Vma | undefined {
  for (const object of vmaObjects(program, mm).items) {
    const range = tryRead(() => ({
      start: object.member('vm_start').pointer(),
      end: object.member('vm_end').pointer(),
    }));
    if (range === undefined || address < range.start || address >= range.end) continue;
    return tryRead(() => readVma(object));
  }
  return undefined;
}

function vmaObjects(program: Program, mmAddress: VirtAddr): Walk<KernelObject> {
  const mm = program.object('struct mm_struct', mmAddress);
  const what = `The memory map at ${hex(mmAddress)}`;
  if (mm.has('mm_mt')) {
    const { items, problem } = walkMapleTree(mm.member('mm_mt'), what);
    return {
      items: items.map(({ entry }) => program.object('struct vm_area_struct', entry)),
      problem,
    };
  }
  return collectWalk(what, function* () {
    const seen = new Set<bigint>();
    let next = mm.member('mmap').pointer();
    while (next !== 0n) {
      if (seen.has(next) || seen.size > MAX_VMAS) return `${what} comes back to ${hex(next)}`;
      seen.add(next);
      const vma = program.object('struct vm_area_struct', next);
      yield vma;
      next = vma.member('vm_next').pointer();
    }
    return undefined;
  });
}

function readVma(object: KernelObject): Vma {
  const file = object.member('vm_file').pointer();
  return {
    address: object.address,
    start: object.member('vm_start').pointer(),
    end: object.member('vm_end').pointer(),
    flags: BigInt.asUintN(64, object.member('vm_flags').bigint()),
    file:
      file === 0n
        ? ''
        : (tryRead(() => filePath(object.member('vm_file').deref())) ?? '(unreadable)'),
  };
}
