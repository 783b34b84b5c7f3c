import { addVirt, hex, virtAddr, type VirtAddr } from '../base/address.ts';
import { describeFault, FaultError } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Walk } from './walk.ts';

/** A non-empty slot: its index and the entry, a pointer or a tagged value. */
export interface XarrayEntry {
  readonly index: bigint;
  readonly entry: VirtAddr;
  /** Slots on the way to its node, from the root; none for an entry without a node. */
  readonly path: readonly number[];
  /** Its slot in the node; undefined for an entry without a node. */
  readonly slot?: number;
}

/** `xa_to_node`: internal entries end in 10 and are larger than the sibling and error entries. */
const INTERNAL_MASK = 3n;
const INTERNAL = 2n;
const LARGEST_NO_NODE = 4096n;
/** Enough levels for 64 bits of index at 4 bits a level. */
const MAX_DEPTH = 16;
const MAX_ENTRIES = 1 << 22;
/** XA_CHUNK_SIZE is 64, or 16 with CONFIG_BASE_SMALL; what damaged types say must not decide. */
const MAX_FANOUT = 64;

/**
 * Entries of an xarray (or an IDR's `idr_rt`), ascending by index. Nodes that cannot be read or
 * cannot be right are left out with their subtree; the first of them is the problem, the others are
 * counted.
 * @param array `struct xarray`
 * @source include/linux/xarray.h `struct xa_node`, `xa_is_node`; lib/xarray.c `xas_load`
 */
export function walkXarray(array: KernelObject, what: string): Walk<XarrayEntry> {
  return walkXarrayFrom(array, () => array.member('xa_head').pointer(), what);
}

/**
 * As {@link walkXarray} from the value of `xa_head`: an entry, or a node with its tag.
 * @param array any object of the same memory
 */
export function walkXarrayFrom(
  array: KernelObject,
  readHead: () => VirtAddr,
  what: string,
): Walk<XarrayEntry> {
  const items: XarrayEntry[] = [];
  const problems: string[] = [];
  const nodeType = array.context.type('struct xa_node');
  const { space } = array;
  const node = array.at(nodeType, virtAddr(0n));
  const slots = node.member('slots');
  const fanout = Math.min(slots.length, MAX_FANOUT);
  const chunkShift = Math.log2(fanout);
  const slotsOffset = Number(slots.address);
  const shiftOffset = node.member('shift').address;
  const seen = new Set<bigint>();

  const visitNode = (
    at: VirtAddr,
    index: bigint,
    parentShift: number,
    path: readonly number[],
  ): void => {
    if (seen.has(at) || path.length > MAX_DEPTH) {
      problems.push(`node ${hex(at)} is reached twice`);
      return;
    }
    seen.add(at);
    const shift = space.readU8(addVirt(at, shiftOffset));
    if (shift >= parentShift || shift % chunkShift !== 0) {
      problems.push(`node ${hex(at)} has shift ${shift} below one of ${parentShift}`);
      return;
    }
    const bytes = space.read(addVirt(at, slotsOffset), fanout * 8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let slot = 0; slot < fanout; slot++) {
      const entry = view.getBigUint64(slot * 8, true);
      if (entry === 0n) continue;
      const slotIndex = index + (BigInt(slot) << BigInt(shift));
      if (isNode(entry)) {
        guarded(() => visitNode(virtAddr(entry - INTERNAL), slotIndex, shift, [...path, slot]));
      } else if ((entry & INTERNAL_MASK) !== INTERNAL) {
        // sibling, retry and zero entries are internal too and hold nothing
        if (items.length < MAX_ENTRIES) {
          items.push({ index: slotIndex, entry: virtAddr(entry), path, slot });
        }
      }
    }
  };
  const guarded = (visit: () => void): void => {
    try {
      visit();
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      problems.push(describeFault(error.fault));
    }
  };

  guarded(() => {
    const head = readHead();
    if (head === 0n) return;
    if (isNode(head)) visitNode(virtAddr(head - INTERNAL), 0n, 65, []);
    else if ((head & INTERNAL_MASK) !== INTERNAL) {
      items.push({ index: 0n, entry: head, path: [] });
    }
  });
  if (items.length >= MAX_ENTRIES) problems.push(`more than ${MAX_ENTRIES} entries`);
  return { items, problem: problemOf(what, problems) };
}

function isNode(entry: bigint): boolean {
  return (entry & INTERNAL_MASK) === INTERNAL && entry > LARGEST_NO_NODE;
}

function problemOf(what: string, problems: readonly string[]): string | undefined {
  if (problems.length === 0) return undefined;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return `${what} is incomplete: ${problems[0]}${more}`;
}
