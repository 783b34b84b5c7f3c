import { expect, test } from 'vitest';
import { FactSheet } from '../../src-renderer/model/facts.ts';
import { pageShares } from '../../src-renderer/model/completeness.ts';
import { verdictOf } from '../../src-renderer/model/verdict.ts';
import { splitPaths } from '../../src-renderer/start/split-paths.ts';
import { errorInfoOf } from '../../src-renderer/state/errors.ts';

test.each([
  ['/var/crash/dump', ['/var/crash/dump']],
  [' /a/1 /a/2 ', ['/a/1', '/a/2']],
  ['"/a b/dump" \'/c d\' /e\\ f', ['/a b/dump', '/c d', '/e f']],
  ['  ', []],
])('paths of %s', (text, paths) => {
  expect(splitPaths(text)).toEqual(paths);
});

test('an error says its kind and sentence, whatever carried it', () => {
  expect(errorInfoOf({ kind: 'open', message: 'no dump' })).toEqual({
    kind: 'open',
    message: 'no dump',
  });
  expect(
    errorInfoOf(Object.assign(new Error('x'), { info: { kind: 'fault', message: 'y' } })),
  ).toEqual({ kind: 'fault', message: 'y' });
  expect(errorInfoOf(new DOMException('stop', 'AbortError')).kind).toBe('cancelled');
  expect(errorInfoOf('boom')).toEqual({ kind: 'internal', message: 'boom' });
});

test('facts are found by id or by the label crash prints', () => {
  const sheet = new FactSheet([
    {
      type: 'facts',
      name: 'sys',
      facts: [{ id: 'load-average', label: 'LOAD AVERAGE', kind: 'text', value: '1, 2, 3' }],
    },
  ]);
  expect(sheet.find('load_average')?.value).toBe('1, 2, 3');
  expect(sheet.find('nothing')).toBeUndefined();
});

test('pages by what is known of them; a part that is not known is left out', () => {
  const count = (id: string, value: number) => ({ id, label: id, kind: 'count' as const, value });
  const sheet = new FactSheet([
    {
      type: 'facts',
      name: 'dump',
      facts: [count('pages-present', 10), count('pages-zero', 0), count('pages-excluded', 30)],
    },
  ]);
  expect(pageShares(sheet).map(({ id, bytes }) => [id, bytes])).toEqual([
    ['present', 40960],
    ['excluded', 122880],
  ]);
  expect(pageShares(new FactSheet([]))).toEqual([]);
});

test.each([
  [
    'Oops: 0000 [#1] SMP',
    'BUG: kernel NULL pointer dereference',
    'BUG: kernel NULL pointer dereference',
  ],
  [
    'Kernel panic - not syncing: Fatal exception in interrupt',
    'kernel BUG at mm/slub.c:1!',
    'kernel BUG at mm/slub.c:1!',
  ],
  [
    'Kernel panic - not syncing: sysrq triggered crash',
    'sysrq: Trigger a crash',
    'Kernel panic - not syncing: sysrq triggered crash',
  ],
  ['Kernel panic - not syncing: hung_task', undefined, 'Kernel panic - not syncing: hung_task'],
  [undefined, undefined, undefined],
])('of %s and %s the headline is %s', (panic, fault, headline) => {
  expect(verdictOf(panic, fault)[0]).toBe(headline);
});
