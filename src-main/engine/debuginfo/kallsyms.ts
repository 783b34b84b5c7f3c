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
  let best: Float64Array | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const addresses = kallsymsAddresses(tables, candidate);
    const steps = descents(addresses);
    if (steps < fewest) [best, fewest] = [addresses, steps];
  }
  // A few damaged words are survivable: the table sorts. A wrong reading descends everywhere.
  if (best === undefined || fewest > tables.count / 64) {
    throw corruptTable('kallsyms_offsets', 0, 'ascending addresses', `${fewest} descents`);
  }
  return best;
}

/** Signed addresses as doubles, see SymbolTable. */
function kallsymsAddresses(tables: AddressTables, addressing: KallsymsAddressing): Float64Array {
  const { count, offsets } = tables;
  const addresses = new Float64Array(count);
  const view = new DataView(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  const base = signedOf(
    addressing === 'self-relative' ? tables.offsetsAddress : (tables.relativeBase ?? 0n),
  );
  for (let i = 0; i < count; i++) {
    if (addressing === 'relative') {
      addresses[i] = base + view.getUint32(i * 4, true);
    } else {
      const offset = view.getInt32(i * 4, true);
      if (addressing === 'self-relative') addresses[i] = base + i * 4 + offset;
      else addresses[i] = offset >= 0 ? offset : base - 1 - offset;
    }
  }
  return addresses;
}

/**
 * Steps down in unsigned order. Per-CPU offsets (not negative) come first there, so one step from
 * them to the (negative) kernel addresses is a step up.
 */
function descents(addresses: Float64Array): number {
  let found = 0;
  for (let i = 1; i < addresses.length; i++) {
    const before = addresses[i - 1]!;
    const after = addresses[i]!;
    if (before < 0 !== after < 0 ? before < 0 : after < before) found++;
  }
  return found;
}
