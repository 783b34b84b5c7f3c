import { hex, physAddr, pfn, PAGE_SIZE, type PhysAddr } from '../base/address.ts';
import { FaultError, tryRead } from '../base/fault.ts';
import { parseVmcoreinfo, type Vmcoreinfo } from '../debuginfo/vmcoreinfo.ts';
import type { DumpImage } from '../dump/dump-image.ts';
import { iteratePresentPages } from '../memory/scan-pages.ts';

/** A text in memory that looks like VMCOREINFO. */
export interface VmcoreinfoCandidate {
  readonly address: PhysAddr;
  readonly info: Vmcoreinfo;
  /** Why it is not believed; empty when it is. */
  readonly doubts: readonly string[];
}

export interface FoundVmcoreinfo {
  readonly info: Vmcoreinfo;
  readonly evidence: string;
  readonly warnings: readonly string[];
  /** All that were seen, in the order of their addresses. */
  readonly candidates: readonly VmcoreinfoCandidate[];
}

const MARK = Uint8Array.from('OSRELEASE=', (character) => character.charCodeAt(0));
/** The kernel gives the text one page; its copy in the ELF note may lie across two. */
const MAX_TEXT = PAGE_SIZE;
/** More is not a machine's memory but an attack on our patience. */
const MAX_CANDIDATES = 64;

/**
 * Searches all memory for VMCOREINFO, for dumps that carry none (QEMU, raw). A crashed kernel has
 * two copies (vmcoreinfo_data and the ELF note); nested guests and old page contents may have
 * others. A candidate is believed when it has what every kernel writes and its page table root
 * looks like one; of several, the one with the most entries wins, and the others are named.
 * @throws FaultError when none is believable
 * @source kernel/vmcore_info.c crash_save_vmcoreinfo_init()
 */
export function findVmcoreinfo(image: DumpImage): FoundVmcoreinfo {
  const candidates: VmcoreinfoCandidate[] = [];
  let pages = 0;
  for (const page of iteratePresentPages(image)) {
    pages++;
    for (let at = indexOf(page.bytes, 0); at >= 0; at = indexOf(page.bytes, at + 1)) {
      if (candidates.length >= MAX_CANDIDATES) break;
      const text = textAt(image, page.frame, page.bytes, at);
      const info = parseVmcoreinfo(text);
      const doubts = [...doubtsOf(info), ...doubtsOfPageTable(image, info)];
      candidates.push({ address: physAddr(BigInt(page.frame) * 4096n + BigInt(at)), info, doubts });
    }
  }
  const believed = candidates
    .filter((candidate) => candidate.doubts.length === 0)
    .sort((a, b) => b.info.entries.size - a.info.entries.size);
  const best = believed[0];
  if (best === undefined) throw none(pages, candidates);
  const evidence = `found at physical ${hex(best.address)} by a search of ${pages} pages; its page table root is one`;
  return { info: best.info, evidence, warnings: warningsOf(best, believed), candidates };
}

function warningsOf(
  best: VmcoreinfoCandidate,
  believed: readonly VmcoreinfoCandidate[],
): readonly string[] {
  const same = (info: Vmcoreinfo): boolean =>
    info.osRelease === best.info.osRelease &&
    info.symbol('_stext') === best.info.symbol('_stext') &&
    info.number('phys_base') === best.info.number('phys_base');
  return believed
    .filter((candidate) => !same(candidate.info))
    .map(
      ({ address, info }) =>
        `Another VMCOREINFO, of ${info.osRelease ?? 'an unknown kernel'}, is at physical ${hex(address)}; it was not used.`,
    );
}

/** What every kernel since 5.10 writes. */
function doubtsOf(info: Vmcoreinfo): string[] {
  const doubts: string[] = [];
  if (!/^[0-9]+\.[0-9]+/.test(info.osRelease ?? '')) doubts.push('OSRELEASE is no kernel release');
  if (info.pageSize !== PAGE_SIZE) doubts.push(`PAGESIZE is not ${PAGE_SIZE}`);
  if (info.symbol('_stext') === undefined) doubts.push('SYMBOL(_stext) is missing');
  if (info.symbol('swapper_pg_dir') === undefined) doubts.push('SYMBOL(swapper_pg_dir) is missing');
  if (info.number('phys_base') === undefined) doubts.push('NUMBER(phys_base) is missing');
  return doubts;
}

/** @source arch/x86/include/asm/page_64_types.h __START_KERNEL_map */
const START_KERNEL_MAP = 0xffffffff80000000n;
const PRESENT = 1;

/** The kernel's image is mapped by the last entry of swapper_pg_dir. */
function doubtsOfPageTable(image: DumpImage, info: Vmcoreinfo): string[] {
  const root = info.symbol('swapper_pg_dir');
  const base = info.number('phys_base');
  if (root === undefined || base === undefined) return [];
  const physical = BigInt.asUintN(64, root - START_KERNEL_MAP + base);
  if (physical >= BigInt(image.endPfn) * 4096n || physical % 4096n !== 0n) {
    return [`swapper_pg_dir would be at physical ${hex(physical)}, outside the dump`];
  }
  const page = new Uint8Array(PAGE_SIZE);
  const state = tryRead(() => image.readPage(pfn(Number(physical >> 12n)), page));
  if (state !== 'present') return [`the page of swapper_pg_dir is ${state ?? 'damaged'}`];
  return (page[PAGE_SIZE - 8]! & PRESENT) === 0 ? ['swapper_pg_dir maps no kernel'] : [];
}

/** Bytes from the mark to NUL; goes on into the next page frame when the page ends before. */
function textAt(image: DumpImage, frame: number, bytes: Uint8Array, at: number): Uint8Array {
  const text = new Uint8Array(MAX_TEXT);
  const here = bytes.subarray(at);
  text.set(here);
  const more = MAX_TEXT - here.length;
  if (!here.includes(0) && more > 0 && frame + 1 < image.endPfn) {
    const next = new Uint8Array(PAGE_SIZE);
    const state = tryRead(() => image.readPage(pfn(frame + 1), next));
    if (state === 'present') text.set(next.subarray(0, more), here.length);
  }
  const end = text.indexOf(0);
  return end < 0 ? text : text.subarray(0, end);
}

function indexOf(bytes: Uint8Array, from: number): number {
  const last = MARK.length - 1;
  const final = MARK[last]!;
  // `=` is rarer in memory than `O`.
  for (let at = bytes.indexOf(final, from + last); at >= 0; at = bytes.indexOf(final, at + 1)) {
    let i = 0;
    while (i < last && bytes[at - last + i] === MARK[i]) i++;
    if (i === last) return at - last;
  }
  return -1;
}

function none(pages: number, candidates: readonly VmcoreinfoCandidate[]): FaultError {
  const first = candidates[0];
  const found =
    first === undefined
      ? `none in ${pages} pages`
      : `${candidates.length} unbelievable, the first at ${hex(first.address)}: ${first.doubts.join(', ')}`;
  return new FaultError({ kind: 'corrupt', what: 'memory', expected: 'a VMCOREINFO text', found });
}
