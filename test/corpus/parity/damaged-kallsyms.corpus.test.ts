import { beforeAll, describe, expect, test } from 'vitest';
import { addVirt, type VirtAddr } from '../../../src-main/engine/base/address.ts';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import type { DumpImage } from '../../../src-main/engine/dump/dump-image.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { findKallsyms } from '../../../src-main/engine/program/find-kallsyms.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import { attachDebuginfo } from '../../../src-main/engine/service/attach-debuginfo.ts';
import { createEngineDeps } from '../../../src-main/hosts/node/engine-deps.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { TextRenderer } from '../../../src-main/render/index.ts';
import { mutateImage, type Mutation } from '../../support/mutated-image.ts';
import { corpusDump } from './oracle.ts';

/** Pages of kallsyms that the filter took: the matching vmlinux knows the symbols, too. */
const LINES = ['ps', 'bt', 'log', 'mod', 'foreach bt', 'sym schedule', 'task 1', 'bt -v'];

describe.each(['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'])('%s', (name) => {
  const { dump, vmlinux, folder } = corpusDump(name);
  const debuginfo = [vmlinux, `${folder}/oops_demo.ko`];
  let image: DumpImage;
  let whole: Program;
  let answers: Map<string, string>;

  beforeAll(async () => {
    image = openDump([openByteSource(dump)], await createDecompressors());
    whole = openProgram(image);
    const attached = await attachDebuginfo(createEngineDeps(), whole, request(), undefined);
    answers = answersOf(attached.program);
    attached.close();
  });
  const request = () => ({ paths: [dump], debuginfo });

  const without = (...addresses: readonly VirtAddr[]): DumpImage => {
    const frames = addresses.map((address) => Number(whole.kernel.translate(address) >> 12n));
    return mutateImage(image, new Map(frames.map((frame) => [frame, () => 'excluded' as const])));
  };
  const locations = () => findKallsyms(whole.kernel, whole.vmcoreinfo).locations;

  test('without the tokens every symbol is vmlinux’s, and every answer is the same', async () => {
    const damaged = openProgram(without(locations().tokenTable));
    expect(capability(damaged, 'symbols')).toMatchObject({ ok: false });
    expect(capability(damaged, 'symbols')?.how).toContain('excluded by the dump filter');
    expect(capability(damaged, 'tasks')?.how).toMatch(/no symbol init_task|type .* is not known/);

    const attached = await attachDebuginfo(createEngineDeps(), damaged, request(), undefined);
    const { program } = attached;
    const decision = program.decisions.find(({ what }) => what === 'symbols');
    expect(decision?.value).toMatch(/^\d+ symbols from \.symtab of .*vmlinux$/);
    expect(decision?.evidence).toMatch(/^because .*excluded .*build-id .*KASLR.* symbols agree/);
    for (const [line, text] of answersOf(program)) expect(text, line).toBe(answers.get(line));
    attached.close();
  });

  test('a page among the names costs its names alone; vmlinux has these, too', async () => {
    const { names, count } = locations();
    const damaged = openProgram(without(addVirt(names, count * 4)));
    const table = damaged.symbols.kernelTable!;
    expect(table.lost).toBeGreaterThan(0);
    expect(table.lost).toBeLessThan(1024 + 256);
    expect(damaged.warnings.join('\n')).toContain(`${table.lost} of ${count} names of kallsyms`);
    const wholeTable = whole.symbols.kernelTable!;
    const wrong: string[] = [];
    let unnamed = 0;
    for (let i = 0; i < count; i++) {
      const address = wholeTable.addressOf(i);
      const told = table.symbolAt(address)?.symbol;
      if (told === undefined) unnamed++;
      // Never the name of the symbol before a lost one.
      else if (told.address !== address) wrong.push(`${told.name} for ${wholeTable.nameOf(i)}`);
    }
    expect(wrong).toEqual([]);
    expect(unnamed).toBeGreaterThan(0);
    for (const line of ['ps', 'log']) expect(textOf(damaged, line), line).toBe(answers.get(line));

    const attached = await attachDebuginfo(createEngineDeps(), damaged, request(), undefined);
    expect(attached.program.symbols.kernelTable!.lost).toBe(0);
    for (const [line, text] of answersOf(attached.program)) {
      expect(text, line).toBe(answers.get(line));
    }
    attached.close();
  });

  test('a module’s symbols that are not in the dump are those of its debuginfo', async () => {
    const module = whole.modules().find((each) => each.name === 'oops_demo')!;
    // The table itself may lie on a page with struct module.
    const pointer = module.object.member('kallsyms').deref().member('symtab').address;
    const frame = Number(whole.kernel.translate(pointer) >> 12n);
    const overwrite: Mutation = (page) => {
      page.fill(0, Number(pointer & 0xfffn), Number(pointer & 0xfffn) + 8);
      return 'present';
    };
    const damaged = openProgram(mutateImage(image, new Map([[frame, overwrite]])));
    expect(damaged.symbols.find('demo_flush')).toBeUndefined();
    const attached = await attachDebuginfo(createEngineDeps(), damaged, request(), undefined);
    expect(attached.program.symbols.find('demo_flush')).toMatchObject({
      address: whole.symbols.address('demo_flush'),
      module: 'oops_demo',
    });
    for (const line of ['bt', 'foreach bt']) {
      expect(textOf(attached.program, line), line).toBe(answers.get(line));
    }
    attached.close();
  });
});

function answersOf(program: Program): Map<string, string> {
  return new Map(LINES.map((line) => [line, textOf(program, line)]));
}

function capability(program: Program, name: string) {
  return program.capabilities.find((candidate) => candidate.name === name);
}

function textOf(program: Program, line: string): string {
  const [name, ...args] = line.split(' ');
  const renderer = new TextRenderer();
  let text = '';
  for (const block of findCommand(name!)!.run(createContext(program), args)) {
    text += renderer.render(block);
  }
  return text + renderer.end();
}
