import type { VirtAddr } from '../base/address.ts';
import type { SymbolTable } from './symbol-table.ts';

/**
 * How kallsyms_offsets[i] becomes an address.
 * - `relative`: kallsyms_relative_base + (u32)offset
 * - `relative-percpu`: negative: relative_base - 1 - offset; not negative: absolute per-CPU offset
 *   (CONFIG_KALLSYMS_ABSOLUTE_PERCPU, x86-64 SMP until 6.15)
 * - `self-relative`: address of kallsyms_offsets[i] + offset
 * - `absolute`: kallsyms_addresses, 64 bit each
 */
export type KallsymsAddressing = 'relative' | 'relative-percpu' | 'self-relative' | 'absolute';

/** Raw tables of kallsyms, as in the kernel's rodata. */
export interface KallsymsTables {
  readonly count: number;
  /** Compressed names; at least what `count` symbols need. */
  readonly names: Uint8Array;
  readonly tokenTable: Uint8Array;
  /** 256 little-endian u16. */
  readonly tokenIndex: Uint8Array;
  /** `count` little-endian 32-bit offsets (64-bit addresses when `absolute`). */
  readonly offsets: Uint8Array;
  readonly offsetsAddress: VirtAddr;
  readonly relativeBase: VirtAddr | undefined;
  /** Undefined: decided from the bytes, see {@link decodeKallsyms}. */
  readonly addressing?: KallsymsAddressing | undefined;
}

/** @throws FaultError `corrupt` naming the table and the offset in it */
export function decodeKallsyms(tables: KallsymsTables): SymbolTable {
  throw new Error(`not written yet: ${tables.count}`);
}
