import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { electronPaths } from '../../src-main/hosts/cli/electron-paths.ts';
import { drawVmlinux } from '../support/packages/draw-debuginfo.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-electron-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const named = { files: ['/d/dump'], debuginfo: [], override: [], sources: [], search: true };

test('the app is started with the dump and the files of debuginfo named with -s', () => {
  const vmlinux = join(folder, 'vmlinux');
  writeFileSync(vmlinux, drawVmlinux({}));
  expect(electronPaths({ ...named, debuginfo: [vmlinux] })).toEqual(['/d/dump', vmlinux]);
  expect(electronPaths(named)).toEqual(['/d/dump']);
});

test('nothing that was asked for is dropped: what files cannot say is not for the app', () => {
  expect(electronPaths({ ...named, debuginfo: [folder] })).toBeUndefined();
  expect(electronPaths({ ...named, override: ['/d/vmlinux'] })).toBeUndefined();
  expect(electronPaths({ ...named, sources: ['/usr/src'] })).toBeUndefined();
  expect(electronPaths({ ...named, search: false })).toBeUndefined();
});
