import type { VirtAddr } from '../base/address.ts';
import { tryRead } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';

/** Members of a page's descriptor as they stand there; what cannot be read is left out. */
export interface PageDescriptor {
  readonly mapping?: bigint;
  readonly index?: bigint;
  /** `_refcount`. */
  readonly count?: number;
  readonly flags?: bigint;
  /** Names of the flags that are set, without `PG_`. */
  readonly flagNames?: readonly string[];
}

/**
 * The struct page at an address. Its members are a union of many uses: `mapping` and `index` mean
 * something only for pages of files and of anonymous memory.
 * @source include/linux/mm_types.h `struct page`
 */
export function readPageDescriptor(program: Program, address: VirtAddr): PageDescriptor {
  const page = tryRead(() => program.object('struct page', address));
  if (page === undefined) return {};
  // `flags` is a memdesc_flags_t since 6.18; `index` was renamed in 6.16; `_count` before 4.6.
  const flags = member(page, ['flags.f', 'flags']);
  const mapping = member(page, ['mapping']);
  const index = member(page, ['index', '__folio_index']);
  const count = member(page, ['_refcount.counter', '_count.counter']);
  return {
    ...(mapping !== undefined && { mapping }),
    ...(index !== undefined && { index }),
    ...(count !== undefined && { count: Number(BigInt.asIntN(32, count)) }),
    ...(flags !== undefined && { flags, flagNames: pageFlagNames(program, flags) }),
  };
}

function member(page: KernelObject, names: readonly string[]): bigint | undefined {
  const name = names.find((each) => page.has(each));
  if (name === undefined) return undefined;
  return tryRead(() => BigInt.asUintN(64, page.member(name).bigint()));
}

/**
 * Of the bits below `__NR_PAGEFLAGS`; the enumerators behind it are other names of the same bits,
 * the bits above hold zone, node and section.
 * @source include/linux/page-flags.h `enum pageflags`
 */
function pageFlagNames(program: Program, flags: bigint): string[] {
  const type = program.findType('enum pageflags');
  if (type?.kind !== 'enum') return [];
  const end = type.enumerators.findIndex(({ name }) => name === '__NR_PAGEFLAGS');
  return type.enumerators
    .slice(0, Math.max(0, end))
    .filter(({ value }) => ((flags >> value) & 1n) === 1n)
    .map(({ name }) => name.replace(/^PG_/, ''));
}
