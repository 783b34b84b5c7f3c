import { addVirt, hex, type VirtAddr } from '../base/address.ts';
import type { AddressSpace } from '../program/address-space.ts';
import { collectWalk, endedEarly, MAX_WALK, type Walk } from './walk.ts';

/**
 * Addresses of the `struct list_head`s on a list, in list order, the head left out. Bounded, and
 * ends at the first entry met twice (a cycle that does not come back to the head) or whose `prev`
 * does not point back. Where it has to end early, the entries that can be reached backwards from
 * the end of the list are appended.
 * @param what what to call the list in a problem, e.g. `init_task.tasks`
 * @param taken entries of other lists of the same members: none is on two, and where many lists run
 *   into one, each would walk all of it
 * @source include/linux/list.h `list_for_each`, include/linux/types.h `struct list_head`
 */
export function walkList(
  space: AddressSpace,
  head: VirtAddr,
  what: string,
  limit = MAX_WALK,
  taken: ReadonlySet<VirtAddr> = NONE,
): Walk<VirtAddr> {
  const walk = (room: number, ahead: number, back: number) =>
    walkOneWay(space, head, what, room, ahead, back, taken);
  const forward = walk(limit, NEXT, PREV);
  if (forward.problem === undefined || forward.items.length >= limit) return forward;
  const backward = walk(limit - forward.items.length, PREV, NEXT);
  const known = new Set(forward.items);
  const rest = backward.items.filter((node) => !known.has(node)).reverse();
  const problem =
    rest.length === 0
      ? forward.problem
      : `${forward.problem}; ${rest.length} more were found from its end`;
  return { items: [...forward.items, ...rest], problem };
}

const NONE: ReadonlySet<VirtAddr> = new Set();
const NEXT = 0;
const PREV = 8;

function walkOneWay(
  space: AddressSpace,
  head: VirtAddr,
  what: string,
  limit: number,
  ahead: number,
  back: number,
  taken: ReadonlySet<VirtAddr>,
): Walk<VirtAddr> {
  const items: VirtAddr[] = [];
  const found = (problem: string | undefined) => ({ items, problem });
  // Not as the walks that yield: a list of one thread is walked for each of thousands of processes.
  const seen = new Set<bigint>([head]);
  let previous = head;
  try {
    for (;;) {
      const node = space.readU64(addVirt(previous, ahead)) as VirtAddr;
      const pointsTo = space.readU64(addVirt(node, back));
      if (pointsTo !== previous) {
        return found(
          `${what} is damaged after ${items.length} entries: ${hex(node)} points back to ${hex(pointsTo)}, not to ${hex(previous)}`,
        );
      }
      if (node === head) return found(undefined);
      if (seen.has(node)) {
        return found(
          `${what} is cyclic: it comes back to ${hex(node)} after ${items.length} entries`,
        );
      }
      if (taken.has(node)) {
        return found(
          `${what} runs into another list at ${hex(node)} after ${items.length} entries`,
        );
      }
      if (items.length >= limit) {
        return found(`${what} has more than ${limit} entries; the rest was not read`);
      }
      seen.add(node);
      items.push(node);
      previous = node;
    }
  } catch (error) {
    return found(endedEarly(what, items.length, error));
  }
}

/**
 * As {@link walkList} for `struct hlist_head`: singly linked, ends at NULL.
 * @source include/linux/list.h `hlist_for_each`
 */
export function walkHlist(
  space: AddressSpace,
  head: VirtAddr,
  what: string,
  limit = MAX_WALK,
): Walk<VirtAddr> {
  return collectWalk(what, function* () {
    const seen = new Set<bigint>();
    let node = space.readU64(head) as VirtAddr;
    while (node !== 0n) {
      if (seen.has(node)) {
        return `${what} is cyclic: it comes back to ${hex(node)} after ${seen.size} entries`;
      }
      if (seen.size >= limit)
        return `${what} has more than ${limit} entries; the rest was not read`;
      seen.add(node);
      yield node;
      node = space.readU64(node) as VirtAddr;
    }
    return undefined;
  });
}
