import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DWARF_ABI,
  DWARF_REGISTERS,
} from '../../../../src-main/engine/arch/x86-64/dwarf-registers.ts';
import { virtAddr } from '../../../../src-main/engine/base/address.ts';
import type { ByteSource } from '../../../../src-main/engine/base/byte-source.ts';
import { parseBtf } from '../../../../src-main/engine/debuginfo/btf.ts';
import { stepByCfi } from '../../../../src-main/engine/debuginfo/dwarf/cfi-step.ts';
import { CfiTable } from '../../../../src-main/engine/debuginfo/dwarf/cfi-table.ts';
import { DW_AT, DW_TAG } from '../../../../src-main/engine/debuginfo/dwarf/constants.ts';
import { DwarfDebugInfo } from '../../../../src-main/engine/debuginfo/dwarf/debug-info.ts';
import type { DieCursor } from '../../../../src-main/engine/debuginfo/dwarf/die-cursor.ts';
import type { DwarfFile } from '../../../../src-main/engine/debuginfo/dwarf/dwarf-file.ts';
import type { FrameContext } from '../../../../src-main/engine/debuginfo/dwarf/frame-context.ts';
import {
  sectionOfFile,
  type DwarfSections,
} from '../../../../src-main/engine/debuginfo/dwarf/sections.ts';
import { readValueBytes } from '../../../../src-main/engine/debuginfo/dwarf/value-bytes.ts';
import {
  locateVariable,
  variablesOf,
  type ScopeVariable,
} from '../../../../src-main/engine/debuginfo/dwarf/variables.ts';
import { openElf, type ElfFile } from '../../../../src-main/engine/debuginfo/elf.ts';
import { openDump } from '../../../../src-main/engine/dump/open-dump.ts';
import { openProgram } from '../../../../src-main/engine/program/open.ts';
import { BtfTypeFinder } from '../../../../src-main/engine/types/btf-type-finder.ts';
import { DwarfTypeFinder } from '../../../../src-main/engine/types/dwarf-type-finder.ts';
import { findSize } from '../../../../src-main/engine/types/layout.ts';
import type { Type } from '../../../../src-main/engine/types/type.ts';
import { openByteSource } from '../../../../src-main/io/open-byte-source.ts';
import {
  askDrgnFrames,
  corpusDump,
  type DrgnFrames,
  type DrgnFullFrame,
} from '../../../corpus/parity/oracle.ts';
import { codecs } from '../../../support/dump/open.ts';

/** The DWARF engine over real kernels against drgn: every frame, line, register and local. */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];
const LINK_TEXT = 0xffffffff81000000n;
const LAST_IMAGE = 0xffffffffc0000000n;

/**
 * Sources that are compiled more than once, with other types behind the same names: the index keeps
 * one of definitions that have name, size and line in common.
 * @source fs/compat_binfmt_elf.c includes fs/binfmt_elf.c; drivers/iommu/generic_pt/fmt/iommu_*.c
 *   each include iommu_template.h
 */
const COMPILED_TWICE: Readonly<Record<string, readonly string[]>> = {
  'debian-5.10': ['elf_note_info'],
  'debian-6.1': ['elf_note_info'],
  'debian-6.12': ['elf_note_info'],
  'debian-7.2': ['elf_note_info', 'pt_iommu_map_args'],
};

/** Frames of one real function: the inlined ones first, the real one last. */
interface Group {
  readonly frames: readonly DrgnFullFrame[];
  readonly real: DrgnFullFrame;
  readonly pc: bigint;
}

describe.each(NAMES)('vmlinux of %s', (name) => {
  let elf: ElfFile;
  let file: { source: ByteSource; close(): void };
  let info: DwarfDebugInfo;
  let drgn: DrgnFrames;
  let slide: bigint;
  let stacks: Group[][];
  let read: (address: bigint, length: number) => Uint8Array;

  beforeAll(() => {
    const corpus = corpusDump(name);
    file = openFile(corpus.vmlinux);
    elf = openElf(file.source);
    info = new DwarfDebugInfo(dwarfOf(elf, file.source));
    drgn = askDrgnFrames(corpus);
    slide = BigInt(`0x${drgn.text}`) - LINK_TEXT;
    stacks = drgn.stacks.map(groupsOf);
    const program = openProgram(openDump([openByteSource(corpus.dump)], codecs));
    expect(program.symbols.address('_text')).toBe(BigInt(`0x${drgn.text}`));
    read = (address, length) => program.kernel.read(virtAddr(address), length);
  }, 300_000);
  afterAll(() => file.close());

  const isKernel = ({ pc }: Group): boolean => pc >= LINK_TEXT && pc < LAST_IMAGE;
  const lookupOf = ({ pc, real }: Group): bigint => pc - slide - (real.interrupted ? 0n : 1n);

  test("inlined functions and lines of every task's frames are drgn's", () => {
    const different = new Set<string>();
    let count = 0;
    for (const group of stacks.flat().filter(isKernel)) {
      const found = info.findLocation(lookupOf(group));
      const sources = found?.scopes.length === 0 ? [found.line] : (found?.sources ?? []);
      const ours = sources.map((source, i) => {
        const place = source && `${source.file}:${source.line}:${source.column ?? 0}`;
        return `${found?.scopes[i]?.name ?? '-'} ${place ?? '-'}`;
      });
      const theirs = group.frames.map(
        ({ function: fn, source }) => `${fn ?? '-'} ${source?.join(':') ?? '-'}`,
      );
      count += ours.length;
      if (ours.join() !== theirs.join()) different.add(`${group.pc}: ${ours} | ${theirs}`);
    }
    expect([...different]).toEqual([]);
    expect(count).toBeGreaterThan(500);
  });

  test("registers by call frame information are those of drgn's next frame", () => {
    const table = new CfiTable(info.file.sections.frames ?? []);
    const different: string[] = [];
    let count = 0;
    for (const stack of stacks) {
      for (const [i, group] of stack.entries()) {
        const next = stack[i + 1];
        const frame = isKernel(group) ? contextOf(table, stack, i) : undefined;
        if (frame?.step === undefined || next === undefined || next.real.interrupted) continue;
        for (const register of [16, DWARF_ABI.stackPointer, ...DWARF_ABI.calleeSaved]) {
          const ours = frame.step.registers.get(register);
          if (ours === registerOf(next, register)) count++;
          else different.push(`${group.pc} register ${register}: ${ours}`);
        }
      }
    }
    expect(different).toEqual([]);
    expect(count).toBeGreaterThan(2000);
  });

  test("locals and arguments are drgn's wherever drgn has them", () => {
    const table = new CfiTable(info.file.sections.frames ?? []);
    const types = new DwarfTypeFinder(info.file).types;
    const different: string[] = [];
    let count = 0;
    for (const stack of stacks) {
      for (const [i, group] of stack.entries()) {
        if (!isKernel(group)) continue;
        const frame = contextOf(table, stack, i).context;
        const scopes = info.findLocation(lookupOf(group))?.scopes ?? [];
        for (const [level, theirs] of group.frames.entries()) {
          const scope = scopes[level];
          if (scope === undefined) continue;
          const variables = variablesOf(scope);
          const spell = (variable: ScopeVariable): string => {
            const size = findSize(types.typeOf(variable.type)) ?? 8;
            const location = locateVariable(variable, scopes.at(-1)!.die, frame, size);
            if (location.pieces === undefined && location.place.kind === 'memory') {
              return `memory,${location.place.address.toString(16)}`;
            }
            const { bytes } = readValueBytes(location, size, read);
            return `value,${Buffer.from(bytes).toString('hex')}`;
          };
          for (const [variable, value] of Object.entries(theirs.locals)) {
            const named = variables.filter((each) => each.name === variable);
            if (named.length === 0) different.push(`no ${theirs.name}.${variable}`);
            if (value === null) continue;
            const ours = named.map(spell);
            if (ours.includes(value.join())) count++;
            else different.push(`${group.pc} ${theirs.name}.${variable}: ${ours} | ${value}`);
          }
        }
      }
    }
    expect(different).toEqual([]);
    expect(count).toBeGreaterThan(2000);
  });

  test('every type of BTF has the same layout', () => {
    const finder = new DwarfTypeFinder(info.file);
    const section = elf.findSection('.BTF')!;
    const btf = new BtfTypeFinder(parseBtf(elf.readSection(section), 'BTF'));
    const different: string[] = [];
    const unknown: string[] = [];
    const variants: string[] = [];
    let count = 0;
    for (const id of btf.table.iterateTypeIds()) {
      if (btf.table.nameOf(id) === '') continue;
      const type = btf.typeById(id);
      if (type.kind !== 'struct' && type.kind !== 'union' && type.kind !== 'enum') continue;
      if (type.kind === 'enum' ? type.enumerators.length === 0 : type.incomplete) continue;
      const wanted = layoutOf(type);
      const found = finder.findTypes(type.kind, type.name);
      if (found.length === 0) unknown.push(type.name);
      else if (found.some((other) => layoutOf(other) === wanted)) count++;
      else if (found.some((other) => offsetsOf(other) === offsetsOf(type)))
        variants.push(type.name);
      else different.push(`${type.kind} ${type.name}`);
    }
    expect(different).toEqual([]);
    expect(variants).toEqual(COMPILED_TWICE[name]);
    // Types that are defined inside a function are not in the index, which has a file's own.
    const wanted = new Set(unknown);
    expect(definedInFunctions(info.file, wanted)).toEqual(wanted);
    expect(count).toBeGreaterThan(5000);
  });

  function contextOf(table: CfiTable, stack: readonly Group[], i: number) {
    const group = stack[i]!;
    const register = (number: number): bigint | undefined => registerOf(group, number);
    const row = table.find(lookupOf(group));
    const evaluate = (): never => {
      throw new Error('kernels have no expressions there');
    };
    const step = row && stepByCfi(row, { register, read, evaluate }, DWARF_ABI);
    const context: FrameContext = {
      lookupAddress: lookupOf(group),
      relocate: (address) => (address >= LINK_TEXT ? address + slide : address),
      register,
      cfa: step?.cfa,
      read,
      caller: () => undefined,
    };
    return { context, step };
  }
});

function registerOf({ real }: Group, register: number): bigint | undefined {
  const value = real.registers[DWARF_REGISTERS[register] ?? ''];
  return value === undefined ? undefined : BigInt(`0x${value}`);
}

function groupsOf(stack: readonly DrgnFullFrame[]): Group[] {
  const groups: Group[] = [];
  let frames: DrgnFullFrame[] = [];
  for (const frame of stack) {
    frames.push(frame);
    if (frame.inlined) continue;
    groups.push({ frames, real: frame, pc: BigInt(`0x${frame.registers['rip'] ?? '0'}`) });
    frames = [];
  }
  return groups;
}

/** Offsets and types of members, without who told; pahole flattens arrays of arrays, so both are. */
function layoutOf(type: Type, depth = 0): string {
  if (type.kind === 'enum') {
    // BTF before 5.19 (ENUM64) holds the low 32 bits and no sign.
    const low = type.enumerators.map((e) => `${e.name}=${BigInt.asUintN(32, e.value)}`);
    return `${type.size}{${low.join()}}`;
  }
  if (type.kind !== 'struct' && type.kind !== 'union') return spell(type, depth);
  if (depth > 8 || type.incomplete) return 'incomplete';
  const members = type.members.map(
    (m) => `${m.name}@${m.bitOffset}:${m.bitSize} ${spell(m.type, depth)}`,
  );
  return `${type.size}{${members.join(';')}}`;
}

/** Names, offsets and sizes of members, whatever their types. */
function offsetsOf(type: Type): string {
  if (type.kind !== 'struct' && type.kind !== 'union') return layoutOf(type);
  const members = type.members.map(
    (m) => `${m.name}@${m.bitOffset}:${m.bitSize} ${findSize(m.type)}`,
  );
  return `${type.size}{${members.join(';')}}`;
}

function spell(type: Type, depth: number): string {
  switch (type.kind) {
    case 'array': {
      let { element, length } = type;
      for (; element.kind === 'array'; element = element.element) length *= element.length;
      return `${spell(element, depth)}[${length}]`;
    }
    case 'pointer':
      return depth > 4 ? '*' : `*${spell(type.target, depth + 1)}`;
    case 'qualified':
      return type.qualifier === 'restrict'
        ? spell(type.target, depth)
        : `${type.qualifier} ${spell(type.target, depth)}`;
    case 'struct':
    case 'union':
    case 'enum':
      return type.name === '' ? layoutOf(type, depth + 1) : `${type.kind} ${type.name}`;
    case 'function':
      return `(${type.parameters.map((p) => spell(p.type, depth + 1)).join()})`;
    case 'int':
      // pahole 1.20 (5.10) writes some of the kernel's signed `char` as unsigned.
      return `${type.name} ${type.size} ${type.name === 'char' || type.signed} ${type.isBool}`;
    case 'float':
    case 'typedef':
      return type.name;
    case 'void':
      return 'void';
  }
}

/** Those of the names that are types defined in functions. */
function definedInFunctions(file: DwarfFile, names: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const types = new Set<number>([DW_TAG.structureType, DW_TAG.unionType, DW_TAG.enumerationType]);
  const blocks = new Set<number>([DW_TAG.subprogram, DW_TAG.lexicalBlock]);
  const visit = (die: DieCursor, inFunction: boolean): void =>
    die.forEachChild((child) => {
      const name = inFunction && types.has(child.tag) ? child.string(DW_AT.name) : undefined;
      if (name !== undefined && names.has(name)) found.add(name);
      if (blocks.has(child.tag)) visit(child, true);
    });
  for (const offset of file.unitOffsets()) {
    file.withUnit(offset, (unit) => {
      const die = unit.cursor();
      if (die.next()) visit(die, false);
    });
  }
  return found;
}

function openFile(path: string): { source: ByteSource; close(): void } {
  const descriptor = openSync(path, 'r');
  const source: ByteSource = {
    name: basename(path),
    size: statSync(path).size,
    read: (offset, target, at, length) => readSync(descriptor, target, at, length, offset),
  };
  return { source, close: () => closeSync(descriptor) };
}

function dwarfOf(elf: ElfFile, source: ByteSource): DwarfSections {
  const section = (key: string) => {
    const found = elf.findSection(key);
    return found && sectionOfFile(key, source, found.offset, found.size);
  };
  const frame = section('.debug_frame');
  return {
    name: elf.name,
    info: section('.debug_info')!,
    abbrev: section('.debug_abbrev')!,
    line: section('.debug_line'),
    str: section('.debug_str'),
    lineStr: section('.debug_line_str'),
    ranges: section('.debug_ranges'),
    rnglists: section('.debug_rnglists'),
    loc: section('.debug_loc'),
    loclists: section('.debug_loclists'),
    aranges: section('.debug_aranges'),
    frames: frame && [{ kind: 'debug_frame', reader: frame, address: 0n }],
  };
}
