import { homedir } from 'node:os';
import { expect, test, vi } from 'vitest';
import { expandHome, withHomePaths } from '../../src-main/hosts/loopback/home-paths.ts';
import { fakeEngine } from '../support/fake-engine.ts';

test('~ is the home only where a shell would take it for that', () => {
  expect(expandHome('~/crash/dump', '/home/u')).toBe('/home/u/crash/dump');
  expect(expandHome('~', '/home/u')).toBe('/home/u');
  for (const path of ['/a/~/b', '~other/dump', './~/dump', 'a~'])
    expect(expandHome(path, '/home/u')).toBe(path);
});

test('every path of a request is expanded, prefixes of sources are not', async () => {
  const open = vi.fn(fakeEngine().open);
  const engine = withHomePaths({ ...fakeEngine(), open });
  await engine.open({
    paths: ['~/dump'],
    debuginfo: ['~/vmlinux'],
    override: ['/vmlinux'],
    sources: ['~/linux', '~/build=~/linux', '/plain'],
  });
  const home = homedir();
  expect(open.mock.calls[0]?.[0]).toEqual({
    paths: [`${home}/dump`],
    debuginfo: [`${home}/vmlinux`],
    override: ['/vmlinux'],
    sources: [`${home}/linux`, `~/build=${home}/linux`, '/plain'],
  });
});
