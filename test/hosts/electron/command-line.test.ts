import { expect, test } from 'vitest';
import { filesOf } from '../../../src-main/hosts/electron/command-line.ts';

test.each([
  ['the packaged app', ['/opt/oopscope', 'a.kdump', '/b'], false, ['/home/me/a.kdump', '/b']],
  ['electron on a folder', ['electron', '/src', 'a.kdump'], true, ['/home/me/a.kdump']],
  ['electron with switches', ['electron', '--no-sandbox', '/src', '-x', '../a'], true, ['/home/a']],
  ['no files', ['/opt/oopscope'], false, []],
])('finds the files of %s', (_, argv, unpackaged, files) => {
  expect(filesOf(argv, '/home/me', unpackaged)).toEqual(files);
});
