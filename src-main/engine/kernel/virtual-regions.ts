import type { AddressRegion, MemorySpace } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { Program } from '../program/program.ts';
import { memoryMapOf } from './mm.ts';
import { taskAt } from './panic.ts';

const ADDRESS_SPACE_END = 1n << 64n;

/**
 * Regions of a space worth scrolling through, ascending: of the kernel by its layout, physical by the
 * dump's RAM ranges, of a task by its VMAs. Empty when nothing is known.
 */
export function virtualRegions(
  program: Program,
  space: MemorySpace = { kind: 'kernel' },
): AddressRegion[] {
  switch (space.kind) {
    case 'kernel':
      return kernelRegions(program);
    case 'physical':
      return [...program.image.ramRanges()].map(({ start, end }) => ({
        name: 'RAM',
        start: BigInt(start) << 12n,
        end: (BigInt(end) << 12n) - 1n,
        note: '',
      }));
    case 'user':
      return userRegions(program, space.task);
  }
}

/** Walks the layout from region to region; `kernel space` (nothing known) is left out. */
function kernelRegions(program: Program): AddressRegion[] {
  const regions: AddressRegion[] = [];
  const start = program.translator.levels === 5 ? 0xff00_0000_0000_0000n : 0xffff_8000_0000_0000n;
  const candidates = new Set<bigint>([start]);
  const { pageOffset, vmallocBase, vmemmapBase } = program.translator;
  for (const base of [pageOffset, vmallocBase, vmemmapBase])
    if (base !== undefined) candidates.add(base);
  for (const symbol of [
    '_text',
    '__start_rodata',
    '_sdata',
    '__bss_start',
    '__init_begin',
    '__brk_base',
  ]) {
    const found = program.symbols.findInKernel(symbol);
    if (found !== undefined) candidates.add(found.address);
  }
  for (const module of program.modules())
    for (const { start: at } of module.regions) candidates.add(at);
  candidates.add(0xffff_fe00_0000_0000n); // cpu_entry_area
  const seen = new Set<bigint>();
  for (const at of [...candidates].sort((a, b) => (a < b ? -1 : 1))) {
    const region = program.translator.regionOf(virtAddr(at));
    if (region.name === 'kernel space' || region.name === 'non-canonical' || seen.has(region.start))
      continue;
    seen.add(region.start);
    const end = region.end > ADDRESS_SPACE_END ? ADDRESS_SPACE_END : region.end;
    const note = region.assumed ? 'assumed: the kernel did not say where it starts' : '';
    regions.push({ name: region.name, start: region.start, end: end - 1n, note });
  }
  return regions.sort((a, b) => (a.start < b.start ? -1 : 1));
}

function userRegions(program: Program, address: bigint): AddressRegion[] {
  const task = taskAt(program, address);
  const mm = task?.mm;
  if (mm === undefined || mm === 0n) return [];
  try {
    return memoryMapOf(program, mm).items.map((vma) => ({
      name: vma.file === '' ? 'anonymous' : vma.file,
      start: vma.start,
      end: vma.end - 1n,
      note: '',
    }));
  } catch (error) {
    if (error instanceof FaultError) return [];
    throw error;
  }
}
