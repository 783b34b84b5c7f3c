import type {
  ByteState,
  MemoryRange,
  MemorySpace,
  MemorySpan,
} from '../../../src-shared/contract/index.ts';
import { physAddr, pfnOf, virtAddr, type PhysAddr } from '../base/address.ts';
import { FaultError, type Fault } from '../base/fault.ts';
import type { AddressSpace } from '../program/address-space.ts';
import type { Program } from '../program/program.ts';
import { ownersOfRange } from './range-owners.ts';
import { taskAt } from './panic.ts';
import { findUserSpace } from './task-user.ts';

/** Bytes that one answer may hold, whoever asks. */
export const MAX_RANGE = 16 * 1024 * 1024;
const PAGE = 4096n;

/**
 * Bytes of a range with, page by page, whether they are there and why not. Never throws a FaultError:
 * a range of nothing but holes is an answer. Addresses wrap at 2^64: the range is cut there.
 * @throws RangeError above {@link MAX_RANGE}
 */
export function readMemoryRange(
  program: Program,
  space: MemorySpace,
  address: bigint,
  length: number,
): MemoryRange {
  if (length < 0 || length > MAX_RANGE) throw new RangeError(`a range of ${length} bytes`);
  const start = BigInt.asUintN(64, address);
  const toEnd = (1n << 64n) - start;
  const size = toEnd < BigInt(length) ? Number(toEnd) : length;
  const bytes = new Uint8Array(size);
  const reader = readerOf(program, space);
  const spans: MemorySpan[] = [];
  for (let offset = 0; offset < size;) {
    const at = start + BigInt(offset);
    const chunk = Math.min(Number(PAGE - (at % PAGE)), size - offset);
    appendSpan(spans, {
      offset,
      length: chunk,
      ...readPiece(program, reader, at, bytes, offset, chunk),
    });
    offset += chunk;
  }
  const owners = ownersOfRange(program, space, start, size);
  return { space, address: start, length: size, bytes, spans, owners };
}

/** Translates addresses of the asked space; a fault when the space itself is not there. */
type Reader = (at: bigint) => PhysAddr;

function readerOf(program: Program, space: MemorySpace): Reader {
  switch (space.kind) {
    case 'physical':
      return (at) => physAddr(at);
    case 'kernel':
      return (at) => program.kernel.translate(virtAddr(at));
    case 'user': {
      let user: AddressSpace | undefined;
      return (at) => {
        user ??= requireUserSpace(program, space.task);
        return user.translate(virtAddr(at));
      };
    }
  }
}

function requireUserSpace(program: Program, address: bigint): AddressSpace {
  const task = taskAt(program, address);
  const space = task === undefined ? undefined : findUserSpace(program, task);
  if (space !== undefined) return space;
  throw new FaultError({
    kind: 'corrupt',
    what: 'address space',
    expected: 'a task with user memory',
    found: task === undefined ? 'no task at that address' : `PID ${task.pid}, which has none`,
  });
}

type Piece = Pick<MemorySpan, 'state' | 'phys' | 'why'>;

function readPiece(
  program: Program,
  reader: Reader,
  at: bigint,
  target: Uint8Array,
  offset: number,
  length: number,
): Piece {
  let phys: PhysAddr | undefined;
  try {
    phys = reader(at);
    program.physical.readInto(phys, target, offset, length);
    const zero = program.physical.pageState(pfnOf(phys)) === 'zero';
    return zero
      ? { state: 'zero', phys, why: 'a page of zeros that the filter did not store' }
      : { state: 'present', phys };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const state = stateOf(error.fault);
    return phys === undefined ? { state, why: error.message } : { state, phys, why: error.message };
  }
}

function stateOf(fault: Fault): ByteState {
  switch (fault.kind) {
    case 'excluded':
      return 'excluded';
    case 'not-in-dump':
      return 'not-in-dump';
    case 'not-present':
      return 'not-mapped';
    case 'non-canonical':
      return 'non-canonical';
    case 'corrupt':
    case 'io':
    case 'unknown-type':
    case 'unknown-symbol':
    case 'optimized-out':
    case 'unavailable':
      return 'damaged';
  }
}

/** Joins a piece to the span before it when they are the same in kind and follow in memory. */
function appendSpan(spans: MemorySpan[], next: MemorySpan): void {
  const last = spans.at(-1);
  if (last !== undefined && last.state === next.state && follows(last, next)) {
    spans[spans.length - 1] = { ...last, length: last.length + next.length };
  } else spans.push(next);
}

function follows(last: MemorySpan, next: MemorySpan): boolean {
  if (last.phys === undefined || next.phys === undefined) {
    return last.phys === next.phys && next.state !== 'damaged';
  }
  return last.phys + BigInt(last.length) === next.phys;
}
