import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import type { OrcEntry } from '../../../src-main/engine/debuginfo/orc.ts';
import { parseVmcoreinfo } from '../../../src-main/engine/debuginfo/vmcoreinfo.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { findKallsyms } from '../../../src-main/engine/program/find-kallsyms.ts';
import { findVmcoreinfo } from '../../../src-main/engine/program/find-vmcoreinfo.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import { definitionText } from '../../../src-main/engine/types/definition.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { codecs } from '../../support/dump/open.ts';
import { askCrash, corpusDump, type CorpusDump } from './oracle.ts';

/**
 * Symbols, types and ORC of a dump's memory against what other tools say of its vmlinux: `nm`,
 * `readelf`'s DWARF CFI, crash's `struct`.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];
const outputOf = (command: string, ...args: string[]): string =>
  execFileSync(command, args, {
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });

describe.each(NAMES)('%s', (name) => {
  let corpus: CorpusDump;
  let program: Program;

  beforeAll(() => {
    corpus = corpusDump(name);
    program = openProgram(openDump([openByteSource(corpus.dump)], codecs));
  });

  const moved = (address: bigint): bigint => address + (program.vmcoreinfo.kernelOffset ?? 0n);

  test("every symbol of kallsyms is nm's", () => {
    const { symbols } = findKallsyms(program.kernel, program.vmcoreinfo);
    const known = new Set<string>();
    for (const line of outputOf('nm', corpus.vmlinux).split('\n')) {
      const [address = '', , symbol = ''] = line.split(' ');
      if (!/^[0-9a-f]{16}$/.test(address)) continue;
      const value = BigInt(`0x${address}`);
      known.add(`${value < 0xffffffffn ? value : moved(value)} ${symbol}`);
    }
    const strangers = [...symbols.iterate()].filter((s) => !known.has(`${s.address} ${s.name}`));
    expect(strangers).toEqual([]);
    expect(symbols.count).toBeGreaterThan(80_000);
  });

  test('a search finds the same symbols where VMCOREINFO does not tell', () => {
    const lines = program.vmcoreinfo.text.split('\n').filter((line) => !line.includes('kallsyms'));
    const silent = parseVmcoreinfo(new TextEncoder().encode(lines.join('\n')));
    const found = findKallsyms(program.kernel, silent);
    const told = findKallsyms(program.kernel, program.vmcoreinfo);
    expect(found.how).toBe('search');
    expect({ ...found.locations, markers: 0 }).toEqual({ ...told.locations, markers: 0 });
  });

  test('a search of memory finds the VMCOREINFO that the dump carries', () => {
    const found = findVmcoreinfo(program.image);
    expect(found.info.text).toBe(program.vmcoreinfo.text);
    expect(found.warnings).toEqual([]);
  });

  test('ORC finds callers where DWARF CFI does', () => {
    const rows = outputOf('readelf', '-wF', corpus.vmlinux);
    let same = 0;
    const different: string[] = [];
    for (const match of rows.matchAll(/^([0-9a-f]{16}) (rsp|rbp|r10|r13|rdi)\+(\d+) /gm)) {
      const address = virtAddr(moved(BigInt(`0x${match[1]!}`)));
      const entry = program.orcAt(address)?.find(address);
      // The kernel's own table knows no more than DWARF here: noreturn, hand-written code.
      if (entry === undefined || entry.type !== 'call') continue;
      const expected = `${match[2]!
        .replace(/^r(..)$/, '$1')
        .replace('10', 'r10')
        .replace('13', 'r13')}+${match[3]!}`;
      if (ruleOf(entry) === expected) same++;
      else different.push(`${match[1]!}: ${ruleOf(entry)}, not ${expected}`);
    }
    // Functions that realign the stack have two right answers at their beginning.
    expect(same).toBeGreaterThan(200_000);
    expect(different.length, different.slice(0, 5).join('\n')).toBeLessThan(same / 1000);
  });

  // Modules have BTF since 5.11.
  test.skipIf(name === 'debian-5.10')('types of modules come from the kernel’s own list', () => {
    const type = program.type('struct virtnet_info');
    expect(type.origin).toBe('BTF:virtio_net');
    const text = definitionText(type);
    expect(text).toContain('    struct virtio_device *vdev;');
    expect(text).toContain('    struct net_device *dev;');
  });

  // crash 9.0.2 cannot open 7.2.
  test.skipIf(name === 'debian-7.2')("definitions of structs are crash's", () => {
    const names = [...program.types.iterateNames()].filter(({ tag }) => tag === 'struct');
    const picked = names.filter((_, i) => i % 29 === 0).map((each) => each.name);
    const answers = askCrash(
      corpus,
      picked.map((each) => `struct ${each}`),
    );
    const theirs = new Map(
      picked.map((each) => [each, definitionIn(answers.get(`struct ${each}`) ?? '')]),
    );
    const compared = picked.filter((each) => comparable(theirs.get(each)));
    expect(compared.length).toBeGreaterThan(picked.length / 2);
    for (const each of compared) {
      const ours = definitionText(program.type(`struct ${each}`));
      // BTF does not tell `[0]` from `[]`.
      expect.soft(ours.replaceAll('[0]', '[]')).toBe(theirs.get(each)?.replaceAll('[0]', '[]'));
    }
  });
});

function definitionIn(answer: string): string | undefined {
  return /^struct \w+ \{\n[^]*?^SIZE: \d+$/m.exec(answer)?.[0];
}

function ruleOf(entry: OrcEntry): string {
  return `${entry.spReg}+${entry.spOffset}`;
}

/**
 * BTF knows arrays of arrays only flattened, and structs of the modules crash does not know at
 * all; deep down crash writes `{...}`.
 */
function comparable(text: string | undefined): boolean {
  return text !== undefined && !/\]\[|\{\.\.\.\}/.test(text);
}
