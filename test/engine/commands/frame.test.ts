import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  isAbsent,
  type Block,
  type StackFrame,
  type StackTrace,
} from '../../../src-shared/contract/index.ts';
import { createContext, type CommandContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { drawTasks } from '../../support/kernel/draw-tasks.ts';

function blocksOf(line: string, context: CommandContext): Block[] {
  const [name, ...args] = line.split(' ');
  return [...findCommand(name!)!.run(context, args)];
}

describe('frame', () => {
  const context = createContext(drawTasks([{ pid: 1, comm: 'init' }], [0]).program());
  it.each([
    ['frame', 'a frame number is needed'],
    ['frame 1 2 3', 'a frame number is needed'],
    ['frame -1', /-1/],
    ['frame 0x1', 'no frame number: 0x1'],
    ['frame 99999', 'no frame number: 99999'],
    ['frame -q 1', /-q/],
    ['frame 0 nobody', /nobody/],
  ])('%s is refused', (line, why) => {
    expect(() => blocksOf(line, context)).toThrow(why);
  });
  it('of a task whose stack is not there says why', () => {
    expect(() => blocksOf('frame 0 1', context)).toThrow(/no frame 0: the backtrace of 1 has/);
  });
});

const SAMPLE = 'build/sample/sample.kdump';

describe.runIf(existsSync(SAMPLE))('frames of the embedded sample, without debuginfo', () => {
  let context: CommandContext;
  beforeAll(async () => {
    context = createContext(
      openProgram(openDump([openByteSource(SAMPLE)], await createDecompressors())),
    );
  });
  const stackOf = (line: string): StackTrace => {
    const found = blocksOf(line, context).find((block) => block.type === 'stack');
    if (found?.type !== 'stack') throw new Error(`no stack: ${line}`);
    return found.stack;
  };
  const frames = (): readonly StackFrame[] => stackOf('bt').frames;

  it('one past the last is refused with how many there are', () => {
    const { length } = frames();
    expect(() => blocksOf(`frame ${length}`, context)).toThrow(`${length} frames, from 0`);
  });

  it('have the place of the backtrace, and registers of which each says its origin', () => {
    for (const each of frames()) {
      const [shown, ...others] = stackOf(`frame ${each.index}`).frames;
      expect(others).toEqual([]);
      expect([shown!.pc, shown!.sp]).toEqual([each.pc, each.sp]);
      if (!each.exact) continue;
      const known = new Map(shown!.known!.map((register) => [register.name, register]));
      expect(known.get('rip')?.value).toBe(each.pc);
      for (const { name, how } of known.values()) expect(how, name).not.toBe('');
    }
  });

  it('where they have variables, all are told to be derived, or say why there is no value', () => {
    for (const { index } of frames()) {
      for (const variable of stackOf(`frame ${index}`).frames[0]!.variables ?? []) {
        expect(variable.derived).toBe(true);
        const { value } = variable.node;
        if (isAbsent(value)) expect(value.why).not.toBe('');
        else expect(variable.how.join('')).not.toBe('');
      }
    }
  });

  it('with -f have the words between their stack pointers', () => {
    const all = frames();
    const index = all.findIndex(
      (each, i) => !each.interrupted && (all[i + 1]?.sp ?? 0n) > each.sp + 8n,
    );
    const words = stackOf(`frame -f ${index}`).frames[0]!.words!;
    expect(words[0]!.address).toBe(all[index]!.sp + 8n);
    expect(words.at(-1)!.address).toBe(all[index + 1]!.sp);
    expect(words.at(-1)!.labels[0]).toMatchObject({ kind: 'return-address', certain: true });
    expect(stackOf(`frame ${index}`).frames[0]!.words).toBeUndefined();
  });
});
