import { expect, it } from 'vitest';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import { attachGiven } from '../../../src-main/engine/service/attach-debuginfo.ts';
import type { EngineDeps } from '../../../src-main/engine/service/engine-deps.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { drawDwarf, sectionsOf } from '../../support/dwarf/draw-dwarf.ts';
import { codecs } from '../../support/dump/open.ts';

const DWARF = sectionsOf(drawDwarf('unit version=5\ncompile_unit name="a.c" {\n}\n').sections);

/** Finds one vmlinux with DWARF. */
const DEPS = {
  now: () => 0,
  findDebuginfo: () =>
    Promise.resolve({
      files: [{ name: 'vmlinux', path: '/x/vmlinux', match: 'build-id', how: 'x', dwarf: DWARF }],
      steps: [],
      problems: [],
      advice: [],
      close: () => undefined,
    }),
} as unknown as EngineDeps;

it.each([
  ['placed', 0n, ['vmlinux'], []],
  ['not placed, for want of KASLR’s offset', undefined, [], ['vmlinux']],
])('a vmlinux that is %s', async (_, kernelOffset, used, unused) => {
  const program = openProgram(openDump([openByteSource('build/sample/sample.kdump')], codecs));
  Object.defineProperty(program.translator, 'kernelOffset', { value: kernelOffset });
  const { info, problems } = await attachGiven(
    DEPS,
    program,
    { paths: ['dump'], given: [], search: true },
    undefined,
  );
  expect(info.parts.map(({ name }) => name)).toEqual(used);
  expect(info.steps.map(({ what }) => what)).toEqual(unused);
  expect(problems.some((text) => text.includes('/x/vmlinux is not used'))).toBe(used.length === 0);
});
