import type { MemoryOwner, MemorySpace } from '../../../src-shared/contract/index.ts';
import { virtAddr, type VirtAddr } from '../base/address.ts';
import type { Program } from '../program/program.ts';
import { clipOwner, RODATA_REACH } from './address-owner.ts';
import { kernelIntervals } from './intervals.ts';
import { findPerCpuVariable } from './percpu-areas.ts';
import { findSlabObject } from './slab.ts';

/** A hexdump row is 16 bytes: more owners than this nobody can read. */
const MAX_OWNERS = 4096;

/** What the bytes of a range belong to, most specific last; only the kernel's space is annotated. */
export function ownersOfRange(
  program: Program,
  space: MemorySpace,
  start: bigint,
  length: number,
): MemoryOwner[] {
  if (space.kind !== 'kernel' || length === 0) return [];
  const end = start + BigInt(length);
  const owners: MemoryOwner[] = [];
  const add = (owner: Parameters<typeof clipOwner>[0]): void => {
    const clipped = clipOwner(owner, start, length);
    if (clipped !== undefined && owners.length < MAX_OWNERS) owners.push(clipped);
  };

  for (let at = start; at < end && owners.length < 64;) {
    const region = program.translator.regionOf(virtAddr(at));
    add({ start: region.start, end: region.end, kind: region.name, label: region.name });
    if (region.end <= at) break;
    at = region.end;
  }
  for (const module of program.modules()) {
    for (const region of module.regions) {
      add({ ...region, kind: 'module', label: `${module.name} ${region.kind}` });
    }
  }
  for (const interval of kernelIntervals(program)) {
    if (interval.start >= end) break;
    add(interval);
  }
  addSmallOwners(program, start, end, add);
  return owners;
}

/** Symbols, per-CPU variables and slab objects: found by stepping from one to the next. */
function addSmallOwners(
  program: Program,
  start: bigint,
  end: bigint,
  add: (owner: Parameters<typeof clipOwner>[0]) => void,
): void {
  for (let at = start, steps = 0; at < end && steps < MAX_OWNERS; steps++) {
    const found = smallOwnerAt(program, virtAddr(at));
    if (found === undefined) {
      at = nextCandidate(program, virtAddr(at));
      continue;
    }
    if (found.end > at) add(found);
    at = found.end > at ? found.end : nextCandidate(program, virtAddr(at));
  }
}

/** Symbols may begin at any 8 bytes of the image and of modules; elsewhere whole pages are alike. */
function nextCandidate(program: Program, at: VirtAddr): bigint {
  const { name } = program.translator.regionOf(at);
  const fine = name === 'modules' || name.startsWith('kernel ');
  return fine ? (at | 7n) + 1n : (at | 0xfffn) + 1n;
}

function smallOwnerAt(program: Program, at: VirtAddr): Parameters<typeof clipOwner>[0] | undefined {
  const symbol = program.symbols.at(at);
  if (symbol !== undefined) {
    const from = at - BigInt(symbol.offset);
    const { name, size, module } = symbol.symbol;
    const region = program.translator.regionOf(at).name;
    const reach = region === 'kernel rodata' ? RODATA_REACH : Infinity;
    if (symbol.offset >= reach) return undefined;
    const freed = region === 'kernel init' ? ' (init memory, freed after boot)' : '';
    const label = module === undefined ? name + freed : `${name} [${module}]`;
    const end = from + BigInt(Math.min(reach, Math.max(size, symbol.offset + 1)));
    return { start: from, end, kind: 'symbol', label };
  }
  const perCpu = findPerCpuVariable(program, at);
  if (perCpu !== undefined) {
    const from = at - BigInt(perCpu.offset);
    const label = `${perCpu.name} of CPU ${perCpu.cpu}`;
    return { start: from, end: from + BigInt(perCpu.size), kind: 'per-CPU', label };
  }
  const slab = findSlabObject(program, at);
  if (slab === undefined) return undefined;
  // Red zone and tracking data between the objects belong to the object's slot.
  return { start: slab.start, end: slab.next, kind: 'slab', label: slab.cache };
}
