import { afterAll, describe, expect, test } from 'vitest';
import { decodeInstruction } from '../../../src-main/engine/arch/x86-64/instruction.ts';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { tryRead } from '../../../src-main/engine/base/fault.ts';
import type { FrameContext } from '../../../src-main/engine/debuginfo/dwarf/frame-context.ts';
import { evaluateValue } from '../../../src-main/engine/debuginfo/dwarf/expression.ts';
import { locateVariable, variablesOf } from '../../../src-main/engine/debuginfo/dwarf/variables.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { ProgramDebugInfo } from '../../../src-main/engine/program/debug-info.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import { findSize } from '../../../src-main/engine/types/layout.ts';
import type { CodePoint } from '../../../src-main/engine/unwind/code-flow.ts';
import {
  ARGUMENT_REGISTERS,
  argumentCodeOf,
} from '../../../src-main/engine/unwind/derived-arguments.ts';
import { argumentPointAt } from '../../../src-main/engine/unwind/derived-arguments-code.ts';
import { keptOf } from '../../../src-main/engine/unwind/derived-arguments-kept.ts';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { openDebugFile } from '../../../src-main/io/debuginfo-search/open-debug-file.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { codecs } from '../../support/dump/open.ts';
import { corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * What machine code alone tells of arguments behind the calls of every 16th function, against
 * vmlinux's DWARF: where parameters are there (location lists), and what the calls pass (call site
 * parameters). Registers have made-up values, so that equal expressions are equal numbers.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];
const EVERY = Number(process.env['EVERY'] ?? 16);
const CALLS_EACH = 6;
/** Parameters that their functions assign to: what is kept is the argument, DWARF tells the variable. */
const ASSIGNED = new Set([
  '__vmalloc_node_range size', // size = PAGE_ALIGN(size)
  'argv_free argv', // argv--
  'create_hist_field flags', // flags |= HIST_FIELD_FL_...
  'filldir64 d_type', // d_type &= S_DT_MASK
  'fwnode_string fmt', // fmt++
  'ip6_route_output_flags_noref flags', // flags |= RT6_LOOKUP_F_...
  'listxattr size', // size = XATTR_LIST_MAX
  'pkcs1pad_decrypt_complete err', // err = -EINVAL, 0
]);
const CALLEE_SAVED = [3, 5, 12, 13, 14, 15];
/** The processor's number -> DWARF's. */
const DWARF_NUMBER = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];
const CFA = 0x7fff_0000_0000_0000n;
const madeUp = (register: number): bigint =>
  0x7000_0000_0000_0000n + (BigInt(register) << 48n) + 0x1234_5678n * BigInt(register);

afterAll(() => printTable("vmlinux's DWARF, place by place"));

describe.each(NAMES)('%s', (name) => {
  test('arguments kept and passed', async () => {
    const corpus = corpusDump(name);
    const program = openProgram(openDump([openByteSource(corpus.dump)], codecs));
    const file = await openDebugFile(corpus.vmlinux, { cache: openCacheFolder() });
    const slide = program.translator.kernelOffset!;
    const covers = (): boolean => true;
    const part = {
      name: 'vmlinux',
      path: corpus.vmlinux,
      match: 'build-id',
      dwarf: file.dwarf!,
      slide,
      covers,
    };
    const debugInfo = new ProgramDebugInfo([part as never]);
    const { env, hidden } = argumentCodeOf(program);
    const table = program.symbols.kernelTable!;
    const begin = program.symbols.findInKernel('_stext')?.address ?? 0n;
    const end = program.symbols.findInKernel('_etext')?.address ?? 0n;
    const count = { places: 0, followed: 0, kept: 0, none: 0, assigned: 0, passed: 0 };
    const reasons = new Map<string, number>();
    const different: string[] = [];
    const passedDifferent: string[] = [];
    let previous = 0n;
    let functions = 0;
    for (let i = 0; i < table.count; i++) {
      const { address, name: symbol } = table.at(i);
      if (address < begin || address >= end || address === previous) continue;
      previous = address;
      if (symbol.includes('.') || symbol.startsWith('__pfx_') || functions++ % EVERY !== 0)
        continue;
      const size = table.symbolAt(address)?.size ?? 0;
      const code =
        size > 0 && size < 65_536 ? tryRead(() => program.kernel.read(address, size)) : undefined;
      if (code === undefined) continue;
      for (const after of callsOf(code)) {
        count.places++;
        const pc = virtAddr(address + BigInt(after));
        const found = argumentPointAt(env, hidden, pc, true);
        if (typeof found === 'string') {
          reasons.set(found, (reasons.get(found) ?? 0) + 1);
          continue;
        }
        const { height } = found.point.state;
        const { state } = found.point;
        let unknown = 0;
        const context: FrameContext = {
          lookupAddress: pc - 1n - slide,
          relocate: (each) => (each >= 0xffff_ffff_8000_0000n ? each + slide : each),
          register: (number) => {
            const own = DWARF_NUMBER.indexOf(number);
            if (own === 4) return height === undefined ? undefined : CFA - BigInt(height);
            if (!CALLEE_SAVED.includes(own)) return undefined;
            const id = state.register(own);
            if (!isFollowed(found.point, id)) unknown++;
            return numberFor(found.point, id) ?? madeUp(own);
          },
          cfa: CFA,
          read: (address, length) => {
            const offset = Number(BigInt.asIntN(64, address - CFA));
            const slot = length === 8 || length === 4 ? state.slot(offset, length) : 0;
            const value = numberFor(found.point, slot);
            const bytes = new Uint8Array(8);
            if (!isFollowed(found.point, slot)) unknown++;
            new DataView(bytes.buffer).setBigUint64(
              0,
              BigInt.asUintN(length * 8, value ?? 0n),
              true,
            );
            return bytes.subarray(0, length);
          },
          caller: () => undefined,
        };
        count.followed++;
        const where = `${symbol}+0x${after.toString(16)}`;
        const scope = debugInfo.findLocation(pc, true)?.scopes.at(-1);
        const prototype = program.types.findFunctionType(symbol);
        const result = prototype && tryRead(() => findSize(prototype.result));
        // A large result's address is the first argument.
        if ((result ?? 0) > 8) continue;
        if (scope === undefined || scope.name !== symbol) continue;
        const types = debugInfo.typesOf(part as never).types;
        const parameters = variablesOf(scope).filter((each) => each.kind === 'parameter');
        for (const [k, parameter] of parameters.entries()) {
          const register = ARGUMENT_REGISTERS[k];
          const bytes = tryRead(() => findSize(types.typeOf(parameter.type)));
          if (register === undefined || bytes === undefined || bytes > 8 || bytes === 0) break;
          unknown = 0;
          const { place, pieces } = locateVariable(parameter, scope.die, context, bytes);
          if (!isKept(found.point, register, bytes)) {
            count.none++;
            continue;
          }
          if (pieces !== undefined || place.kind === 'absent' || place.kind === 'implicit-pointer')
            continue;
          const theirs =
            place.kind === 'register'
              ? place.value
              : numberOf(place.kind === 'bytes' ? place.bytes : context.read(place.address, bytes));
          // Computed from what the code does not tell: nothing to compare with.
          if (unknown > 0) continue;
          const low = (each: bigint): bigint => BigInt.asUintN(bytes * 8, each);
          const ours = numberFor(found.point, state.values.entry(register))!;
          if (low(theirs) === low(ours)) count.kept++;
          else if (ASSIGNED.has(`${symbol} ${parameter.name}`)) count.assigned++;
          else
            different.push(
              `${where} ${parameter.name}: ${spell(low(ours))}, DWARF ${spell(low(theirs))}`,
            );
        }
        const site = tryRead(() => debugInfo.infoOf(part as never).findCallSite(pc - slide));
        for (const { location, value } of site?.parameters ?? []) {
          const own = location.length === 1 ? DWARF_NUMBER.indexOf(location[0]! - 0x50) : -1;
          if (!ARGUMENT_REGISTERS.includes(own)) continue;
          const id = state.register(own);
          if (!isPassed(found.point, id)) continue;
          const ours = numberFor(found.point, id)!;
          unknown = 0;
          let theirs: bigint;
          try {
            const never = (): never => {
              throw new RangeError('not compared');
            };
            const scope = {
              unit: site!.die.unit,
              frame: context,
              frameBase: () => CFA,
              entryValue: never,
              locationOf: never,
            };
            theirs = evaluateValue(value, scope);
          } catch {
            continue;
          }
          if (unknown > 0) continue;
          const bits = widthOf(found.point, id);
          if (BigInt.asUintN(bits, ours) === BigInt.asUintN(bits, theirs)) count.passed++;
          else passedDifferent.push(`${where} r${own}: ${spell(ours)}, DWARF ${spell(theirs)}`);
        }
      }
    }
    console.log(
      name,
      count,
      different.length,
      passedDifferent.length,
      [...reasons].sort(([, a], [, b]) => b - a),
    );
    record({
      dump: name,
      what: 'arguments kept',
      equal: count.kept,
      of: count.kept + different.length,
    });
    record({
      dump: name,
      what: 'arguments passed',
      equal: count.passed,
      of: count.passed + passedDifferent.length,
    });
    expect(different).toEqual([]);
    expect(passedDifferent).toEqual([]);
    expect(count.passed).toBeGreaterThan(1000);
    expect(count.kept).toBeGreaterThan(1000);
  });
});

const spell = (value: bigint): string => value.toString(16);

/** A number for a value: equal for equal values, and computed as they are. */
function numberFor({ state: { values } }: CodePoint, id: number): bigint | undefined {
  const value = values.get(id);
  switch (value?.kind) {
    case undefined:
      return undefined;
    case 'constant':
      return value.value;
    case 'stack':
      return CFA + BigInt(value.offset);
    case 'sum':
      return BigInt.asUintN(
        64,
        numberFor({ state: { values } } as CodePoint, value.of)! + value.add,
      );
    case 'extended': {
      const of = numberFor({ state: { values } } as CodePoint, value.of)!;
      return BigInt.asUintN(
        64,
        value.sign ? BigInt.asIntN(value.bits, of) : BigInt.asUintN(value.bits, of),
      );
    }
    default:
      return madeUp(id + 16);
  }
}

/** Neither unknown nor computed from a copy of something unknown. */
function isFollowed(point: CodePoint, id: number): boolean {
  const value = point.state.values.get(id);
  if (value?.kind === 'sum' || value?.kind === 'extended') return isFollowed(point, value.of);
  return value !== undefined && value.kind !== 'copied';
}

/** Bits of an argument that its call site tells for certain: DWARF has no types there. */
function widthOf({ state: { values } }: CodePoint, id: number): number {
  const value = values.get(id);
  if (value?.kind === 'extended') return Math.min(32, value.bits);
  if (value?.kind !== 'constant') return 32;
  return value.value < 256n ? 8 : value.value < 65_536n ? 16 : 32;
}

/** The code says that an argument is kept somewhere, in so many bytes. */
function isKept({ state, stackEscapes }: CodePoint, register: number, bytes: number): boolean {
  const entry = state.values.entry(register);
  const enough = (id: number, bits: number): boolean =>
    Math.min(keptOf(state.values, id, entry)?.bits ?? 0, bits) >= bytes * 8;
  return (
    CALLEE_SAVED.some((i) => enough(state.register(i), 64)) ||
    (!stackEscapes &&
      [...state.slots.values()].some(({ value, width }) => enough(value, width * 8)))
  );
}

/** The code says what a register holds before the call, from what can be known in a frame. */
function isPassed(point: CodePoint, id: number): boolean {
  if (CALLEE_SAVED.some((i) => point.state.register(i) === id)) return id !== 0;
  const value = point.state.values.get(id);
  if (value?.kind === 'constant' || value?.kind === 'stack') return true;
  return value?.kind === 'sum' || value?.kind === 'extended' ? isPassed(point, value.of) : false;
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

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
