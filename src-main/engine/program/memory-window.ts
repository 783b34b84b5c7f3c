import { addVirt, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';

/** What a search in kernel memory needs of an address space. */
export interface ReadableMemory {
  /** @throws FaultError */
  readInto(address: VirtAddr, target: Uint8Array, targetOffset: number, length: number): void;
}

const PAGE = 4096;

/** A fresh copy. @throws FaultError */
export function readBytes(memory: ReadableMemory, address: VirtAddr, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  memory.readInto(address, bytes, 0, length);
  return bytes;
}

/** Bytes from `address` on, up to `length` or to the first page that cannot be read. */
export function readForwards(
  memory: ReadableMemory,
  address: VirtAddr,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const at = addVirt(address, done);
    const chunk = Math.min(PAGE - Number(at & 0xfffn), length - done);
    if (!canRead(memory, at, bytes, done, chunk)) return bytes.subarray(0, done);
    done += chunk;
  }
  return bytes;
}

/**
 * Bytes of a long table. Pages that cannot be read are zeros, and told: as [start, end) of the
 * bytes, with the reason for each.
 */
export function readWithHoles(memory: ReadableMemory, address: VirtAddr, length: number) {
  const bytes = new Uint8Array(length);
  const holes: { start: number; end: number }[] = [];
  const missing: FaultError[] = [];
  for (let done = 0; done < length;) {
    const at = addVirt(address, done);
    const piece = Math.min(PAGE - Number(at & 0xfffn), length - done);
    try {
      memory.readInto(at, bytes, done, piece);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      holes.push({ start: done, end: done + piece });
      missing.push(error);
    }
    done += piece;
  }
  return { bytes, holes, missing };
}

/** Bytes that end before `address`, up to `length` or to the first page that cannot be read. */
export function readBackwards(
  memory: ReadableMemory,
  address: VirtAddr,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  let left = length;
  while (left > 0) {
    const end = addVirt(address, left - length);
    const chunk = Math.min(Number((end - 1n) & 0xfffn) + 1, left);
    if (!canRead(memory, addVirt(end, -chunk), bytes, left - chunk, chunk)) break;
    left -= chunk;
  }
  return bytes.subarray(left);
}

function canRead(
  memory: ReadableMemory,
  address: VirtAddr,
  target: Uint8Array,
  offset: number,
  length: number,
): boolean {
  try {
    memory.readInto(address, target, offset, length);
    return true;
  } catch (error) {
    if (error instanceof FaultError) return false;
    throw error;
  }
}
