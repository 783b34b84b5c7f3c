import { virtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { Program } from '../program/program.ts';

/** A jump that no instruction tells. Addresses are the dump's. */
export interface HiddenJump {
  readonly code: bigint;
  readonly target: bigint;
  /** The registers the kernel may change on the way, as bits by the processor's numbers. */
  readonly changed: number;
}

/** Jumps of the kernel and its modules that no instruction tells, ascending by the code's address. */
export interface HiddenJumps {
  /** Of patched branches (static keys), whichever way they go now. */
  readonly branches: readonly HiddenJump[];
  /** Of instructions that may fault. */
  readonly faults: readonly HiddenJump[];
}

interface Range {
  readonly start: bigint;
  readonly bytes: number;
}

/** `struct jump_entry`: s32 code, s32 target, long key. @source include/linux/jump_label.h */
const JUMP_ENTRY = 16;
/** `struct exception_table_entry`: int insn, fixup, handler or data. @source asm/extable.h */
const FAULT_ENTRY = 12;
/** Of all tables: far more than any kernel has. */
const MAX_BYTES = 8 * 1024 * 1024;
const RAX_RCX_RDX = 7;

const hiddenJumps = new WeakMap<Program, HiddenJumps | { readonly none: true }>();

/** Undefined where a table cannot be found or read: then no function's ways are all known. */
export function hiddenJumpsOf(program: Program): HiddenJumps | undefined {
  let found = hiddenJumps.get(program);
  if (found === undefined) {
    found = tryRead(() => readTables(program)) ?? { none: true };
    hiddenJumps.set(program, found);
  }
  return 'none' in found ? undefined : found;
}

/** Those whose code lies in [start, end). */
export function* hiddenJumpsIn(
  jumps: readonly HiddenJump[],
  start: bigint,
  end: bigint,
): Generator<HiddenJump> {
  let low = 0;
  let high = jumps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (jumps[middle]!.code < start) low = middle + 1;
    else high = middle;
  }
  for (let i = low; i < jumps.length && jumps[i]!.code < end; i++) yield jumps[i]!;
}

/** @throws FaultError */
function readTables(program: Program): HiddenJumps | undefined {
  const branchRange = rangeBetween(program, '__start___jump_table', '__stop___jump_table');
  const faultRange = rangeBetween(program, '__start___ex_table', '__stop___ex_table');
  if (branchRange === undefined || faultRange === undefined) return undefined;
  const branchRanges = [branchRange];
  const faultRanges = [faultRange];
  for (const { object } of program.modules()) {
    const add = (ranges: Range[], table: string, count: string, size: number): void => {
      if (!object.has(table)) return;
      const start = object.member(table).pointer();
      ranges.push({ start, bytes: Math.max(0, object.member(count).number()) * size });
    };
    add(branchRanges, 'jump_entries', 'num_jump_entries', JUMP_ENTRY);
    add(faultRanges, 'extable', 'num_exentries', FAULT_ENTRY);
  }
  const all = [...branchRanges, ...faultRanges].reduce((sum, { bytes }) => sum + bytes, 0);
  const whole = branchRange.bytes % JUMP_ENTRY === 0 && faultRange.bytes % FAULT_ENTRY === 0;
  if (all > MAX_BYTES || !whole) return undefined;
  const branches = branchRanges.flatMap((range) => entriesOf(program, range, JUMP_ENTRY));
  const faults = faultRanges.flatMap((range) => entriesOf(program, range, FAULT_ENTRY));
  const ascending = (a: HiddenJump, b: HiddenJump): number => (a.code < b.code ? -1 : 1);
  return { branches: branches.sort(ascending), faults: faults.sort(ascending) };
}

function rangeBetween(program: Program, first: string, last: string): Range | undefined {
  const start = program.symbols.findInKernel(first)?.address;
  const end = program.symbols.findInKernel(last)?.address;
  if (start === undefined || end === undefined || end < start) return undefined;
  return { start, bytes: Number(end - start) };
}

/** Both tables begin with two distances from where they lie. @throws FaultError */
function entriesOf(program: Program, { start, bytes }: Range, size: number): HiddenJump[] {
  if (bytes === 0) return [];
  const read = program.kernel.read(virtAddr(start), bytes);
  const view = new DataView(read.buffer, read.byteOffset, bytes);
  return Array.from({ length: bytes / size }, (_, i) => {
    const at = i * size;
    const entry = start + BigInt(at);
    return {
      code: BigInt.asUintN(64, entry + BigInt(view.getInt32(at, true))),
      target: BigInt.asUintN(64, entry + 4n + BigInt(view.getInt32(at + 4, true))),
      // Handlers set rax, rcx or rdx, or the register that bits 8 to 11 of the data name.
      changed:
        size === JUMP_ENTRY ? 0 : RAX_RCX_RDX | (1 << ((view.getInt32(at + 8, true) >> 8) & 15)),
    };
  });
}
