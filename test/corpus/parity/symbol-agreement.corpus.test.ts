import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openElf } from '../../../src-main/engine/debuginfo/elf.ts';
import {
  sampleFunctions,
  type SampledSymbol,
} from '../../../src-main/engine/debuginfo/symbol-sample.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import {
  readKernelIdentity,
  readModuleSections,
} from '../../../src-main/engine/program/build-identity.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import {
  compareKernelSymbols,
  compareModuleSymbols,
} from '../../../src-main/engine/program/symbol-agreement.ts';
import { findContradiction } from '../../../src-main/io/debuginfo-search/contradiction.ts';
import { probeDebugFile } from '../../../src-main/io/debuginfo-search/probe.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { codecs } from '../../support/dump/open.ts';
import { corpusDump, type CorpusDump } from './oracle.ts';

/**
 * A file's functions against the dump's own: of genuine files not one may be elsewhere, whichever
 * are picked; every other build is told from them.
 */
const NAMES = ['sample', 'debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2', 'many-tasks'];
/** More than a kernel has: every function is picked. */
const ALL = 250_000;

function functionsOf(path: string, count: number): SampledSymbol[] {
  const source = openByteSource(path);
  try {
    return sampleFunctions(openElf(source), count);
  } finally {
    source.close();
  }
}

describe.each(NAMES)('%s', (name) => {
  let corpus: CorpusDump;
  let program: Program;
  beforeAll(() => {
    corpus = corpusDump(name);
    program = openProgram(openDump([openByteSource(corpus.dump)], codecs));
  });

  test('every function of vmlinux is where the dump has it', () => {
    const all = functionsOf(corpus.vmlinux, ALL);
    expect(all.length).toBeGreaterThan(20_000);
    expect(compareKernelSymbols(program)(all)).toEqual({
      compared: all.length,
      elsewhere: [],
      unknown: [],
    });
  });

  test('every function of the modules is where the dump has it', () => {
    const release = readKernelIdentity(program).release ?? '';
    const debug = join(dirname(corpus.folder), 'kernels', release, 'debug');
    const files = new Map(
      readdirSync(debug).map((file) => [
        file.replace(/\.ko.*$/, '').replaceAll('-', '_'),
        join(debug, file),
      ]),
    );
    let compared = 0;
    for (const module of program.modules()) {
      const path = files.get(module.name);
      if (path === undefined) continue;
      const sections = readModuleSections(module);
      const compare = compareModuleSymbols(module, (section) => sections.get(section));
      const found = compare(functionsOf(path, 10_000));
      expect(found, path).toMatchObject({ elsewhere: [], unknown: [] });
      compared += found?.compared ?? 0;
    }
    expect(compared).toBeGreaterThan(100);
  });

  test('the vmlinux of every other kernel is told by its functions, in a moment', () => {
    const compare = compareKernelSymbols(program);
    const probe = probeDebugFile(corpus.vmlinux);
    // The dump's index of names is there: opening looks names up.
    program.symbols.findInKernel('linux_banner');
    const started = performance.now();
    expect(findContradiction(probe, compare)).toBeUndefined();
    const took = performance.now() - started;
    console.log(`${name}: 48 functions compared in ${took.toFixed(2)} ms`);
    const own = probe.buildId;
    for (const other of NAMES.map((each) => corpusDump(each).vmlinux)) {
      const foreign = probeDebugFile(other);
      if (foreign.buildId === own) continue;
      const found = findContradiction(foreign, compare);
      expect(found?.refuses, other).toBe(true);
      expect(found?.text).toMatch(/^\d+ of [34]\d functions are elsewhere in the dump \(\w/);
    }
  });
});
