import { virtAddr } from '../base/address.ts';
import { findSlabObject } from '../kernel/slab.ts';
import type { Program } from '../program/program.ts';

/**
 * What crash puts in place of a word that is an address: `symbol+offset` (decimal), else with `slab`
 * the cache in brackets (`[filp]`), with `slab-address` the address too (`[ffff…:filp]`). By the
 * value alone: a number that happens to be such an address is named too.
 */
export function findWordName(
  program: Program,
  value: bigint,
  slabs: 'none' | 'slab' | 'slab-address',
): string | undefined {
  const address = virtAddr(value);
  const hit = program.symbols.at(address);
  if (hit !== undefined) {
    return hit.offset === 0 ? hit.symbol.name : `${hit.symbol.name}+${hit.offset}`;
  }
  if (slabs === 'none') return undefined;
  const slab = findSlabObject(program, address);
  if (slab === undefined) return undefined;
  const at = slabs === 'slab-address' ? `${value.toString(16).padStart(16, '0')}:` : '';
  return `[${at}${slab.cache}]`;
}
