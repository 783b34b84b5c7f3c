import { afterAll, describe, expect, test } from 'vitest';
import type { StackFrame } from '../../../src-shared/contract/index.ts';
import { createEngineService } from '../../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { askDrgnFrames, corpusDump, type DrgnFullFrame } from './oracle.ts';
import { printTable, record } from './table.ts';

/** With vmlinux on both sides: inlined functions and source lines of every task's frames. */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];

afterAll(() => printTable('drgn 0.3.0 (both had vmlinux)'));

describe.each(NAMES)('%s', (name) => {
  test('inlined functions and lines of all backtraces', async () => {
    const corpus = corpusDump(name);
    const drgn = linesByPc(askDrgnFrames(corpus).stacks);
    const engine = createEngineService(createEngineDeps());
    const { session } = await engine.open({ paths: [corpus.dump], debuginfo: [corpus.vmlinux] });
    const { blocks } = await engine.run({ session, line: 'foreach bt -l' });
    let equal = 0;
    let of = 0;
    const different = new Set<string>();
    for (const block of blocks) {
      if (block.type !== 'stack') continue;
      for (const frame of block.stack.frames) {
        const theirs = drgn.get(frame.pc);
        // Modules' debuginfo was given to neither.
        if (theirs === undefined || frame.symbol?.module !== undefined) continue;
        of++;
        const ours = textOf(frame);
        if (ours === theirs) equal++;
        else different.add(`${frame.symbol?.name}: ${ours} | ${theirs}`);
      }
    }
    await engine.close({ session });
    record({ dump: name, what: 'frames: inlined, file:line', equal, of });
    expect([...different].slice(0, 10)).toEqual([]);
    expect(of).toBeGreaterThan(500);
  });
});

function textOf({ inlined = [], source }: StackFrame): string {
  const parts = inlined.map((each) => `${each.function} ${place(each.source)}`);
  return [...parts, place(source)].join(', ');
}

function place(source: StackFrame['source']): string {
  return source === undefined ? '-' : `${source.file}:${source.line}`;
}

/** The text of every real frame with the inlined ones above it, by its address. */
function linesByPc(stacks: readonly (readonly DrgnFullFrame[])[]): Map<bigint, string> {
  const found = new Map<bigint, string>();
  for (const stack of stacks) {
    let inlined: string[] = [];
    for (const { inlined: isInlined, function: fn, source, registers } of stack) {
      const at = source === undefined ? '-' : `${source[0]}:${source[1]}`;
      if (isInlined) inlined.push(`${fn} ${at}`);
      else {
        const pc = registers['rip'];
        if (pc !== undefined)
          found.set(BigInt(`0x${pc.replace(/^0x/, '')}`), [...inlined, at].join(', '));
        inlined = [];
      }
    }
  }
  return found;
}
