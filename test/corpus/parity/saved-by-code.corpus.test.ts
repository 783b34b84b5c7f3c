import { afterAll, describe, expect, test } from 'vitest';
import { decodeInstruction } from '../../../src-main/engine/arch/x86-64/instruction.ts';
import { DWARF_ABI } from '../../../src-main/engine/arch/x86-64/dwarf-registers.ts';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { tryRead } from '../../../src-main/engine/base/fault.ts';
import type { CfiRow } from '../../../src-main/engine/debuginfo/dwarf/cfi-row.ts';
import { CfiTable } from '../../../src-main/engine/debuginfo/dwarf/cfi-table.ts';
import { debugFileOf } from '../../../src-main/engine/debuginfo/elf-debug-file.ts';
import { openElf } from '../../../src-main/engine/debuginfo/elf.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import {
  savedRegistersByCode,
  type RegistersByCode,
} from '../../../src-main/engine/unwind/saved-by-code.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { codecs } from '../../support/dump/open.ts';
import { corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * Where functions saved their callers' registers, by the dump's code alone, against vmlinux's call
 * frame information: behind the calls of every 8th function.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];
const EVERY = Number(process.env['EVERY'] ?? 8);
const CALLS_EACH = 6;

afterAll(() => printTable("vmlinux's call frame information"));

describe.each(NAMES)('%s', (name) => {
  test('registers saved, and left alone', () => {
    const corpus = corpusDump(name);
    const program = openProgram(openDump([openByteSource(corpus.dump)], codecs));
    const file = debugFileOf(openElf(openByteSource(corpus.vmlinux)));
    const cfi = new CfiTable(file.dwarf?.frames ?? []);
    const moved = program.vmcoreinfo.kernelOffset ?? 0n;
    const end = program.symbols.findInKernel('_etext')?.address ?? 0n;
    const begin = program.symbols.findInKernel('_stext')?.address ?? 0n;
    const table = program.symbols.kernelTable!;
    let equal = 0;
    let none = 0;
    let registers = 0;
    const unknown = new Map<string, number>();
    const different: string[] = [];
    let functions = 0;
    let previous = 0n;
    for (let i = 0; i < table.count; i++) {
      const { address, name: symbol } = table.at(i);
      if (address < begin || address >= end || address === previous) continue;
      previous = address;
      if (/^__pfx_|\.cold(\.|$)/.test(symbol) || functions++ % EVERY !== 0) continue;
      const size = table.symbolAt(address)?.size ?? 0;
      const code =
        size > 0 && size < 65_536 ? tryRead(() => program.kernel.read(address, size)) : undefined;
      if (code === undefined) continue;
      for (const after of callsOf(code)) {
        const row = cfi.find(BigInt.asUintN(64, address + BigInt(after) - 1n - moved));
        if (row?.cfa.kind !== 'register' || row.signal) continue;
        const ours = savedRegistersByCode(code, after, true);
        if (ours === undefined) {
          none++;
          continue;
        }
        const wrong = differenceOf(
          ours,
          row,
          (register) => {
            registers++;
            return register;
          },
          unknown,
        );
        if (wrong === undefined) equal++;
        else
          different.push(
            `${symbol}+0x${after.toString(16)} ${virtAddr(address - moved).toString(16)}: ${wrong}`,
          );
      }
    }
    console.log(name, { functions, equal, none, registers, different: different.length }, unknown);
    record({ dump: name, what: 'places: CFA, all registers', equal, of: equal + different.length });
    record({
      dump: name,
      what: 'places answered',
      equal: equal + different.length,
      of: equal + different.length + none,
    });
    expect(different.length, different.slice(0, 40).join('\n')).toBe(0);
    expect(equal).toBeGreaterThan(5000);
  });
});

/** Offsets behind calls, from a plain reading of the bytes. */
function callsOf(code: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 0; at < code.length;) {
    const instruction = decodeInstruction(code, at);
    if (instruction === undefined) break;
    at += instruction.length;
    const { opcode, modrm } = instruction;
    if (opcode === 0xe8 || (opcode === 0xff && ((modrm >> 3) & 7) === 2)) found.push(at);
  }
  const step = Math.max(1, Math.floor(found.length / CALLS_EACH));
  return found.filter((_, i) => i % step === 0);
}

/** What the two say differently; a register of which the code does not tell is no difference. */
function differenceOf(
  ours: RegistersByCode,
  row: CfiRow,
  count: (register: number) => void,
  unknown: Map<string, number>,
): string | undefined {
  const cfa = row.cfa.kind === 'register' ? row.cfa : undefined;
  const base = { rsp: 7, rbp: 6 }[ours.cfa.register];
  if (cfa?.register === base && cfa.offset !== ours.cfa.offset) {
    return `CFA ${ours.cfa.register}+${ours.cfa.offset}, not +${cfa.offset}`;
  }
  if (cfa?.register !== base) unknown.set(`cfa`, (unknown.get('cfa') ?? 0) + 1);
  for (const register of DWARF_ABI.calleeSaved) {
    const rule = row.registers.get(register);
    const saved = ours.saved.get(register);
    const unchanged = ours.unchanged.has(register);
    if (!unchanged && saved === undefined) {
      unknown.set(`r${register}`, (unknown.get(`r${register}`) ?? 0) + 1);
      continue;
    }
    count(register);
    if (rule?.kind === 'offset') {
      // Saved but not changed yet: both are right.
      if (saved !== rule.offset && !unchanged)
        return `register ${register} at ${saved}, not ${rule.offset}`;
    } else if (rule === undefined || rule.kind === 'same') {
      if (!unchanged) return `register ${register} at ${saved}, not unchanged`;
    } else return `register ${register}: ${rule.kind}`;
  }
  return undefined;
}
