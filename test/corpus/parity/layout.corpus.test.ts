import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { gapSums } from '../../../src-shared/contract/index.ts';
import { createContext } from '../../../src-main/engine/commands/context.ts';
import { findCommand } from '../../../src-main/engine/commands/registry.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { corpusDump } from './oracle.ts';
import { printTable, record } from './table.ts';

/** Holes, padding and their sums of every struct of the kernel, ours from the dump, pahole's from vmlinux. */
const NAMES = ['debian-6.1', 'debian-6.12'];

afterAll(() => printTable('pahole, layout of structs'));

interface Sums {
  readonly size: number;
  readonly members: number;
  readonly holes: number;
  readonly holeBytes: number;
  readonly bitHoles: number;
  readonly bitHoleBits: number;
  readonly paddingBytes: number;
  readonly paddingBits: number;
}

describe.each(NAMES)('%s', (name) => {
  test('every struct has the holes and padding that pahole finds', async () => {
    const { dump, vmlinux } = corpusDump(name);
    const theirs = paholeSums(
      execFileSync('pahole', ['-F', 'btf', vmlinux], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        // It complains of each annotation that it does not know.
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
    const program = openProgram(openDump([openByteSource(dump)], await createDecompressors()));
    const different: string[] = [];
    for (const [struct, sums] of theirs) {
      const ours = sumsOf(program, struct);
      if (JSON.stringify(ours) !== JSON.stringify(sums)) different.push(struct);
    }
    const equal = theirs.size - different.length;
    record({ dump: name, what: 'structs', equal, of: theirs.size });
    expect(theirs.size).toBeGreaterThan(5000);
    expect(different).toEqual([]);
  }, 120_000);
});

function sumsOf(program: Program, name: string): Sums | undefined {
  const [block] = findCommand('struct')!.run(createContext(program), ['--layout', name]);
  if (block?.type !== 'value' || block.value.layout === undefined) return undefined;
  const { layout, size } = block.value;
  const { holes, holeBytes, bitHoles, bitHoleBits, paddingBytes, paddingBits } = gapSums(layout);
  const { members } = layout;
  return {
    size,
    members,
    holes,
    holeBytes,
    bitHoles,
    bitHoleBits,
    paddingBytes,
    paddingBits,
  };
}

/** By name; names that several different structs have are left out: which is meant is not told. */
function paholeSums(text: string): Map<string, Sums> {
  const found = new Map<string, Sums>();
  const several = new Set<string>();
  for (const [, name, body] of text.matchAll(/^struct (\w+) \{\n([^]*?)^\}.*;$/gm)) {
    if (found.has(name!)) several.add(name!);
    // The sums of structs defined in place come before those of the whole.
    const sums = body!.slice(body!.lastIndexOf('/* size:'));
    const number = (pattern: RegExp) => Number(pattern.exec(sums)?.[1] ?? 0);
    found.set(name!, {
      size: number(/size: (\d+)/),
      members: number(/members: (\d+)/),
      holes: number(/, holes: (\d+)/),
      holeBytes: number(/, sum holes: (\d+)/),
      bitHoles: number(/bit holes: (\d+)/),
      bitHoleBits: number(/sum bit holes: (\d+)/),
      paddingBytes: number(/\/\* padding: (\d+)/),
      paddingBits: number(/bit_padding: (\d+)/),
    });
  }
  for (const name of several) found.delete(name);
  return found;
}
