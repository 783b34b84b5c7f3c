import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineService } from '../../src-shared/contract/index.ts';
import { createEngineService } from '../../src-main/engine/service/engine-service.ts';
import { createEngineDeps } from '../../src-main/hosts/node/engine-deps.ts';
import { openCacheFolder } from '../../src-main/io/cache-folder.ts';
import { drawVmlinux } from '../support/packages/draw-debuginfo.ts';
import { drawDeb } from '../support/packages/draw-packages.ts';
import { runCli } from '../support/run-cli.ts';

const sample = new URL('../../build/sample/sample.kdump', import.meta.url).pathname;
const OTHER = 'ffeeddccbbaa99887766554433221100ffeeddcc';

let root: string;
let dump: string;
let folders: string[];
let engine: EngineService;
let wanted: { release: string; buildId: string };

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'oopscope-session-'));
  dump = join(root, 'dump.kdump');
  copyFileSync(sample, dump);
  folders = [];
  engine = createEngineService(
    createEngineDeps({
      root,
      env: { HOME: root },
      cache: openCacheFolder({ folder: join(root, 'cache') }),
      folders: () => ({ folders, problem: undefined }),
    }),
  );
  const info = await engine.open({ paths: [dump] });
  wanted = { release: info.debuginfo.wanted.release!, buildId: info.debuginfo.wanted.buildId! };
  await engine.close(info);
});
afterEach(() => rmSync(root, { recursive: true }));

/** A file in the test's folder. */
function put(name: string, bytes: Uint8Array): string {
  const path = join(root, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}
const ours = (): Uint8Array => drawVmlinux(wanted);
const another = (): Uint8Array => drawVmlinux({ buildId: OTHER, release: '6.1.0-1-amd64' });

describe('opening a dump', () => {
  test('says what it needs, where it looked and how to get it', async () => {
    const { debuginfo, warnings } = await engine.open({ paths: [dump] });
    expect(wanted.buildId).toMatch(/^[0-9a-f]{40}$/);
    expect(debuginfo).toMatchObject({ searched: true, parts: [], override: undefined });
    expect(debuginfo.steps.map(({ place }) => place).join()).toContain('beside the dump');
    expect(debuginfo.steps.every(({ outcome }) => outcome === 'absent')).toBe(true);
    expect(debuginfo.missingModules).toHaveLength(debuginfo.moduleCount);
    expect(debuginfo.advice[0]?.commands[0]).toContain(wanted.release);
    expect(warnings.join()).not.toContain('debuginfo');
  });

  test('finds vmlinux beside it, but not when told not to look', async () => {
    const path = put('vmlinux', ours());
    const { debuginfo } = await engine.open({ paths: [dump] });
    expect(debuginfo.parts).toMatchObject([{ name: 'vmlinux', path, match: 'build-id' }]);
    expect(debuginfo.advice).toEqual([]);
    const alone = await engine.open({ paths: [dump], search: false });
    expect(alone.debuginfo).toMatchObject({ parts: [], steps: [], searched: false });
  });

  test('looks in remembered folders', async () => {
    const path = put('mine/vmlinux', ours());
    folders.push(join(root, 'mine'));
    const { debuginfo } = await engine.open({ paths: [dump] });
    expect(debuginfo.parts).toMatchObject([{ path }]);
  });

  test('never uses another build that lies beside it, and says so', async () => {
    put('vmlinux', another());
    const { debuginfo, warnings } = await engine.open({ paths: [dump] });
    expect(debuginfo.parts).toEqual([]);
    const refusal = debuginfo.steps.find(({ outcome }) => outcome === 'mismatch');
    for (const word of [OTHER, wanted.buildId, '6.1.0-1-amd64', wanted.release]) {
      expect(refusal?.message).toContain(word);
      expect(warnings.join()).toContain(word);
    }
  });

  test('opens no package by itself, but offers it', async () => {
    const version = /^[\d.]+-\d+/.exec(wanted.release)?.[0];
    const deb = put(
      `linux-image-${version}-dbg_1_amd64.deb`,
      drawDeb([{ path: 'usr/lib/debug/boot/vmlinux-x', bytes: ours() }]),
    );
    const { session, debuginfo } = await engine.open({ paths: [dump] });
    expect(debuginfo.parts).toEqual([]);
    expect(debuginfo.steps).toContainEqual(
      expect.objectContaining({ outcome: 'skipped', path: deb }),
    );
    const attached = await engine.attachDebuginfo({ session, given: [{ path: deb }] });
    expect(attached.debuginfo.parts).toMatchObject([{ name: 'vmlinux', match: 'build-id' }]);
    // It is in the cache now.
    const again = await engine.open({ paths: [dump] });
    expect(again.debuginfo.parts[0]?.path).toContain(join(root, 'cache'));
  });

  test('is not failed by a search that fails', async () => {
    const failing = createEngineService({
      ...createEngineDeps(),
      findDebuginfo: () => Promise.reject(new Error('no room')),
    });
    const { debuginfo, warnings } = await failing.open({ paths: [dump] });
    expect(debuginfo.steps).toMatchObject([{ outcome: 'unreadable', message: 'no room' }]);
    expect(warnings.join()).toContain('no room');
  });
});

describe('an open dump', () => {
  test('takes debuginfo, keeps its id and its task, and lets go of it', async () => {
    const path = put('elsewhere/vmlinux', ours());
    const { session } = await engine.open({ paths: [dump] });
    await engine.run({ session, line: 'set 1' });
    const attached = await engine.attachDebuginfo({ session, given: [{ path }] });
    expect(attached).toMatchObject({ session, debuginfo: { given: [{ path }] } });
    expect(JSON.stringify(await facts(session), text)).toContain(path);
    expect(JSON.stringify((await engine.run({ session, line: 'set' })).blocks, text)).toMatch(
      /"1"|:1[,}]/,
    );
    const bare = await engine.attachDebuginfo({ session, given: [], search: false });
    expect(bare.debuginfo.parts).toEqual([]);
    expect(JSON.stringify(await facts(session), text)).not.toContain(path);
  });

  test('takes another build on the user’s word only, and says so with every answer', async () => {
    const path = put('elsewhere/vmlinux', another());
    const { session } = await engine.open({ paths: [dump] });
    const refused = await engine.attachDebuginfo({ session, given: [{ path }] });
    expect(refused.debuginfo.parts).toEqual([]);
    const given = [{ path, override: true }];
    const { debuginfo } = await engine.attachDebuginfo({ session, given });
    expect(debuginfo.parts).toMatchObject([{ path, match: 'override', buildId: OTHER }]);
    expect(debuginfo.override).toContain(OTHER);
    expect(debuginfo.override).toContain(wanted.buildId);
    for (const line of ['sys', 'ps', 'nonsense']) {
      const [first] = (await engine.run({ session, line })).blocks;
      expect(first).toEqual({ type: 'notice', severity: 'warning', text: debuginfo.override });
    }
    expect(JSON.stringify(await facts(session), text)).toContain('OVERRIDE');
  });

  test('stays as it was when attaching is cancelled', async () => {
    const { session } = await engine.open({ paths: [dump] });
    const path = put('elsewhere/vmlinux', ours());
    await engine.attachDebuginfo({ session, given: [{ path }] });
    const call = { signal: AbortSignal.abort() };
    await expect(engine.attachDebuginfo({ session, given: [] }, call)).rejects.toThrow();
    expect(JSON.stringify(await facts(session), text)).toContain(path);
  });

  async function facts(session: string) {
    const { blocks } = await engine.run({ session, line: 'sys' });
    return blocks.flatMap((block) =>
      block.type === 'facts' ? block.facts.filter(({ id }) => id === 'debuginfo') : [],
    );
  }
});

describe('a file that only claims to be the dump’s', () => {
  const NAMES = ['vfs_read', 'do_exit', 'schedule', 'panic', 'kfree', 'kernel_clone', 'filp_close'];

  /** Functions where the dump has them, as vmlinux has them before KASLR. */
  async function genuine(): Promise<(readonly [string, bigint])[]> {
    const { session } = await engine.open({ paths: [dump], search: false });
    const addressOf = async (text: string): Promise<bigint> => {
      const found = await engine.resolve({ session, text });
      if (found.kind !== 'address') throw new Error(`the sample has no ${text}`);
      return found.address;
    };
    // Where vmlinux has it.
    const slide = (await addressOf('_stext')) - 0xffff_ffff_8100_0000n;
    return Promise.all(NAMES.map(async (name) => [name, (await addressOf(name)) - slide] as const));
  }

  test('is refused with numbers and names; the genuine one is found behind it', async () => {
    const functions = await genuine();
    const moved = functions.map(([name, value], i) => [name, value + BigInt(i % 2) * 64n] as const);
    const claims = put('vmlinux', drawVmlinux({ ...wanted, functions: moved }));
    const { session, debuginfo, warnings } = await engine.open({ paths: [dump] });
    expect(debuginfo.parts).toEqual([]);
    const said = `${claims} claims the dump's build-id, but 3 of 7 functions are elsewhere in the dump (do_exit is at 0x`;
    expect(debuginfo.steps.find(({ outcome }) => outcome === 'mismatch')?.message).toContain(said);
    expect(warnings.join()).toContain(said);

    const path = put('mine/vmlinux', drawVmlinux({ ...wanted, functions }));
    folders.push(join(root, 'mine'));
    const again = await engine.attachDebuginfo({ session, given: [] });
    expect(again.debuginfo.parts).toMatchObject([{ path, match: 'build-id' }]);
  });

  test('is taken on the user’s word, which then says what is wrong with it', async () => {
    const functions = (await genuine()).map(([name], i) => [name, BigInt(i)] as const);
    const path = put('elsewhere/vmlinux', drawVmlinux({ ...wanted, functions }));
    const { session } = await engine.open({ paths: [dump] });
    const given = [{ path, override: true }];
    const { debuginfo } = await engine.attachDebuginfo({ session, given });
    expect(debuginfo.parts).toMatchObject([{ path, match: 'override' }]);
    expect(debuginfo.override).toContain("claims the dump's build-id");
    expect(debuginfo.override).toContain('its functions are not');
  });

  test('inside a package neither is used nor kept in the cache', async () => {
    const functions = (await genuine()).map(([name], i) => [name, BigInt(i)] as const);
    const bytes = drawVmlinux({ ...wanted, functions });
    const deb = put('away/x.deb', drawDeb([{ path: 'usr/lib/debug/boot/vmlinux-x', bytes }]));
    const { debuginfo } = await engine.open({ paths: [dump], debuginfo: [deb] });
    expect(debuginfo.parts).toEqual([]);
    expect(debuginfo.steps.map(({ message }) => message).join()).toContain('7 of 7 functions');
    expect(await openCacheFolder({ folder: join(root, 'cache') }).list()).toEqual([]);
  });

  test('one function elsewhere of many may be damaged memory: told, and used', async () => {
    const functions = await genuine();
    const many = [...functions, ...functions, ['panic', 1n] as const];
    const path = put('vmlinux', drawVmlinux({ ...wanted, functions: many }));
    const { debuginfo, warnings } = await engine.open({ paths: [dump] });
    expect(debuginfo.parts).toMatchObject([{ path, match: 'build-id' }]);
    expect(warnings.join()).toMatch(/1 of 15 functions .* It is used all the same/);
  });
});

describe('the command line', () => {
  test('--no-search, -s and --override', async () => {
    put('vmlinux', ours());
    const found = await runCli(engine, ['exec', dump, 'sys']);
    expect(found.out).toMatch(/DEBUGINFO: .*vmlinux/);
    const alone = await runCli(engine, ['exec', '--no-search', dump, 'sys']);
    expect(alone.out).not.toContain('DEBUGINFO');
    const other = put('elsewhere/vmlinux', another());
    const refused = await runCli(engine, ['exec', '--no-search', '-s', other, dump, 'sys']);
    expect(refused.out).not.toContain('DEBUGINFO');
    expect(refused.err).toContain(OTHER);
    expect(refused.err).toContain('apt-get download');
    const args = ['exec', '--no-search', '--override', other, dump, '-c', 'sys', '-c', 'mod'];
    const taken = await runCli(engine, args);
    expect(taken.err.match(/OVERRIDE/g)).toHaveLength(1);
    expect(taken.out).toMatch(/DEBUGINFO: .*OVERRIDE/);
    const json = await runCli(engine, ['exec', '--json', ...args.slice(1)]);
    for (const line of json.out.trim().split('\n')) expect(line).toContain('OVERRIDE');
  });
});

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
