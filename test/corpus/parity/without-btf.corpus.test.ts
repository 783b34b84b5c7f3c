import { expect, test } from 'vitest';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import { attachDebuginfo } from '../../../src-main/engine/service/attach-debuginfo.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { mutateImage } from '../../support/mutated-image.ts';
import { corpusDump } from './oracle.ts';

/** A kernel without BTF, given its vmlinux, answers by DWARF as one with BTF does by BTF. */
test('tasks, modules and backtraces by the types of DWARF are those of BTF', async () => {
  const { dump, vmlinux } = corpusDump('debian-6.1');
  const image = openDump([openByteSource(dump)], await createDecompressors());
  const withBtf = openProgram(image);
  const frame = Number(withBtf.kernel.translate(withBtf.symbols.address('__start_BTF')) >> 12n);
  const program = openProgram(mutateImage(image, new Map([[frame, () => 'excluded']])));
  expect(program.capabilities.find(({ name }) => name === 'types')?.ok).toBe(false);

  const request = { paths: [dump], debuginfo: [vmlinux] };
  const found = await attachDebuginfo(createEngineDeps(), program, request, undefined);
  expect(program.capabilities.every(({ ok }) => ok)).toBe(true);
  const layouts = ['task_struct', 'sk_buff', 'rq'].map((name) => `struct --layout ${name}`);
  for (const line of ['ps', 'mod', 'log', 'task 1', ...layouts]) {
    expect(textOf(program, line), line).toBe(textOf(withBtf, line));
  }
  const inlined = /^ {4}\(inlined\) .*\n/gm;
  expect(textOf(program, 'foreach bt').replace(inlined, '')).toBe(textOf(withBtf, 'foreach bt'));
  found?.close();
});

function textOf(program: Program, line: string): string {
  const [name, ...args] = line.split(' ');
  const renderer = new TextRenderer();
  let text = '';
  for (const block of findCommand(name!)!.run(createContext(program), args)) {
    text += renderer.render(block);
  }
  return text + renderer.end();
}
