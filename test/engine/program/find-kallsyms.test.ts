import { describe, expect, it } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { parseVmcoreinfo } from '../../../src-main/engine/debuginfo/vmcoreinfo.ts';
import { findKallsyms } from '../../../src-main/engine/program/find-kallsyms.ts';
import { drawKallsyms, type KallsymsLayout } from '../../support/debuginfo/draw-kallsyms.ts';
import { SparseMemory } from '../../support/debuginfo/sparse-memory.ts';

const STEXT = 0xffffffff9a200000n;
const RODATA = 0xffffffff9a2ff000n;
const BANNER = 0xffffffff9a2fe100n;
const DATA = 0xffffffff9a380000n;
const LAYOUTS: readonly KallsymsLayout[] = ['5.10', '6.1', '6.2', '6.4', '6.15', '7.2'];
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A kernel large enough to be searched for: 3000 functions. */
function kernelText(layout: KallsymsLayout): string {
  const line = (address: bigint, rest: string): string => `${address.toString(16)} ${rest}`;
  const functions = Array.from({ length: 3000 }, (_, i) =>
    line(STEXT + BigInt(i * 64), `t ${i % 7 === 0 ? '__x64_' : ''}sys_func${i}`),
  );
  const perCpu = layout === '6.15' || layout === '7.2' ? [] : ['19000 A this_cpu_off'];
  return [
    ...perCpu,
    line(STEXT, 'T _stext'),
    ...functions,
    line(BANNER, 'D linux_banner'),
    line(DATA, 'D init_uts_ns'),
    line(DATA + 0x1000n, 'B _end'),
  ].join('\n');
}

function draw(layout: KallsymsLayout) {
  const drawn = drawKallsyms(kernelText(layout), layout, RODATA + 0x468n);
  const memory = new SparseMemory();
  memory.put(STEXT, bytesOf('text')).put(BANNER, bytesOf('Linux version 6.1.0 '));
  memory.put(RODATA, new Uint8Array(0x468).fill(0x41)).put(RODATA + 0x468n, drawn.image);
  const told = ['OSRELEASE=6.1.0', `SYMBOL(_stext)=${STEXT.toString(16)}`];
  told.push(`SYMBOL(init_uts_ns)=${DATA.toString(16)}`, 'SYMBOL(mem_section)=ffff88801ffd9000');
  const all = Object.entries(drawn.labels)
    .filter(([name]) => !/markers|seqs/.test(name))
    .map(([name, address]) => `SYMBOL(${name})=${address.toString(16)}`);
  return {
    ...drawn,
    memory,
    silent: parseVmcoreinfo(bytesOf(told.join('\n'))),
    telling: parseVmcoreinfo(bytesOf([...told, ...all].join('\n'))),
  };
}

describe('finding kallsyms', () => {
  it.each(LAYOUTS)('%s: by search, where VMCOREINFO does not tell', (layout) => {
    const { memory, silent, labels } = draw(layout);
    const found = findKallsyms(memory, silent);
    expect(found.how).toBe('search');
    expect(found.locations.names).toBe(labels['kallsyms_names']);
    expect(found.locations.offsets).toBe(labels['kallsyms_offsets']);
    expect(found.symbols.findSymbol('sys_func2999')?.address).toBe(STEXT + 2999n * 64n);
    expect(found.evidence).toContain('3 known symbols agree (_stext, init_uts_ns, linux_banner)');
    expect(found.warnings).toEqual([]);
  });

  it.each(LAYOUTS)('%s: where VMCOREINFO tells', (layout) => {
    const { memory, telling } = draw(layout);
    const found = findKallsyms(memory, telling);
    expect(found.how).toBe('VMCOREINFO');
    expect(found.symbols.findSymbol('init_uts_ns')?.address).toBe(DATA);
  });

  it('searches, and says so, when VMCOREINFO is wrong', () => {
    const { memory, telling } = draw('6.1');
    const wrong = telling.text.replace(/(kallsyms_names\)=ffffffff9a)..../, '$12ff0');
    const found = findKallsyms(memory, parseVmcoreinfo(bytesOf(wrong)));
    expect(found.how).toBe('search');
    expect(found.warnings[0]).toContain('kallsyms is not where VMCOREINFO says');
  });

  it('a missing page is named as that, not as "not found"', () => {
    const { memory, telling, labels } = draw('6.4');
    memory.exclude(labels['kallsyms_offsets']! + 4096n);
    expect(() => findKallsyms(memory, telling)).toThrow(/page excluded by the dump filter/);
  });

  it.each(LAYOUTS)('%s: a page among the names costs the names of its blocks', (layout) => {
    for (const how of ['silent', 'telling'] as const) {
      const drawn = draw(layout);
      const missing = drawn.labels['kallsyms_names']! + 9000n;
      drawn.memory.exclude(missing);
      const { symbols, warnings } = findKallsyms(drawn.memory, drawn[how]);
      expect(symbols.lost % 256).toBe(0);
      expect(symbols.lost).toBeGreaterThan(0);
      expect(symbols.lost).toBeLessThanOrEqual(768);
      expect(warnings.join()).toMatch(
        new RegExp(
          `^${symbols.lost} of \\d+ names of kallsyms are lost \\(page excluded .*may have`,
        ),
      );
      const named = [...symbols.iterate({ substring: 'sys_func' })];
      expect(named).toHaveLength(3000 - symbols.lost);
      for (const { name, address } of named) {
        expect(address).toBe(STEXT + BigInt(Number(name.slice(name.indexOf('func') + 4)) * 64));
      }
      // Between them nobody answers: not the last symbol before the gap.
      const at = symbols.lostSpan()!;
      expect(symbols.symbolAt(at.first)).toBeUndefined();
      expect(symbols.symbolAt(virtAddr(at.last + 8n))).toBeUndefined();
      expect(symbols.aliasesAt(at.first)).toEqual([]);
      expect(symbols.findSymbol('')).toBeUndefined();
    }
  });

  it('overwritten names cost their blocks, too', () => {
    const { memory, telling, labels } = draw('6.1');
    memory.put(labels['kallsyms_names']! + 9000n, new Uint8Array(40));
    const { symbols, warnings } = findKallsyms(memory, telling);
    expect(symbols.lost).toBe(256);
    expect(warnings.join()).toMatch(/256 of .* lost \(corrupt kallsyms_names/);
  });

  it('does not believe tables of which most names are lost', () => {
    const { memory, telling, labels } = draw('6.1');
    const names = labels['kallsyms_names']!;
    for (let at = names; at < labels['kallsyms_markers']! - 4096n; at += 4096n) memory.exclude(at);
    expect(() => findKallsyms(memory, telling)).toThrow(/names of 3003 bytes|excluded|names lost/);
  });

  it('a search past missing pages does not say that there are no tables', () => {
    const { memory, silent, labels } = draw('5.10');
    memory.exclude(labels['kallsyms_token_table']!).exclude(labels['kallsyms_token_index']!);
    expect(() => findKallsyms(memory, silent)).toThrow(
      /none, but pages are missing there: \d+ \(page excluded by the dump filter/,
    );
  });

  it('does not believe tables that disagree with what is known', () => {
    const { memory, silent } = draw('6.1');
    memory.put(BANNER, bytesOf('Not the banner of it'));
    const moved = silent.text.replace(DATA.toString(16), (DATA + 8n).toString(16));
    expect(() => findKallsyms(memory, parseVmcoreinfo(bytesOf(moved)))).toThrow(
      /kallsyms: expected addresses as in VMCOREINFO/,
    );
  });

  it('ends where there is nothing, and where everything looks like it', () => {
    const memory = new SparseMemory();
    const range = { start: virtAddr(STEXT), end: virtAddr(STEXT + 0x400000n) };
    expect(() => findKallsyms(memory, parseVmcoreinfo(bytesOf('')), range)).toThrow(
      /kallsyms in 0xffffffff9a200000-0xffffffff9a600000: expected the tables of kallsyms/,
    );
    const digits = '0123456789'.split('').join('\0') + '\0';
    memory.put(STEXT, bytesOf(digits.repeat(20_000)));
    expect(() => findKallsyms(memory, parseVmcoreinfo(bytesOf('')), range)).toThrow(/kallsyms/);
  });
});
