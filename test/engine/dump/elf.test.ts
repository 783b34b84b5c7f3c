import { describe, expect, it } from 'vitest';
import type { Pfn } from '../../../src-main/engine/base/address.ts';
import { drawImage } from '../../support/dump/draw-image.ts';
import { USUAL_NOTES, VMCOREINFO_TEXT } from '../../support/dump/notes.ts';
import { expectDrawing, openBytes, openError } from '../../support/dump/open.ts';
import { kindsOf, pageBytes } from '../../support/dump/page-map.ts';
import { writeElf } from '../../support/dump/write-elf.ts';

// ELF stores zeros as they are: a zero page is a page.
const DRAWING = '.###xx#..##xx###x..###x.';
const KINDS = kindsOf(DRAWING);

describe('ELF vmcore', () => {
  it('shows stored, left-out and absent memory', () => {
    const image = openBytes(writeElf(KINDS));
    expect(image.format).toBe('ELF vmcore');
    expectDrawing(image, DRAWING.slice(0, -1));
    expect(image.countPages()).toEqual({
      present: 12,
      zero: 0,
      excluded: 6,
      'not-ram': 5,
      truncated: 0,
      'missing-part': 0,
    });
    expect([...image.ramRanges()]).toEqual([
      { start: 1, end: 7 },
      { start: 9, end: 17 },
      { start: 19, end: 23 },
    ]);
    expect(image.findStoredFrame(4 as Pfn, image.endPfn)).toBe(6);
    expect(image.findStoredFrame(23 as Pfn, image.endPfn)).toBeUndefined();
  });

  it('reads its notes', () => {
    const image = openBytes(writeElf(KINDS));
    expect(image.notes.map(({ name }) => name)).toEqual(['CORE', 'CORE', 'VMCOREINFO']);
    expect(new TextDecoder().decode(image.vmcoreinfo)).toBe(VMCOREINFO_TEXT);
    const qemu = { name: 'QEMU', type: 0, desc: new Uint8Array(440) };
    expect(openBytes(writeElf(KINDS, { notes: [qemu] })).format).toBe('QEMU ELF vmcore');
  });

  it('counts program headers by section header 0 where there are too many', () => {
    expectDrawing(openBytes(writeElf(KINDS, { extendedCount: true })), DRAWING.slice(0, -1));
  });

  it('reads segments that overlap, as QEMU with paging writes them', () => {
    const aliases = [
      [9, 11],
      [1, 4],
      [10, 11],
    ] as const;
    expectDrawing(openBytes(writeElf(KINDS, { aliases })), DRAWING.slice(0, -1));
  });

  it('RAM that ends inside a page gives that page, the rest as zeros', () => {
    const bytes = writeElf(kindsOf('##'));
    const view = new DataView(bytes.buffer);
    const load = 64 + 56;
    view.setBigUint64(load + 32, 4096n + 1024n, true);
    view.setBigUint64(load + 40, 4096n + 1024n, true);
    const page = new Uint8Array(4096).fill(7);
    const image = openBytes(bytes);
    expect(image.readPage(1 as Pfn, page)).toBe('present');
    expect(page.subarray(0, 1024)).toEqual(pageBytes(1).subarray(0, 1024));
    expect(page.subarray(1024).every((byte) => byte === 0)).toBe(true);
  });

  it('cut off among its pages, shows those before', () => {
    const bytes = writeElf(kindsOf('#####'));
    const image = openBytes(bytes.subarray(0, bytes.length - 4096 - 1));
    expectDrawing(image, '###tt');
    expect(image.countPages()).toMatchObject({ present: 3, truncated: 2 });
    expect(image.warnings.join()).toMatch(/truncated/);
  });

  it.each([
    [3, /no known dump format/],
    [19, /ELF header/],
    [63, /ELF header/],
    [64, /e_phoff/],
    [64 + 56, /e_phoff/],
  ])('cut off at %i bytes, it says where', (length, why) => {
    expect(openError(writeElf(KINDS).subarray(0, length)).message).toMatch(why);
  });

  it('cut off in or before its notes, it opens without them', () => {
    const bytes = writeElf(KINDS);
    const end = 64 + 56 * 7;
    for (const length of [end, end + 7, end + 20, end + 400]) {
      const image = openBytes(bytes.subarray(0, length));
      expect(image.warnings.join()).toMatch(/note/);
      expect(drawImage(image)).toMatch(/^\.ttt/);
    }
  });

  it('says when makedumpfile could not finish it', () => {
    expect(openBytes(writeElf(KINDS, { flags: 1 })).warnings.join()).toMatch(/incomplete/);
  });

  it('opens what QEMU wrote while CPU 0 was not in long mode', () => {
    const image = openBytes(writeElf(KINDS, { machine: 3 }));
    expectDrawing(image, DRAWING.slice(0, -1));
    expect(image.warnings.join()).toMatch(/64-bit mode/);
  });

  it.each([
    ['an executable', { type: 2 }, 'not-a-dump', /vmlinux/],
    ['a module', { type: 1 }, 'not-a-dump', /object file/],
    ['aarch64', { machine: 183 }, 'unsupported', /aarch64/],
    ['another CPU', { machine: 9999 }, 'unsupported', /machine 9999/],
    [
      'a process core',
      { notes: [...USUAL_NOTES, { name: 'CORE', type: 6, desc: new Uint8Array(16) }] },
      'not-a-dump',
      /user process/,
    ],
    ['a core without memory', { kinds: '..' }, 'damaged', /PT_LOAD/],
  ])('refuses %s', (_, options, reason, why) => {
    const { kinds = DRAWING, ...rest } = options as { kinds?: string };
    const error = openError(writeElf(kindsOf(kinds), rest));
    expect(error.message).toMatch(why);
    expect(error.reason).toBe(reason);
  });

  it('refuses a 32-bit core and damaged headers by name', () => {
    const at = (offset: number, value: number): string => {
      const bytes = writeElf(KINDS);
      bytes[offset] = value;
      return openError(bytes).message;
    };
    expect(at(4, 1)).toMatch(/32-bit/);
    expect(at(4, 9)).toMatch(/EI_CLASS at 0x4/);
    expect(at(54, 57)).toMatch(/e_phentsize at 0x36/);
    expect(at(57, 0x70)).toMatch(/e_phoff/);
    expect(at(38, 0xff)).toMatch(/e_phoff/);
  });

  it('an absurd physical address costs only its segment', () => {
    const bytes = writeElf(kindsOf('##.##'));
    new DataView(bytes.buffer).setBigUint64(64 + 56 + 24, 2n ** 60n, true);
    const image = openBytes(bytes);
    expect(drawImage(image)).toBe('...##');
    expect(image.warnings.join()).toMatch(/program header 1 .*52 bits/);
  });

  it('takes one file only', () => {
    expect(openError(writeElf(KINDS), writeElf(KINDS)).reason).toBe('mismatched-set');
  });
});
