import { hex, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import type { SymbolTable } from '../debuginfo/symbol-table.ts';
import type { Vmcoreinfo } from '../debuginfo/vmcoreinfo.ts';
import { readForwards, type ReadableMemory } from './memory-window.ts';

const BANNER = 'Linux version ';
/** Where x86-64 maps the kernel image. @source arch/x86/include/asm/page_64_types.h */
const KERNEL_IMAGE = 0xffffffff80000000n;

/** Symbols that VMCOREINFO gives the address of. */
export function* toldSymbols(
  vmcoreinfo: Vmcoreinfo,
): Generator<{ name: string; address: VirtAddr }> {
  for (const key of vmcoreinfo.entries.keys()) {
    const name = /^SYMBOL\((\w+)\)$/.exec(key)?.[1];
    const address = name === undefined ? undefined : vmcoreinfo.symbol(name);
    // Some are not the symbol's address but its value (VMCOREINFO_SYMBOL_ARRAY(mem_section)).
    if (address !== undefined && address >= KERNEL_IMAGE) yield { name: name!, address };
  }
}

/**
 * Compares a table with what it was not made from.
 * @param what the table, for people
 * @returns what agrees, for people
 * @throws FaultError `corrupt` when too much disagrees, or nothing could be compared
 */
export function validateSymbols(
  what: string,
  memory: ReadableMemory,
  vmcoreinfo: Vmcoreinfo,
  symbols: SymbolTable,
  warn: (message: string) => void,
): string {
  const agree: string[] = [];
  const disagree: string[] = [];
  for (const { name, address } of toldSymbols(vmcoreinfo)) {
    const found = symbols.findSymbols(name);
    if (found.length === 0) continue;
    if (found.some((symbol) => symbol.address === address)) agree.push(name);
    else disagree.push(`${name} at ${hex(found[0]!.address)} rather than ${hex(address)}`);
  }
  const banner = symbols.findSymbol('linux_banner')?.address;
  const text = banner === undefined ? undefined : readForwards(memory, banner, BANNER.length);
  if (text?.length === BANNER.length) {
    const found = String.fromCharCode(...text);
    if (found === BANNER) agree.push('linux_banner');
    else disagree.push(`${JSON.stringify(found)} at linux_banner`);
  }
  if (disagree.length * 4 > agree.length || agree.length === 0) {
    const found = disagree[0] ?? 'nothing to compare it with';
    const expected = 'addresses as in VMCOREINFO';
    throw new FaultError({ kind: 'corrupt', what, expected, found });
  }
  for (const difference of disagree) warn(`${what} and VMCOREINFO differ: ${difference}.`);
  const shown = agree.slice(0, 3).join(', ');
  return `${agree.length} known symbols agree (${shown}${agree.length > 3 ? ', …' : ''})`;
}
