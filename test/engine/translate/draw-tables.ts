import { physAddr, type Pfn } from '../../../src-main/engine/base/address.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import type { TableMemory } from '../../../src-main/engine/translate/page-walk.ts';

const FLAGS: Readonly<Record<string, bigint>> = {
  P: 1n,
  RW: 2n,
  US: 4n,
  A: 0x20n,
  D: 0x40n,
  PS: 0x80n,
  G: 0x100n,
  NX: 1n << 63n,
  C: 1n << 47n,
};

/**
 * Page tables as text, one entry a line: `TABLE[INDEX] = ADDRESS FLAG…`, all hex but the index;
 * `raw VALUE` for an entry as it is, `page ADDRESS excluded` for a page the filter dropped. Pages
 * that are not drawn are not in the dump.
 */
export function drawTables(text: string): TableMemory & { reads: number } {
  const pages = new Map<number, Uint8Array>();
  const excluded = new Set<number>();
  for (const line of text.split('\n')) {
    const plain = line.replace(/#.*/, '').trim();
    if (plain === '') continue;
    const dropped = /^page ([0-9a-f]+) excluded$/.exec(plain);
    if (dropped) {
      excluded.add(Number(BigInt(`0x${dropped[1]}`) >> 12n));
      continue;
    }
    const parts = /^([0-9a-f]+)\[([0-9]+)\] *= (raw )?([0-9a-f]+)((?: [A-Z]+)*)$/.exec(plain);
    if (!parts) throw new Error(`not drawn well: ${line}`);
    const frame = Number(BigInt(`0x${parts[1]}`) >> 12n);
    let page = pages.get(frame);
    if (!page) pages.set(frame, (page = new Uint8Array(4096)));
    let entry = BigInt(`0x${parts[4]}`);
    for (const flag of parts[5]!.trim().split(' ')) if (flag) entry |= FLAGS[flag]!;
    new DataView(page.buffer).setBigUint64(Number(parts[2]) * 8, entry, true);
  }
  return {
    reads: 0,
    page(frame: Pfn): Uint8Array {
      this.reads++;
      const phys = physAddr(BigInt(frame) << 12n);
      if (excluded.has(frame)) throw new FaultError({ kind: 'excluded', phys });
      const page = pages.get(frame);
      if (!page) throw new FaultError({ kind: 'not-in-dump', phys, why: 'not-ram' });
      return page;
    },
  };
}
