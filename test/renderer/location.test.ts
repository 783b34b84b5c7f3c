import { describe, expect, test } from 'vitest';
import { hashOf, locationOf, type Location } from '../../src-renderer/model/location.ts';

describe('locations and their hashes', () => {
  const locations: Location[] = [
    { view: 'overview' },
    { view: 'tasks' },
    { view: 'tasks', task: 0xffff8d7981df4800n },
    { view: 'log', seq: 427 },
    { view: 'memory', space: { kind: 'kernel' }, address: 0xffffffff81000000n },
    { view: 'memory', space: { kind: 'physical' }, address: 0n },
    { view: 'memory', space: { kind: 'user', task: 0xffff8d7981df4800n }, address: 0x7fff0000n },
    { view: 'memory', space: { kind: 'kernel' } },
    { view: 'modules', name: 'a/b %' },
    { view: 'types' },
    { view: 'types', name: 'task_struct' },
    { view: 'types', name: 'union:thread_union', address: 0xffff8d7981df4800n },
    { view: 'types', name: 'task_struct', member: 'cpus_mask.bits[0]' },
    { view: 'types', name: 'rq', address: 0xffff8d79bdc2c0c0n, member: 'curr->comm' },
  ];
  test.each(locations)('%o comes back from its hash', (location) => {
    expect(locationOf(hashOf(location))).toEqual(location);
  });

  test.each(['', '#', '#token=abc', '#/nowhere', '#/tasks/xyz/%', '#/modules/%E0%A4%A'])(
    'a foreign hash (%s) is a place, not an error',
    (hash) => {
      expect(() => locationOf(hash)).not.toThrow();
    },
  );

  test('a type reads well in the address line', () => {
    const union = { view: 'types', name: 'union:foo', address: 0xffff0n } as const;
    expect(hashOf(union)).toBe('#/types/union:foo/ffff0');
    expect(hashOf({ view: 'types', name: 'rq', member: 'cfs' })).toBe('#/types/rq/-/cfs');
    expect(locationOf('#/types/rq/zzz')).toEqual({ view: 'types', name: 'rq' });
  });

  test('an address of more than 64 bits is not taken', () => {
    expect(locationOf('#/memory/kernel/1ffffffffffffffff')).toEqual({
      view: 'memory',
      space: { kind: 'kernel' },
    });
  });
});
