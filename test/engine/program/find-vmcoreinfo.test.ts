import { describe, expect, it } from 'vitest';
import type { DumpImage } from '../../../src-main/engine/dump/dump-image.ts';
import { findVmcoreinfo } from '../../../src-main/engine/program/find-vmcoreinfo.ts';

const ROOT = 5;

/** An image of eight frames; frame 5 holds swapper_pg_dir unless `root` is false. */
function imageOf(texts: Readonly<Record<number, string>>, root = true): DumpImage {
  const memory = new Uint8Array(8 * 4096);
  if (root) memory[ROOT * 4096 + 4088] = 0x63;
  for (const [at, text] of Object.entries(texts)) {
    memory.set(new TextEncoder().encode(text), Number(at));
  }
  const image: Pick<DumpImage, 'endPfn' | 'findStoredFrame' | 'readPage'> = {
    endPfn: 8 as DumpImage['endPfn'],
    findStoredFrame: (from, end) => (from < end ? from : undefined),
    readPage: (frame, target) => {
      target.set(memory.subarray(frame * 4096, frame * 4096 + 4096));
      return 'present';
    },
  };
  return image as DumpImage;
}

function vmcoreinfo(release: string, more = ''): string {
  const root = (0xffffffff80000000n + BigInt(ROOT * 4096)).toString(16);
  return `OSRELEASE=${release}\nPAGESIZE=4096\nSYMBOL(_stext)=ffffffff81000000
SYMBOL(swapper_pg_dir)=${root}\nNUMBER(phys_base)=0\n${more}`;
}

describe('searching memory for VMCOREINFO', () => {
  it('finds it across a page border and prefers the fuller copy', () => {
    const found = findVmcoreinfo(
      imageOf({ 24: vmcoreinfo('6.1.0'), [3 * 4096 - 50]: vmcoreinfo('6.1.0', 'CRASHTIME=5\n') }),
    );
    expect(found.info.osRelease).toBe('6.1.0');
    expect(found.info.crashTime).toBe(5);
    expect(found.evidence).toContain('physical 0x2fce');
    expect(found.warnings).toEqual([]);
    expect(found.candidates).toHaveLength(2);
  });

  it('does not take a mention of it for it, and says why', () => {
    expect(() => findVmcoreinfo(imageOf({ 100: 'echo OSRELEASE=$(uname -r)\n' }))).toThrow(
      /expected a VMCOREINFO text, found 1 unbelievable, the first at 0x69: OSRELEASE is no kernel/,
    );
    expect(() => findVmcoreinfo(imageOf({ 100: vmcoreinfo('6.1.0') }, false))).toThrow(
      /swapper_pg_dir maps no kernel/,
    );
    expect(() => findVmcoreinfo(imageOf({}))).toThrow(/found none in 8 pages/);
  });

  it('names another kernel that it saw', () => {
    const found = findVmcoreinfo(
      imageOf({ 0: vmcoreinfo('6.1.0', 'CRASHTIME=5\n'), 8192: vmcoreinfo('5.10.0') }),
    );
    expect(found.info.osRelease).toBe('6.1.0');
    expect(found.warnings).toEqual([
      'Another VMCOREINFO, of 5.10.0, is at physical 0x2000; it was not used.',
    ]);
  });
});
