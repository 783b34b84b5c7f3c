import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { FrameVariable, StackFrame } from '../../../src-shared/contract/index.ts';
import { virtAddr } from '../../../src-main/engine/base/address.ts';
import { tryRead } from '../../../src-main/engine/base/fault.ts';
import { FrameDetails } from '../../../src-main/engine/commands/frame-details.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { findTasks } from '../../../src-main/engine/kernel/tasks.ts';
import { ProgramDebugInfo } from '../../../src-main/engine/program/debug-info.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import { unwindTask } from '../../../src-main/engine/unwind/task.ts';
import { withSources } from '../../../src-main/engine/commands/frame-sources.ts';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { openDebugFile } from '../../../src-main/io/debuginfo-search/open-debug-file.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { codecs } from '../../support/dump/open.ts';
import { askGdbFrames, hasGdb, type GdbFrame, type ThreadRegisters } from './gdb-frames.ts';
import { corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * Values that debug information tells through the call (the entry value of a parameter, by its
 * caller's registers and variables), which drgn does not have, beside gdb's own evaluation. gdb gets
 * an ELF core of the same stacks, and a thread for every task and every boundary of a stack.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];
const SCRIPT = join(import.meta.dirname, '../oracle/gdb_frames.py');
/** Pages around each frame's stack pointer that gdb gets. */
const PAGES_AROUND = 4n;

afterAll(() => printTable('gdb (variables, also those through the call)'));

interface Detailed {
  readonly where: string;
  readonly key: string;
  readonly frame: StackFrame;
}

describe.skipIf(!hasGdb).each(NAMES)('%s', (name) => {
  test('variables of all tasks', async () => {
    const corpus = corpusDump(name);
    const program = openProgram(openDump([openByteSource(corpus.dump)], codecs));
    const file = await openDebugFile(corpus.vmlinux, { cache: openCacheFolder() });
    const modules = program.modules();
    const slide = program.translator.kernelOffset!;
    const covers = (address: bigint): boolean =>
      !modules.some((each) => each.contains(virtAddr(address)));
    const { dwarf, path } = { dwarf: file.dwarf!, path: corpus.vmlinux };
    const part = { name: 'vmlinux', path, match: 'build-id', dwarf, slide, covers };
    program.attachDebugInfo(new ProgramDebugInfo([part]), undefined);
    const { frames, threads, pages } = collect(program);
    const pieces = piecesAcrossFrames(frames);
    file.close();
    const folder = mkdtempSync(join(tmpdir(), 'oopscope-gdb-'));
    let theirs: Map<string, GdbFrame[]>;
    try {
      const stacks = askGdbFrames(folder, path, slide, threads, pages, SCRIPT);
      theirs = Map.groupBy(stacks.flat(), ({ pc, sp }) => `${pc} ${sp}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const classes = new Map<string, { equal: number; of: number }>();
    const different: string[] = [];
    const alone: string[] = [];
    let explained = 0;
    for (const { where, key, frame } of frames) {
      const group = theirs.get(key) ?? [];
      for (const [level, variables] of levelsOf(frame).entries()) {
        const scope = group[level];
        for (const variable of variables) {
          const bits = bitsOf(variable);
          const found = scope?.locals[variable.node.name];
          if (bits === undefined || found === undefined) continue;
          const row = classes.get(classOf(variable)) ?? { equal: 0, of: 0 };
          classes.set(classOf(variable), row);
          const known = found.filter((text) => text !== null && !text.startsWith('error'));
          if (known.length === 0) {
            alone.push(`${where} ${scope?.function}.${variable.node.name} = ${bits}`);
            continue;
          }
          if (!known.includes(bits) && isMinimum(variable, frame)) {
            explained++;
            continue;
          }
          row.of++;
          if (known.includes(bits)) row.equal++;
          else
            different.push(
              `${where} ${scope!.function}.${variable.node.name}: ${bits} | ${known.join()}`,
            );
        }
      }
    }
    for (const [what, { equal, of }] of classes) record({ dump: name, what, equal, of });
    console.log(
      `${name}: ${explained} lengths that gdb compares wrongly; where gdb has no value: ${alone.join(', ')}`,
    );
    if (pieces.of > 0) record({ dump: name, what: 'files in pieces, by the callee', ...pieces });
    expect(pieces.equal).toBe(pieces.of);
    expect(different.slice(0, 20)).toEqual([]);
    expect(alone.length).toBeLessThan(5);
    const entered = [...classes].filter(([what]) => what.startsWith('entry'));
    expect(entered.reduce((sum, [, { equal }]) => sum + equal, 0)).toBeGreaterThan(60);
  });
});

function collect(program: Program) {
  const frames: Detailed[] = [];
  const threads: ThreadRegisters[] = [];
  const pages = new Map<bigint, Uint8Array>();
  for (const { object, pid } of findTasks(program).tasks) {
    const trace = unwindTask(program, object);
    const details = new FrameDetails(program, object, trace);
    for (const [i, { frame, registers }] of details.states.entries()) {
      if (!frame.exact) break;
      const values = new Map([...registers].map(([number, { value }]) => [number, value]));
      // gdb has no debug information of modules and guesses what they saved: it begins anew after them.
      const afterModule = details.states[i - 1]?.frame.symbol?.module !== undefined;
      // gdb looks its innermost frame up where it stands; a call that has not returned stands before.
      const begins = i === 0 || frame.interrupted || afterModule;
      const pc = begins && !frame.interrupted ? frame.pc - 1n : frame.pc;
      if (begins) threads.push(values.set(16, pc));
      const sp = values.get(7)!;
      for (let page = (sp >> 12n) - 1n; page <= (sp >> 12n) + PAGES_AROUND; page++) {
        if (pages.has(page << 12n)) continue;
        const bytes = tryRead(() => program.kernel.read(virtAddr(page << 12n), 4096));
        if (bytes) pages.set(page << 12n, bytes.slice());
      }
      const [placed] = withSources(program, [frame]);
      frames.push({
        where: `${pid} #${i}`,
        key: `${pc.toString(16)} ${sp.toString(16)}`,
        frame: details.withVariables(placed ?? frame),
      });
    }
  }
  return { frames, threads, pages };
}

/**
 * `struct fd f` of ksys_read, ksys_write and others is kept in pieces, of which gdb shows text only: the
 * callee's own parameter, by other registers, must be the same struct file.
 */
function piecesAcrossFrames(frames: readonly Detailed[]): { equal: number; of: number } {
  let [equal, of] = [0, 0];
  for (const [i, { frame }] of frames.entries()) {
    const callee = frame.index === 0 ? undefined : frames[i - 1]?.frame;
    for (const { node, place } of levelsOf(frame).flat()) {
      const file = node.children?.find((each) => each.name === 'file')?.value;
      if (place.kind !== 'pieces' || typeof file !== 'bigint' || callee === undefined) continue;
      const given = (callee.variables ?? []).find((each) => each.node.name === 'file')?.node.value;
      if (typeof given !== 'bigint') continue;
      of++;
      if (given === file) equal++;
    }
  }
  return { equal, of };
}

function levelsOf({ inlined = [], variables = [] }: StackFrame) {
  return [...inlined.map((each) => each.variables ?? []), variables];
}

function classOf({ place, how }: FrameVariable): string {
  const entered = how.some((each) => each.includes("at the function's entry"));
  return entered ? `entry values (${how.length} steps)` : `others in ${place.kind}`;
}

/**
 * `min(count, MAX_RW_COUNT)` of vfs_read, as GCC writes it with DW_OP_le and DW_OP_bra: gdb 13 answers
 * MAX_RW_COUNT whatever the count is. Right is the count, which gdb has too and which is smaller.
 */
function isMinimum({ node }: FrameVariable, { symbol, variables = [] }: StackFrame): boolean {
  const count = variables.find((each) => each.node.name === 'count')?.node.value;
  if (!/^vfs_(read|write)$/.test(symbol?.name ?? '') || node.name !== 'len') return false;
  return typeof count === 'bigint' && count < 0x7fff_f000n && node.value === count;
}

/** As the oracle spells scalars. */
function bitsOf({ node: { value, size } }: FrameVariable): string | undefined {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value !== 'bigint' && typeof value !== 'number') return undefined;
  return BigInt.asUintN(size * 8, BigInt(value)).toString(16);
}
