import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SectionReader } from '../../../src-main/engine/debuginfo/dwarf/sections.ts';
import type { DebugFile } from '../../../src-main/engine/debuginfo/elf-debug-file.ts';
import { parseVmcoreinfo } from '../../../src-main/engine/debuginfo/vmcoreinfo.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import {
  readKernelIdentity,
  readModuleIdentity,
  readModuleSections,
} from '../../../src-main/engine/program/build-identity.ts';
import { openProgram } from '../../../src-main/engine/program/open.ts';
import type { Program } from '../../../src-main/engine/program/program.ts';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { extractDebuginfo } from '../../../src-main/io/debuginfo-search/extract.ts';
import { findDebuginfo } from '../../../src-main/io/debuginfo-search/find-debuginfo.ts';
import { openDebugFile } from '../../../src-main/io/debuginfo-search/open-debug-file.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { openPackage } from '../../../src-main/io/packages/open-package.ts';
import { codecs } from '../../support/dump/open.ts';
import { corpusDump, type CorpusDump } from './oracle.ts';

/**
 * Debuginfo found by what the dump says of itself, and its sections, against binutils: build-ids
 * and relocated sections of `readelf`, files as objcopy, eu-strip, dwz, dpkg-deb and rpmbuild make them.
 */
const NAMES = ['debian-5.10', 'debian-6.1', 'debian-6.12', 'debian-7.2'];
const work = mkdtempSync(join(tmpdir(), 'oopscope-debuginfo-'));
afterAll(() => rmSync(work, { recursive: true }));

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, {
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;
/** Whatever the exit code: readelf's says that there are notes it does not know. */
const outputOf = (command: string, ...args: string[]): string =>
  spawnSync(command, args, { encoding: 'utf8' }).stdout;
const buildIdOf = (path: string): string | undefined =>
  /Build ID: ([0-9a-f]+)/.exec(outputOf('readelf', '-n', path))?.[1];
const debugFolder = (corpus: CorpusDump, release: string): string =>
  join(dirname(corpus.folder), 'kernels', release, 'debug');

function readersOf({ dwarf }: DebugFile): [string, SectionReader][] {
  const members = {
    '.debug_info': dwarf?.info,
    '.debug_line': dwarf?.line,
    '.debug_aranges': dwarf?.aranges,
    '.debug_loc': dwarf?.loc,
    '.debug_loclists': dwarf?.loclists,
    '.debug_ranges': dwarf?.ranges,
    '.debug_rnglists': dwarf?.rnglists,
    '.debug_str': dwarf?.str,
    '.debug_frame': dwarf?.frames?.find(({ kind }) => kind === 'debug_frame')?.reader,
  };
  return Object.entries(members).flatMap(([name, reader]) => (reader ? [[name, reader]] : []));
}

/** Relocated and uncompressed by readelf. */
function relocatedByReadelf(path: string, section: string): Buffer {
  const dump = run('readelf', '-W', '-z', '-R', section, path);
  const rows = [...dump.matchAll(/^ {2}0x[0-9a-f]{8} (.{35})/gm)];
  return Buffer.from(rows.map(([, hex]) => hex!.replaceAll(' ', '')).join(''), 'hex');
}

/** In windows that end anywhere. */
function wholeOf(reader: SectionReader): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < reader.size; at += 997) {
    parts.push(reader.bytes(at, Math.min(997, reader.size - at)));
  }
  return Buffer.concat(parts);
}

describe.each(NAMES)('%s', (name) => {
  let corpus: CorpusDump;
  let program: Program;
  let release: string;

  beforeAll(() => {
    corpus = corpusDump(name);
    program = openProgram(openDump([openByteSource(corpus.dump)], codecs));
    release = readKernelIdentity(program).release!;
  });

  test('the notes in memory tell the same build-id as VMCOREINFO and as vmlinux', () => {
    const told = readKernelIdentity(program);
    expect(told).toMatchObject({ buildId: buildIdOf(corpus.vmlinux), buildIdFrom: 'VMCOREINFO' });
    const text = program.vmcoreinfo.text.replace(/^BUILD-ID=.*$/m, '');
    const vmcoreinfo = parseVmcoreinfo(new TextEncoder().encode(text));
    const { kernel, symbols } = program;
    const silent = { kernel, symbols, vmcoreinfo } as unknown as Program;
    expect(readKernelIdentity(silent)).toEqual({ ...told, buildIdFrom: 'notes in memory' });
  });

  test('vmlinux and the modules are found by build-id; symbols fall on those of kallsyms', async () => {
    const modules = program.modules().map(readModuleIdentity);
    const result = await findDebuginfo({
      ...readKernelIdentity(program),
      release,
      modules,
      dumpPath: corpus.dump,
      extraFolders: [debugFolder(corpus, release)],
      cache: openCacheFolder({ folder: join(work, 'empty') }),
    });
    expect(result.vmlinux).toMatchObject({ path: corpus.vmlinux, match: 'build-id' });
    expect(result.modules.size).toBe(modules.length);
    let compared = 0;
    for (const module of program.modules()) {
      const found = result.modules.get(module.name)!;
      expect(found.buildId).toBe(buildIdOf(found.path));
      const sections = readModuleSections(module);
      const file = await openDebugFile(found.path, { sectionAddress: (n) => sections.get(n) });
      const own = new Set([...module.table()!.iterate()].map((s) => `${s.name} ${s.address}`));
      const names = new Set([...module.table()!.iterate()].map((s) => s.name));
      for (const symbol of file.readSymbols()!.iterate()) {
        if (!names.has(symbol.name)) continue;
        expect(own).toContain(`${symbol.name} ${symbol.address}`);
        compared++;
      }
      file.close();
    }
    expect(compared).toBeGreaterThan(400);
  });

  test("relocated sections of every module are readelf's", async () => {
    for (const entry of readdirSync(debugFolder(corpus, release))) {
      const path = join(debugFolder(corpus, release), entry);
      const file = await openDebugFile(path);
      for (const [section, reader] of readersOf(file)) {
        if (section === '.debug_str') continue;
        const same = wholeOf(reader).equals(relocatedByReadelf(path, section));
        expect(same, `${section} of ${path}`).toBe(true);
      }
      file.close();
    }
  });

  test('compressed and split files give the same sections', async () => {
    const path = join(debugFolder(corpus, release), 'virtio_blk.ko');
    const plain = await openDebugFile(path);
    const expected = new Map(
      readersOf(plain).map(([section, reader]) => [section, wholeOf(reader)]),
    );
    const variants: string[] = [];
    const make = (label: string, command: string, ...args: string[]): void => {
      const to = join(work, `${name}-virtio_blk.${label}.ko`);
      run(command, ...args.map((arg) => (arg === '@' ? to : arg)));
      variants.push(to);
    };
    for (const codec of ['zlib', 'zlib-gnu', 'zstd']) {
      make(codec, 'objcopy', `--compress-debug-sections=${codec}`, path, '@');
    }
    make('split', 'objcopy', '--only-keep-debug', path, '@');
    if (has('eu-strip')) make('eu', 'eu-strip', '-f', '@', '-o', join(work, 'stripped.ko'), path);
    for (const variant of variants) {
      const file = await openDebugFile(variant);
      for (const [section, reader] of readersOf(file)) {
        const same = wholeOf(reader).equals(expected.get(section)!);
        expect(same, `${section} of ${variant}`).toBe(true);
      }
      expect(readersOf(file)).toHaveLength(expected.size);
      file.close();
    }
  });
});

describe('packages made by the distributions’ tools', () => {
  const release = '6.1.0-56-cloud-amd64';
  const wanted = ['virtio_blk', 'virtio_net', 'loop'];
  let from: string;
  let tree: string;

  beforeAll(() => {
    from = debugFolder(corpusDump('debian-6.1'), release);
    tree = join(work, 'tree');
    const folder = join(tree, 'usr/lib/debug/lib/modules', release, 'kernel');
    mkdirSync(folder, { recursive: true });
    for (const entry of readdirSync(from)) copyFileSync(join(from, entry), join(folder, entry));
  });

  async function extracted(path: string): Promise<void> {
    const cache = openCacheFolder({ folder: join(work, `cache-${path.replaceAll('/', '_')}`) });
    const modules = wanted.map((name) => ({ name, buildId: buildIdOf(join(from, `${name}.ko`)) }));
    const pack = (await openPackage(path))!;
    const kernel = { release };
    const { found } = await extractDebuginfo(pack, { kernel, wantsVmlinux: false, modules, cache });
    expect(found.map(({ module }) => module).sort()).toEqual([...wanted].sort());
    for (const { path: copy, module } of found) run('cmp', copy, join(from, `${module}.ko`));
  }

  test.skipIf(!has('dpkg-deb')).each(['xz', 'zstd', 'gzip', 'none'])(
    'dpkg-deb -Z%s',
    async (codec) => {
      mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
      const fields = [
        'Package: x-dbg',
        'Version: 1',
        'Architecture: all',
        'Maintainer: x <x@x>',
        'Description: x',
      ];
      writeFileSync(join(tree, 'DEBIAN/control'), `${fields.join('\n')}\n`);
      const path = join(work, `x-${codec}.deb`);
      run('dpkg-deb', '--root-owner-group', `-Z${codec}`, '-b', tree, path);
      await extracted(path);
    },
  );

  test.skipIf(!has('rpmbuild')).each(['w2.xzdio', 'w3.zstdio', 'w6.gzdio', 'w9.bzdio'])(
    'rpmbuild with payload %s',
    async (payload) => {
      const spec = join(work, 'x.spec');
      const lines = [
        'Name: kernel-debuginfo',
        'Version: 1',
        'Release: 1',
        'Summary: x',
        'License: x',
        'BuildArch: noarch',
        '%description',
        'x',
        '%install',
        'mkdir -p %{buildroot}',
        `cp -r ${tree}/usr %{buildroot}/`,
        '%files',
        '/usr',
      ];
      writeFileSync(spec, `${lines.join('\n')}\n`);
      const defines = [
        `_topdir ${join(work, payload)}`,
        `_binary_payload ${payload}`,
        '__os_install_post %{nil}',
        '_build_id_links none',
      ].flatMap((define) => ['--define', define]);
      run('rpmbuild', '-bb', ...defines, spec);
      await extracted(join(work, payload, 'RPMS/noarch/kernel-debuginfo-1-1.noarch.rpm'));
    },
  );

  test.skipIf(!has('dwz') || !has('gcc'))('dwz: the shared file is found by its id', async () => {
    // Types are shared only where they were declared in the same place: a header.
    const types = Array.from(
      { length: 60 },
      (_, i) => `struct structure_${i} { int member_a${i}; struct structure_${i} *next${i}; };\n`,
    );
    writeFileSync(join(work, 'types.h'), types.join(''));
    const sources = ['one', 'two'].map((label) => {
      const source = join(work, `${label}.c`);
      const body = `int ${label}(struct structure_7 *p) { return p->member_a7; }`;
      writeFileSync(source, `#include "types.h"\n${body}\n`);
      const object = join(work, `${label}.so`);
      const keep = '-fno-eliminate-unused-debug-types';
      run(
        'gcc',
        '-g',
        '-gdwarf-4',
        keep,
        '-shared',
        '-fPIC',
        '-Wl,--build-id',
        '-o',
        object,
        source,
      );
      return object;
    });
    run('dwz', '-m', join(work, 'common.dwz'), '-M', 'common.dwz', ...sources);
    const file = await openDebugFile(sources[0]!);
    expect(file.supplementary).toEqual({
      path: 'common.dwz',
      buildId: buildIdOf(join(work, 'common.dwz')),
    });
    expect(file.dwarf?.sup?.info.size).toBeGreaterThan(0);
    expect(file.warnings).toEqual([]);
    file.close();
  });
});
