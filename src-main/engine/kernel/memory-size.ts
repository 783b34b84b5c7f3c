import { addVirt, virtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';

/** MAX_NUMNODES of any x86-64 configuration is at most this (NODES_SHIFT 10). */
const MAX_NODES = 1024;

/**
 * NUMA nodes: `node_data[]` for the nodes that are online, or the one `contig_page_data`.
 * @returns `struct pglist_data` by node number
 * @throws FaultError
 * @source arch/x86/mm/numa.c, mm/numa.c `node_data[]`; mm/page_alloc.c `node_states[]`
 */
export function onlineNodes(program: Program): readonly KernelObject[] {
  const type = program.type('struct pglist_data');
  if (!program.symbols.has('node_data')) return [program.global('contig_page_data', type)];
  const table = program.symbols.require('node_data');
  const count = Math.min(MAX_NODES, Math.floor(table.size / 8) || 1);
  const nodes: KernelObject[] = [];
  for (const id of onlineNodeIds(program)) {
    if (id >= count) continue;
    const address = program.kernel.readU64(addVirt(table.address, id * 8));
    if (address !== 0n) nodes.push(program.object(type, virtAddr(address)));
  }
  return nodes;
}

/** Bits of `node_states[N_ONLINE]`; N_POSSIBLE is 0, N_ONLINE 1. @source include/linux/nodemask.h */
function onlineNodeIds(program: Program): number[] {
  const size = tryRead(() => program.object('nodemask_t', virtAddr(0n)).size) ?? 8;
  const mask = program.kernel.read(
    addVirt(program.symbols.address('node_states'), size),
    Math.min(size, MAX_NODES / 8),
  );
  const ids: number[] = [];
  for (let id = 0; id < mask.length * 8; id++) if ((mask[id >> 3]! >> (id & 7)) & 1) ids.push(id);
  return ids;
}

/** Bytes of RAM the kernel manages: `node_present_pages` of all online nodes. @throws FaultError */
export function presentMemory(program: Program): number {
  let pages = 0;
  for (const node of onlineNodes(program)) pages += node.member('node_present_pages').number();
  return pages * 4096;
}

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/**
 * What crash prints as MEMORY: the present memory, taken for whole gigabytes when at most 64 MB are
 * missing to it (firmware keeps some).
 */
export function installedMemoryGuess(present: number): number {
  const rounded = Math.ceil(present / GIB) * GIB;
  return rounded - present <= 64 * MIB ? rounded : present;
}
