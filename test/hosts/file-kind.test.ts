import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { debuginfoApart } from '../../src-main/hosts/node/file-kind.ts';
import { drawVmlinux } from '../support/packages/draw-debuginfo.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopscope-kind-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('a vmlinux chosen together with a dump is its debuginfo, whatever their order', () => {
  const dump = put('vmlinux.dump', 'KDUMP   '.padEnd(64));
  const part = put('part2', 'KDUMP   '.padEnd(64));
  const vmlinux = put('kernel', drawVmlinux({}));
  expect(debuginfoApart({ paths: [vmlinux, dump, part], debuginfo: ['/x'] })).toEqual({
    paths: [dump, part],
    debuginfo: ['/x', vmlinux],
  });
});

test('alone it is left for the opening to say what it is', () => {
  const vmlinux = put('kernel', drawVmlinux({}));
  const request = { paths: [vmlinux] };
  expect(debuginfoApart(request)).toBe(request);
  const both = { paths: [vmlinux, put('other', drawVmlinux({}))] };
  expect(debuginfoApart(both)).toBe(both);
});
