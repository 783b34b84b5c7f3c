import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { findDebuginfo } from '../../../src-main/io/debuginfo-search/find-debuginfo.ts';
import type { DebuginfoRequest } from '../../../src-main/io/debuginfo-search/request.ts';
import { DEEP, indexFolder } from '../../../src-main/io/debuginfo-search/walk.ts';
import { drawElfFile } from '../../support/debuginfo/draw-elf.ts';
import { drawKo, drawVmlinux } from '../../support/packages/draw-debuginfo.ts';

const ID = '00112233445566778899aabbccddeeff00112233';
let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'oopscope-folders-'))));
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, bytes: Uint8Array): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, bytes);
  return full;
}

const search = (request: Partial<DebuginfoRequest> = {}) =>
  findDebuginfo({
    release: '6.1.0',
    buildId: ID,
    dumpPath: join(root, 'crash/vmcore'),
    cache: openCacheFolder({ folder: join(root, 'cache') }),
    root: join(root, 'nowhere'),
    env: { HOME: root },
    ...request,
  });

/** `.rodata` of 16 MiB of which the file has nothing but a hole: all of it is searched. */
function putHollowVmlinux(path: string): string {
  const bytes = drawElfFile({ sections: [{ name: '.rodata', bytes: [1, 2, 3] }] });
  const view = new DataView(bytes.buffer);
  const header = Number(view.getBigUint64(40, true)) + 64;
  view.setBigUint64(header + 32, BigInt(16 * 2 ** 20), true);
  const full = put(path, bytes);
  truncateSync(full, 17 * 2 ** 20);
  return full;
}

describe('hostile folders beside a dump', () => {
  it('thousands of names for one file: some are opened, and the rest is told', async () => {
    put('crash/vmlinux', drawVmlinux({ buildId: 'ff'.repeat(20) }));
    for (let i = 0; i < 999; i++) symlinkSync('vmlinux', join(root, `crash/vmlinux-${i}`));
    const { vmlinux, steps } = await search();
    expect(vmlinux).toBeUndefined();
    expect(steps.filter(({ outcome }) => outcome === 'mismatch')).toHaveLength(128);
    expect(steps.map(({ message }) => message)).toContain(
      '872 more files of that name were not looked at',
    );
  });

  it('cancelling is heard between two files', async () => {
    putHollowVmlinux('crash/vmlinux');
    for (let i = 0; i < 100; i++) symlinkSync('vmlinux', join(root, `crash/vmlinux-${i}`));
    const controller = new AbortController();
    const searching = search({ signal: controller.signal });
    setTimeout(() => controller.abort(new Error('cancelled')), 1);
    await expect(searching).rejects.toThrow('cancelled');
  });

  it('cancelling is heard between two folders of a tree of small ones', async () => {
    for (let i = 0; i < 20; i++) put(`crash/${i}/xfs.ko`, new Uint8Array(1));
    const controller = new AbortController();
    const walking = indexFolder(join(root, 'crash'), DEEP, controller.signal);
    setImmediate(() => controller.abort(new Error('cancelled')));
    await expect(walking).rejects.toThrow('cancelled');
  });

  it('cancelling is heard between two files of a tree by build-id', async () => {
    const modules = Array.from({ length: 20 }, (_, i) => ({
      name: `m${i}`,
      buildId: (0x10 + i).toString(16).repeat(20),
    }));
    for (const { buildId } of modules) {
      const path = `usr/lib/debug/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`;
      put(path, drawKo({ buildId }));
    }
    const controller = new AbortController();
    const searching = search({ modules, root, signal: controller.signal });
    setImmediate(() => controller.abort(new Error('cancelled')));
    await expect(searching).rejects.toThrow('cancelled');
  });

  it('of a folder with more files than the limit no more are listed', async () => {
    for (let i = 0; i < 50; i++) put(`crash/vmlinux-${i}`, new Uint8Array(1));
    const limits = { depth: 0, entries: 20 };
    const index = await indexFolder(join(root, 'crash'), limits);
    expect(index.vmlinux).toHaveLength(20);
    expect(index.truncated).toBe(true);
  });

  it.skipIf(process.platform === 'win32')(
    'a FIFO is not waited for, whatever its name: package, compressed file, vmlinux',
    async () => {
      mkdirSync(join(root, 'crash'));
      const fifo = join(root, 'fifo');
      execFileSync('sh', ['-c', 'mkfifo "$0"', fifo]);
      const names = ['linux-image-6.1.0-dbg.deb', 'vmlinux.xz', 'vmlinux-2', 'xfs.ko'];
      for (const name of names) symlinkSync(fifo, join(root, 'crash', name));
      const given = [...names.map((name) => join(root, 'crash', name)), join(root, 'crash')];
      const { vmlinux, steps } = await search({
        modules: [{ name: 'xfs', buildId: ID }],
        given: given.map((path) => ({ path })),
      });
      expect(vmlinux).toBeUndefined();
      const messages = steps.map(({ message }) => message).join('\n');
      expect(messages).toContain('linux-image-6.1.0-dbg.deb is no regular file');
      expect(messages).toContain('vmlinux.xz is no regular file');
    },
  );

  it('a folder behind the name of a package is neither told nor approved', async () => {
    put('crash/linux-image-6.1.0-dbg.deb', new Uint8Array(8));
    symlinkSync('/', join(root, 'crash/linux-image-6.1.0-a-dbg.deb'));
    const { steps } = await search({ opensPackages: false });
    const paths = steps.flatMap(({ outcome, path }) => (outcome === 'skipped' ? [path] : []));
    expect(paths).toEqual([join(root, 'crash/linux-image-6.1.0-dbg.deb')]);
  });

  it("a module's build-id of one byte identifies nothing, and the rest is found", async () => {
    const path = put('crash/vmlinux', drawVmlinux({ buildId: ID }));
    put('crash/xfs.ko', drawKo({ buildId: 'ab' }));
    const { vmlinux, modules } = await search({ modules: [{ name: 'xfs', srcversion: 'X' }] });
    expect(vmlinux?.path).toBe(path);
    expect(modules.size).toBe(0);
  });
});
