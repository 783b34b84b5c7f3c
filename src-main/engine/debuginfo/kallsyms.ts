import type { VirtAddr } from '../base/address.ts';
import { corruptTable } from './corrupt.ts';
import { KallsymsNames, type NameHole } from './kallsyms-names.ts';
import { signedOf, SymbolTable } from './symbol-table.ts';

/**
 * How kallsyms_offsets[i] becomes an address.
 * - `relative`: relative base + (u32)offset (x86-64 from 6.15 on)
 * - `relative-percpu`: negative: relative base - 1 - offset; not negative: an absolute per-CPU
 *   offset (CONFIG_KALLSYMS_ABSOLUTE_PERCPU, x86-64 SMP before 6.15)
 * - `self-relative`: address of kallsyms_offsets[i] + (s32)offset (no kallsyms_relative_base; seen
 *   in 7.2: its VMCOREINFO lacks the base, and only this reading gives its `_stext`)
 * @source kernel/kallsyms.c kallsyms_sym_address()
 */
type KallsymsAddressing = 'relative' | 'relative-percpu' | 'self-relative';

/** Raw tables of kallsyms, as in the kernel's rodata. */
export interface KallsymsTables {
  readonly count: number;
  /** Compressed names; what follows the last symbol is ignored. */
  readonly names: Uint8Array;
  readonly tokenTable: Uint8Array;
  /** 256 little-endian u16. */
  readonly tokenIndex: Uint8Array;
  /** kallsyms_markers, as many bytes as known: tells 1- from 2-byte lengths. */
  readonly markers?: Uint8Array | undefined;
  /**
   * With it, a part of the names is missing or damaged: what the markers lead to is read, and the
   * symbols of the rest have no names. Needs `markers`.
   */
  readonly holes?: readonly NameHole[] | undefined;
  /** `count` little-endian 32-bit offsets. */
  readonly offsets: Uint8Array;
  /** kallsyms_offsets; only used when self-relative. */
  readonly offsetsAddress: VirtAddr;
  /** kallsyms_relative_base; undefined where the kernel has none. */
  readonly relativeBase: VirtAddr | undefined;
}

/** Five times what any kernel has (7.2 cloud: 186 thousand); bounds what a damaged count costs. */
export const MAX_KALLSYMS = 1_000_000;

/**
 * Decodes kallsyms. What the kernel's version would say is read from the bytes instead: two-byte
 * name lengths (6.1+, commit 73bbb94466fd "kallsyms: support "big" kernel symbols") by whether the
 * markers or the tables' shape fit, the meaning of offsets by which reading ascends.
 * @throws FaultError `corrupt` naming the table and the offset in it
 */
export function decodeKallsyms(tables: KallsymsTables): SymbolTable {
  const { count, offsets } = tables;
  if (!Number.isInteger(count) || count < 1 || count > MAX_KALLSYMS) {
    throw corruptTable('kallsyms_num_syms', 0, `1 to ${MAX_KALLSYMS} symbols`, String(count));
  }
  if (offsets.length < count * 4) {
    throw corruptTable('kallsyms_offsets', 0, `${count * 4} bytes`, `${offsets.length}`);
  }
  const names = new KallsymsNames(tables);
  return new SymbolTable('kallsyms', readAddresses(tables), names.types, names);
}

type AddressTables = Pick<KallsymsTables, 'count' | 'offsets' | 'offsetsAddress' | 'relativeBase'>;

/**
 * Addresses by the reading of the offsets that gives ascending ones (scripts/kallsyms.c sorts them).
 * @throws FaultError `corrupt` when none does
 */
function readAddresses(tables: AddressTables): Float64Array {
  const candidates: readonly KallsymsAddressing[] =
    tables.relativeBase === undefined ? ['self-relative'] : ['relative', 'relative-percpu'];
  // A few damaged words are survivable: the table sorts. A wrong reading descends everywhere.
  const limit = Math.floor(tables.count / 64);
  let best: Float64Array | undefined;
  let most = limit;
  for (const candidate of candidates) {
    const read = addressesReadAs(tables, candidate, most);
    if (read === undefined) continue;
    best = read.addresses;
    if (read.steps === 0) break;
    most = read.steps - 1;
  }
  if (best !== undefined) return best;
  const found = `more than ${limit} descents`;
  throw corruptTable('kallsyms_offsets', 0, 'ascending addresses', found);
}

/**
 * Signed addresses as doubles, see SymbolTable; undefined where they step down more than `most` times
 * in unsigned order. Per-CPU offsets (not negative) come first there, so one step from them to the
 * (negative) kernel addresses is a step up.
 */
function addressesReadAs(
  { count, offsets, offsetsAddress, relativeBase }: AddressTables,
  addressing: KallsymsAddressing,
  most: number,
): { readonly addresses: Float64Array; readonly steps: number } | undefined {
  const addresses = new Float64Array(count);
  const view = new DataView(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  const base = signedOf(addressing === 'self-relative' ? offsetsAddress : (relativeBase ?? 0n));
  let steps = 0;
  let before = -Infinity;
  for (let i = 0; i < count; i++) {
    const offset = view.getInt32(i * 4, true);
    let address: number;
    if (addressing === 'relative') address = base + (offset >>> 0);
    else if (addressing === 'self-relative') address = base + i * 4 + offset;
    else address = offset >= 0 ? offset : base - 1 - offset;
    addresses[i] = address;
    const down = before < 0 !== address < 0 ? before < 0 : address < before;
    if (down && i > 0 && ++steps > most) return undefined;
    before = address;
  }
  return { addresses, steps };
}
