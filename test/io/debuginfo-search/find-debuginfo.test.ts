import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCacheFolder } from '../../../src-main/io/cache-folder.ts';
import { findDebuginfo } from '../../../src-main/io/debuginfo-search/find-debuginfo.ts';
import type { DebuginfoRequest } from '../../../src-main/io/debuginfo-search/request.ts';
import { bannerOf, drawKo, drawVmlinux } from '../../support/packages/draw-debuginfo.ts';
import { compress, drawDeb, drawRpm } from '../../support/packages/draw-packages.ts';

const RELEASE = '6.1.0-9-amd64';
const ID = '00112233445566778899aabbccddeeff00112233';
const OTHER = 'ffeeddccbbaa99887766554433221100ffeeddcc';
const XFS = 'aaaa2233445566778899aabbccddeeff0011aaaa';
const RNG = 'bbbb2233445566778899aabbccddeeff0011bbbb';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'oopscope-search-'))));
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, bytes: Uint8Array): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, bytes);
  return full;
}

const search = (request: Partial<DebuginfoRequest> = {}) =>
  findDebuginfo({
    release: RELEASE,
    buildId: ID,
    dumpPath: join(root, 'crash/vmcore'),
    cache: openCacheFolder({ folder: join(root, 'cache') }),
    root,
    env: { HOME: join(root, 'home') },
    ...request,
  });
const vmlinux = drawVmlinux({ buildId: ID });
const madeUp = { name: '.madeup', bytes: [6, 6, 6] };
const modules = [
  { name: 'xfs', buildId: XFS },
  { name: 'virtio_rng', buildId: RNG },
];
const linesOf = (result: Awaited<ReturnType<typeof search>>) =>
  result.steps.map(({ what, outcome, message }) => `${what}: ${outcome}: ${message}`);

describe('search for debuginfo', () => {
  it.each([
    ['crash/vmlinux', 'beside the dump'],
    ['usr/lib/debug/boot/vmlinux-6.1.0-9-amd64', 'debug files of /boot'],
    ['usr/lib/debug/lib/modules/6.1.0-9-amd64/vmlinux', 'debug files of modules'],
    ['usr/lib/modules/6.1.0-9-amd64/build/vmlinux', 'installed kernel'],
    ['usr/lib/modules/6.1.0-9-amd64/vmlinux', 'installed kernel'],
    [`usr/lib/debug/.build-id/00/${ID.slice(2)}.debug`, 'build-id tree'],
    [`home/.cache/debuginfod_client/${ID}/debuginfo`, "debuginfod's cache"],
  ])('finds %s', async (path, how) => {
    const full = put(path, vmlinux);
    const { vmlinux: found, steps } = await search();
    expect(found).toMatchObject({ path: full, buildId: ID, match: 'build-id', hasDwarf: true });
    expect(found?.how).toContain(how);
    expect(found?.override).toBeUndefined();
    // Every place that was asked before says that it had nothing.
    expect(steps.slice(0, -1).every(({ outcome }) => outcome === 'absent')).toBe(true);
  });

  it('says where a file has no symbols that could be compared with those of the dump', async () => {
    const compare = (symbols: readonly unknown[]) =>
      symbols.length === 0 ? undefined : { compared: symbols.length, elsewhere: [], unknown: [] };
    const uncompared = /: it has no symbols of any\)$/;
    const stepOf = async (bytes: Uint8Array, request: Partial<DebuginfoRequest> = { compare }) => {
      put('crash/vmlinux', bytes);
      const { vmlinux: found, steps } = await search(request);
      expect(found?.match).toBe('build-id');
      return steps.at(-1)?.message;
    };
    expect(await stepOf(vmlinux)).toMatch(uncompared);
    expect(await stepOf(drawVmlinux({ buildId: ID, functions: [] }))).toMatch(uncompared);
    const functions = [['panic', 0xffffffff81000100n]] as const;
    expect(await stepOf(drawVmlinux({ buildId: ID, functions }))).not.toMatch(uncompared);
    // Nothing in the dump to compare with is nothing to say of the file.
    expect(await stepOf(vmlinux, {})).not.toMatch(uncompared);

    put(
      'crash/vmlinux',
      drawVmlinux({ buildId: ID, dwarf: false, functions, debugLink: 'x.debug' }),
    );
    put('crash/.debug/x.debug', vmlinux);
    const linked = await search({ compare });
    expect(linked.vmlinux?.path).toBe(join(root, 'crash/.debug/x.debug'));
    expect(linked.steps.at(-1)?.message).toMatch(uncompared);
  });

  it("asks debuginfod's cache where the environment says it is", async () => {
    const full = put(`pod/${ID}/debuginfo`, vmlinux);
    const env = { DEBUGINFOD_CACHE_PATH: join(root, 'pod'), HOME: root };
    expect((await search({ env })).vmlinux?.path).toBe(full);
  });

  it('refuses another build with both ids and releases, and goes on', async () => {
    put('crash/vmlinux', drawVmlinux({ buildId: OTHER, release: '6.1.0-8-amd64' }));
    const right = put('usr/lib/debug/boot/vmlinux-6.1.0-9-amd64', vmlinux);
    const result = await search();
    expect(result.vmlinux?.path).toBe(right);
    const refusal = result.steps.find(({ outcome }) => outcome === 'mismatch');
    expect(refusal).toMatchObject({ what: 'vmlinux', buildId: OTHER });
    for (const word of [OTHER, ID, '6.1.0-8-amd64', RELEASE])
      expect(refusal?.message).toContain(word);
  });

  it('takes another build only when told to, and never forgets that', async () => {
    const path = put('elsewhere/vmlinux', drawVmlinux({ buildId: OTHER }));
    put('crash/vmlinux', vmlinux);
    expect((await search({ given: [{ path }] })).vmlinux).toMatchObject({ buildId: ID });
    const { vmlinux: found } = await search({ given: [{ path, override: true }] });
    expect(found).toMatchObject({ path, buildId: OTHER, match: 'override', override: true });
  });

  it('what a package claims answers neither for a named file nor, once overridden, for other dumps', async () => {
    const entry = './usr/lib/debug/boot/vmlinux-6.1.0-9-amd64';
    const file = { path: entry, bytes: drawVmlinux({ buildId: ID, extra: [madeUp] }) };
    const path = put('made-up-dbg.deb', drawDeb([file], 'xz'));
    const beside = put('crash/vmlinux', vmlinux);
    const overridden = await search({ buildId: OTHER, given: [{ path, override: true }] });
    expect(overridden.vmlinux).toMatchObject({ match: 'override' });
    expect((await search()).vmlinux?.path).toBe(beside);
    // Of the same build-id the package is believed …
    const believed = await search({ given: [{ path }], searchesPlaces: false });
    expect(believed.vmlinux).toMatchObject({ match: 'build-id' });
    // … but not against a file that is named.
    const named = put('elsewhere/vmlinux', vmlinux);
    expect((await search({ given: [{ path: named }] })).vmlinux?.path).toBe(named);
  });

  it('what the user names and fits is no override', async () => {
    const path = put('elsewhere/kernel.elf', vmlinux);
    const { vmlinux: found } = await search({ given: [{ path, override: true }] });
    expect(found).toMatchObject({ match: 'build-id' });
    expect(found?.override).toBeUndefined();
  });

  it('a file without DWARF is kept only until a better one comes', async () => {
    const stripped = put('crash/vmlinux', drawVmlinux({ buildId: ID, dwarf: false }));
    expect((await search()).vmlinux).toMatchObject({ path: stripped, hasDwarf: false });
    const full = put('usr/lib/debug/boot/vmlinux-6.1.0-9-amd64', vmlinux);
    const result = await search();
    expect(result.vmlinux).toMatchObject({ path: full, hasDwarf: true });
    expect(result.steps.some(({ outcome }) => outcome === 'no-debuginfo')).toBe(true);
  });

  it('follows .gnu_debuglink to a file of the same build only', async () => {
    const drawn = { buildId: XFS, dwarf: false, debugLink: 'xfs.ko.debug' };
    put('crash/xfs.ko', drawKo(drawn));
    const other = put('crash/.debug/xfs.ko.debug', drawKo({ buildId: OTHER }));
    const wanted = { modules: [modules[0]!] };
    expect((await search(wanted)).modules.get('xfs')?.hasDwarf).toBe(false);
    writeFileSync(other, drawKo({ buildId: XFS }));
    expect((await search(wanted)).modules.get('xfs')).toMatchObject({
      path: other,
      hasDwarf: true,
    });
  });

  it('a dump without build-id: by banner; by release only what the user names', async () => {
    const path = put('crash/vmlinux', vmlinux);
    const anonymous = { buildId: undefined };
    const unsure = await search(anonymous);
    expect(unsure.vmlinux).toBeUndefined();
    expect(linesOf(unsure).join('\n')).toMatch(/cannot be told from another build/);
    expect((await search({ ...anonymous, given: [{ path }] })).vmlinux?.match).toBe('release');
    const banner = `${bannerOf(RELEASE)}\n`;
    expect((await search({ ...anonymous, banner })).vmlinux?.match).toBe('banner');
    const rebuilt = await search({
      ...anonymous,
      banner: banner.replace('#1', '#2'),
      given: [{ path }],
    });
    expect(rebuilt.vmlinux).toBeUndefined();
    expect(linesOf(rebuilt).join('\n')).toContain('another build');
  });

  it('modules by build-id, wherever their tree has them; by srcversion without', async () => {
    put('crash/vmlinux', vmlinux);
    const tree = 'usr/lib/debug/lib/modules/6.1.0-9-amd64/kernel';
    const xfs = put(`${tree}/fs/xfs/xfs.ko`, drawKo({ buildId: XFS }));
    const rng = put(`usr/lib/debug/.build-id/bb/${RNG.slice(2)}.debug`, drawKo({ buildId: RNG }));
    put(`${tree}/drivers/virtio-rng.ko`, drawKo({ buildId: OTHER }));
    const demo = put('crash/demo.ko', drawKo({ srcversion: 'ABCDEF' }));
    put(`${tree}/other.ko`, drawKo({ srcversion: '123' }));
    const result = await search({
      modules: [
        ...modules,
        { name: 'demo', srcversion: 'ABCDEF' },
        { name: 'other', srcversion: '456' },
      ],
    });
    expect([...result.modules].map(([name, { path, match }]) => [name, path, match])).toEqual([
      ['demo', demo, 'srcversion'],
      ['xfs', xfs, 'build-id'],
      ['virtio_rng', rng, 'build-id'],
    ]);
    expect(linesOf(result)).toContainEqual(expect.stringMatching(/^other: mismatch:.*123.*456/));
    expect(linesOf(result)).toContainEqual(expect.stringMatching(/^virtio_rng: mismatch/));
  });

  it('named folders are searched to the bottom; compressed files are unpacked', async () => {
    put('mine/a/b/vmlinux-6.1.0-9-amd64.xz', compress(vmlinux, 'xz'));
    put('mine/a/xfs.ko.zst', compress(drawKo({ buildId: XFS }), 'zstd'));
    put('mine/a/virtio-rng.ko.gz', compress(drawKo({ buildId: RNG }), 'gzip'));
    const extraFolders = [join(root, 'mine')];
    const result = await search({ extraFolders, modules });
    expect(readFileSync(result.vmlinux!.path).equals(vmlinux)).toBe(true);
    expect([...result.modules.keys()].sort()).toEqual(['virtio_rng', 'xfs']);
    rmSync(extraFolders[0]!, { recursive: true });
    const again = await search({ extraFolders, modules });
    expect(again.vmlinux?.how).toContain('the cache');
    expect(again.modules.size).toBe(2);
  });

  it('what is odd is a step, not an error', async () => {
    put(
      'crash/vmlinux',
      Buffer.from('no ELF file at all, only text in it, and enough of that too'),
    );
    put('crash/vmlinux-old', new Uint8Array(0));
    put('crash/vmlinux-6.1.0-9-amd64.xz', Buffer.from('no xz either'));
    put('crash/linux-image-6.1.0-9-amd64-dbg_1_amd64.deb', Buffer.from('nor a package'));
    mkdirSync(join(root, 'crash/vmlinux-folder'));
    symlinkSync('/dev/zero', join(root, 'crash/vmlinux-device'));
    const result = await search({ given: [{ path: join(root, 'missing') }] });
    expect(result.vmlinux).toBeUndefined();
    const text = linesOf(result).join('\n');
    expect(text).toMatch(/missing does not exist/);
    expect(text).toMatch(/vmlinux: corrupt ELF header/);
    expect(text).toMatch(/vmlinux-old: .*is empty/);
    expect(text).toMatch(/is no Debian or RPM package/);
  });

  it('a release that climbs out of the folders is not used in paths', async () => {
    put('usr/lib/secret/vmlinux', drawVmlinux({ buildId: ID }));
    const { vmlinux: found } = await search({ release: '../secret' });
    expect(found).toBeUndefined();
  });
});

describe('debuginfo straight from a package', () => {
  const files = [
    { path: './usr/lib/debug/boot/vmlinux-6.1.0-9-amd64', bytes: vmlinux },
    { path: './usr/lib/debug/lib/modules/x/kernel/ext4.ko', bytes: drawKo({ buildId: OTHER }) },
    { path: './usr/lib/debug/lib/modules/x/kernel/xfs.ko', bytes: drawKo({ buildId: XFS }) },
    {
      path: './usr/lib/debug/lib/modules/x/virtio-rng.ko.xz',
      bytes: compress(drawKo({ buildId: RNG }), 'xz'),
    },
    {
      path: './usr/lib/debug/vmlinux-6.1.0-9-amd64',
      bytes: new Uint8Array(0),
      linkTo: '/etc/passwd',
    },
    { path: '../../../../tmp/oopscope-climbs/vmlinux', bytes: drawVmlinux({ buildId: OTHER }) },
  ];

  it.each([
    ['linux-image-6.1.0-9-amd64-dbg_6.1_amd64.deb', drawDeb(files, 'xz')],
    ['linux-image-unsigned-6.1.0-9-amd64-dbgsym_6.1_amd64.ddeb', drawDeb(files, 'zstd')],
    ['kernel-debuginfo-6.1.0-9.x86_64.rpm', drawRpm(files, 'gzip')],
  ])('%s: vmlinux and the loaded modules, nothing else', async (name, bytes) => {
    const path = put(`crash/${name}`, bytes);
    const progress: number[] = [];
    const order: string[] = [];
    const result = await search({
      modules,
      onProgress: ({ done, total }) => progress.push(done / total),
      onFound: (module) => order.push(module ?? 'vmlinux'),
    });
    expect(readFileSync(result.vmlinux!.path).equals(vmlinux)).toBe(true);
    expect(result.vmlinux).toMatchObject({ match: 'build-id' });
    expect(result.vmlinux?.how).toContain(name);
    expect([...result.modules.keys()].sort()).toEqual(['virtio_rng', 'xfs']);
    expect(result.vmlinux!.path.startsWith(join(root, 'cache'))).toBe(true);
    expect(existsSync(join(root, 'cache', OTHER.slice(0, 2)))).toBe(false);
    expect(existsSync('/tmp/oopscope-climbs')).toBe(false);
    expect(order).toEqual(['vmlinux', 'xfs', 'virtio_rng']);
    expect(progress.at(-1)).toBeGreaterThan(0);
    const from = { path, entry: files[0]!.path, size: bytes.length };
    expect(result.vmlinux?.origin).toMatchObject(from);
    rmSync(path);
    // What was unpacked tells where it came from, though the package is gone.
    const later = await search({ modules });
    expect(later.modules.size).toBe(2);
    expect(later.vmlinux?.origin).toMatchObject(from);
    expect(later.modules.get('virtio_rng')?.origin?.entry).toContain('virtio-rng.ko.xz');
  });

  it('of another kernel is refused by its build-id; override takes its vmlinux', async () => {
    const path = put('given.deb', drawDeb(files));
    const wanted = { buildId: XFS, release: '6.1.0-7-amd64', given: [{ path }] };
    const refused = await search(wanted);
    expect(refused.vmlinux).toBeUndefined();
    expect(linesOf(refused).find((line) => line.includes('mismatch'))).toMatch(
      new RegExp(`${ID}.*${XFS}`),
    );
    const { vmlinux: found } = await search({ ...wanted, given: [{ path, override: true }] });
    expect(found).toMatchObject({ buildId: ID, match: 'override', override: true });
  });

  it('that is cut off is a step, and leaves nothing behind', async () => {
    const whole = drawRpm(files, 'none');
    const path = put('kernel-debuginfo.rpm', whole.subarray(0, 900));
    const result = await search({ given: [{ path }] });
    expect(linesOf(result).join('\n')).toMatch(/unreadable.*kernel-debuginfo\.rpm is cut off/);
    expect(readdirSync(join(root, 'cache/parts'))).toEqual([]);
  });

  it('is left alone when told so', async () => {
    put('crash/linux-image-6.1.0-9-amd64-dbg_6.1_amd64.deb', drawDeb(files));
    put('crash/linux-image-6.1.0-8-amd64-dbg_6.1_amd64.deb', drawDeb(files));
    const result = await search({ opensPackages: false });
    expect(result.vmlinux).toBeUndefined();
    expect(linesOf(result).filter((line) => line.includes('skipped'))).toHaveLength(1);
  });

  it('can be cancelled', async () => {
    const path = put('given.deb', drawDeb(files, 'none'));
    const control = new AbortController();
    const running = search({
      given: [{ path }],
      signal: control.signal,
      onProgress: () => control.abort(),
      modules,
    });
    await expect(running).rejects.toThrow(/abort/i);
  });
});
