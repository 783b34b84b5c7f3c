import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseVmcoreinfo } from '../../../src-main/engine/debuginfo/vmcoreinfo.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const SAMPLE = `OSRELEASE=6.1.0-56-cloud-amd64
BUILD-ID=3b43fad5034874490492495d552c0af6a5fab235
PAGESIZE=4096
SYMBOL(_stext)=ffffffff8d200000
SIZE(page)=64
OFFSET(page.flags)=0
OFFSET(list_head.next)=8
LENGTH(zone.free_area)=11
NUMBER(phys_base)=-111149056
NUMBER(sme_mask)=0x800000000000
KERNELOFFSET=c200000
CRASHTIME=1764000000
`;

describe('VMCOREINFO', () => {
  it('gives every kind of value', () => {
    const info = parseVmcoreinfo(bytesOf(SAMPLE));
    expect(info.osRelease).toBe('6.1.0-56-cloud-amd64');
    expect(info.buildId).toBe('3b43fad5034874490492495d552c0af6a5fab235');
    expect(info.pageSize).toBe(4096);
    expect(info.symbol('_stext')).toBe(0xffffffff8d200000n);
    expect(info.size('page')).toBe(64);
    expect(info.offset('list_head.next')).toBe(8);
    expect(info.length('zone.free_area')).toBe(11);
    expect(info.number('phys_base')).toBe(-111149056n);
    expect(info.number('sme_mask')).toBe(0x800000000000n);
    expect(info.kernelOffset).toBe(0xc200000n);
    expect(info.crashTime).toBe(1764000000);
    expect(info.warnings).toEqual([]);
    expect(info.text).toBe(SAMPLE);
  });

  it.each(['', 'ab', 'abcd', '0011223', 'ab'.repeat(65), '../../../../etc/passwd'])(
    'BUILD-ID=%s identifies no build',
    (value) => {
      expect(parseVmcoreinfo(bytesOf(`BUILD-ID=${value}\n`)).buildId).toBeUndefined();
    },
  );

  it('answers undefined for what is missing or is no number', () => {
    const info = parseVmcoreinfo(bytesOf('SYMBOL(a)=zzz\nOFFSET(b.c)=-1\nNUMBER(d)=1.5\n'));
    expect(info.symbol('a')).toBeUndefined();
    expect(info.symbol('other')).toBeUndefined();
    expect(info.offset('b.c')).toBeUndefined();
    expect(info.number('d')).toBeUndefined();
    expect(info.osRelease).toBeUndefined();
  });

  it('ends at the padding, names broken lines and keeps the first of two values', () => {
    const info = parseVmcoreinfo(bytesOf('A=1\nnonsense\nA=2\nB=3\n\0C=4\n'));
    expect([...info.entries]).toEqual([
      ['A', '1'],
      ['B', '3'],
    ]);
    expect(info.warnings).toEqual([
      'VMCOREINFO line 2 is not KEY=VALUE: "nonsense".',
      'VMCOREINFO gives "A" twice; the first value was kept.',
    ]);
  });

  it('takes any bytes without failing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const info = parseVmcoreinfo(bytes);
        for (const key of info.entries.keys()) info.number(key);
        expect(info.warnings.length).toBeLessThanOrEqual(20);
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(parseVmcoreinfo(new Uint8Array(200_000).fill(65)).warnings[0]).toContain('200000 bytes');
  });
});
