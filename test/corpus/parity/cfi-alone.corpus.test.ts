import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { StackFrame } from '../../../src-shared/contract/index.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { findTasks } from '../../../src-main/engine/kernel/tasks.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { UnwindEnvironment } from '../../../src-main/engine/unwind/environment.ts';
import type { FrameState } from '../../../src-main/engine/unwind/frame-state.ts';
import { frameStatesOf } from '../../../src-main/engine/unwind/frame-states.ts';
import { environmentOf } from '../../../src-main/engine/unwind/program-environment.ts';
import type { UnwindStart } from '../../../src-main/engine/unwind/state.ts';
import { unwindTask } from '../../../src-main/engine/unwind/task.ts';
import { unwind } from '../../../src-main/engine/unwind/trace.ts';
import { attachGiven } from '../../../src-main/engine/service/attach-debuginfo.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { codecs } from '../../support/dump/open.ts';
import { corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/**
 * The second exact unwinder beside the first: with ORC switched off, call frame information finds
 * the frames that ORC finds, as far as it covers the code (not the entry code, which is assembler), in the
 * kernel and in a module with its own debuginfo.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];

afterAll(() => printTable('ORC (unwinding by call frame information alone)'));

describe.each(NAMES)('%s', (name) => {
  test('frames by call frame information alone', async () => {
    const corpus = corpusDump(name);
    const program = openProgram(openDump([openByteSource(corpus.dump)], codecs));
    const module = join(corpus.folder, 'oops_demo.ko');
    const given = [{ path: corpus.vmlinux }, { path: module }];
    const request = { paths: [corpus.dump], given, search: false };
    const attached = await attachGiven(createEngineDeps(), program, request, undefined);
    expect(attached.info.parts.map((each) => each.name)).toEqual(['vmlinux', 'oops_demo']);
    let inModule = 0;
    const ends = new Map<string, number>();
    const different: string[] = [];
    let frames = 0;
    let segments = 0;
    for (const { object, pid } of findTasks(program).tasks) {
      const trace = unwindTask(program, object);
      const env = withoutOrc(environmentOf(program, object, [], undefined));
      const states = frameStatesOf(program, object, trace);
      // From its beginning, and again from every boundary that the entry code is.
      for (let from = 0; from < states.length;) {
        segments++;
        const found = unwind(env, startAt(states[from]!));
        const exact = found.frames.filter((frame) => frame.exact);
        for (const [i, frame] of exact.entries()) {
          const wanted = trace.frames[from + i];
          if (wanted !== undefined && placeOf(frame) === placeOf(wanted)) {
            frames++;
            // Found from it, and the one that it called.
            if (wanted.symbol?.module === 'oops_demo' && exact[i + 1] !== undefined) inModule++;
          } else
            different.push(`${pid} #${from + i}: ${placeOf(frame)} ${wanted && placeOf(wanted)}`);
        }
        const last = trace.frames[from + exact.length - 1];
        const end = last?.symbol?.module === undefined ? last?.symbol?.name : 'a module';
        ends.set(String(end), (ends.get(String(end)) ?? 0) + 1);
        from += exact.length;
      }
    }
    attached.close();
    record({
      dump: name,
      what: 'frames of all tasks',
      equal: frames,
      of: frames + different.length,
    });
    console.log(`${name}: ${segments} stretches, each ends in`, JSON.stringify([...ends]));
    expect(different.slice(0, 10)).toEqual([]);
    // The module's functions are left by their own call frame information.
    console.log(`${name}: ${inModule} frames of the module`);
    expect(inModule).toBeGreaterThan(5);
    expect(frames).toBeGreaterThan(700);
  });
});

function withoutOrc(env: UnwindEnvironment): UnwindEnvironment {
  return {
    readU64: (address) => env.readU64(address),
    read: (address, length) => env.read(address, length),
    orcAt: () => undefined,
    cfiAt: (pc) => env.cfiAt?.(pc),
    hasOrc: false,
    isText: (pc) => env.isText(pc),
    isExecutable: (pc) => env.isExecutable(pc),
    symbolAt: (pc) => env.symbolAt(pc),
    stacks: env.stacks,
    stacksComplete: env.stacksComplete,
    spIndirect: env.spIndirect,
    replacedReturn: (slot, address) => env.replacedReturn(slot, address),
  };
}

function startAt({ frame, registers }: FrameState): UnwindStart {
  const values = new Map([...registers].map(([number, { value }]) => [number, value]));
  return {
    pc: frame.pc,
    sp: values.get(7) ?? frame.sp,
    bp: values.get(6) ?? 0n,
    slot: frame.sp,
    interrupted: frame.interrupted,
    known: () => values,
  };
}

function placeOf({ pc, sp }: StackFrame): string {
  return `${sp.toString(16)} ${pc.toString(16)}`;
}
