import { addVirt, virtAddr, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { KernelObject } from '../program/object.ts';
import type { Program } from '../program/program.ts';
import { memoized } from '../base/memo.ts';

/** An object of a slab cache; `start` is where the object itself begins. */
export interface SlabObject {
  readonly cache: string;
  readonly start: bigint;
  /** Bytes the cache's user may use. */
  readonly size: number;
  /** Where the next object's slot begins. */
  readonly next: bigint;
}

/** How this kernel marks a page as slab. */
type SlabMark =
  | { readonly by: 'flag'; readonly bit: number }
  /** Upper byte of `page_type`, 6.12 (commit 4ffca5a96678). */
  | { readonly by: 'type-byte'; readonly value: number };

/** `PG_slab` of enum pageflags until 6.9, `PGTY_slab` of enum pagetype since 6.12. */
const slabMark = memoized((program: Program): SlabMark | undefined => {
  const type = enumerator(program, 'enum pagetype', 'PGTY_slab');
  if (type !== undefined) return { by: 'type-byte', value: Number(type) };
  const bit = enumerator(program, 'enum pageflags', 'PG_slab');
  return bit === undefined ? undefined : { by: 'flag', bit: Number(bit) };
});

function enumerator(program: Program, name: string, member: string): bigint | undefined {
  const type = program.findType(name);
  if (type?.kind !== 'enum') return undefined;
  return type.enumerators.find((each) => each.name === member)?.value;
}

/**
 * The SLUB object that a direct-map address lies in, by the page's own struct: undefined for pages
 * that are no slab, kernels whose slab mark is not known, and whatever cannot be read. Says nothing
 * about whether the object is allocated.
 * @source mm/slab.h `struct slab`; mm/slub.c `__obj_to_index()`
 */
export function findSlabObject(program: Program, address: VirtAddr): SlabObject | undefined {
  if (program.translator.regionOf(address).name !== 'direct map') return undefined;
  try {
    return slabObject(program, address);
  } catch (error) {
    if (error instanceof FaultError) return undefined;
    throw error;
  }
}

function slabObject(program: Program, address: VirtAddr): SlabObject | undefined {
  const mark = slabMark(program);
  const base = program.translator.pageOffset;
  if (mark === undefined || base === undefined) return undefined;
  const frame = Number((address - base) >> 12n);
  const at = program.translator.structPageOf(
    frame as Parameters<typeof program.translator.structPageOf>[0],
  );
  if (at === undefined) return undefined;
  const page = headOf(program.object('struct page', at));
  if (!isSlab(page, mark)) return undefined;
  const headFrame = program.translator.frameOfStructPage(page.address);
  if (headFrame === undefined) return undefined;
  const cache = cacheOf(program, page);
  const size = BigInt(cache.member('size').number());
  const slabStart = addVirt(base, BigInt(headFrame) << 12n);
  if (size === 0n) return undefined;
  const index = (address - slabStart) / size;
  if (index >= BigInt(objectCount(program, page))) return undefined;
  const leftPad = cache.has('red_left_pad') ? cache.member('red_left_pad').number() : 0;
  return {
    cache: cache.member('name').text(64),
    start: slabStart + index * size + BigInt(leftPad),
    size: cache.member('object_size').number(),
    next: slabStart + (index + 1n) * size,
  };
}

/** Masks begin here; the struct pages themselves lie lower (vmemmap). */
const LOWEST_MASK = 0xffff_ffff_0000_0000n;

/**
 * The head of a compound page. Bit 0 marks a tail; the rest is the head's address, or in 7.x
 * (`compound_info`) maybe the mask that leads there.
 * @source include/linux/page-flags.h `_compound_head()`
 */
function headOf(page: KernelObject): KernelObject {
  const name = page.has('compound_info') ? 'compound_info' : 'compound_head';
  const info = page.member(name).pointer();
  if ((info & 1n) === 0n) return page;
  const head = info >= LOWEST_MASK ? page.address & info : info - 1n;
  return page.at(page.type, virtAddr(head));
}

function isSlab(page: KernelObject, mark: SlabMark): boolean {
  if (mark.by === 'type-byte') {
    return page.has('page_type') && page.member('page_type').number() >>> 24 === mark.value;
  }
  // memdesc_flags_t wraps the word since 6.18
  const flags = page.member(page.has('flags.f') ? 'flags.f' : 'flags').bigint();
  return ((flags >> BigInt(mark.bit)) & 1n) === 1n;
}

/** Objects of a slab; behind the last the page may have a rest that belongs to nobody. */
function objectCount(program: Program, page: KernelObject): number {
  const slab = program.findType('struct slab');
  return (slab === undefined ? page : page.cast(slab)).member('objects').number();
}

/** `struct slab` overlays the page since 5.17 (commit d122019bf061); before it is part of struct page. */
function cacheOf(program: Program, page: KernelObject): KernelObject {
  const slab = program.findType('struct slab');
  const object = slab === undefined ? page : page.cast(slab);
  return object.has('slab_cache')
    ? object.member('slab_cache').deref()
    : page.member('slab_cache').deref();
}
