import { describe, expect, test } from 'vitest';
import type { DebuginfoInfo, DebuginfoPart } from '../../src-shared/contract/index.ts';
import { foundInFolder } from '../../src-renderer/model/folders.ts';
import {
  debuginfoState,
  looksLikeDebuginfo,
  offeredSteps,
  refusedSteps,
  withGiven,
} from '../../src-renderer/model/debuginfo.ts';

const ID = '00112233445566778899aabbccddeeff00112233';
const none: DebuginfoInfo = {
  wanted: { release: '6.1.0', buildId: ID },
  given: [],
  searched: true,
  parts: [],
  steps: [],
  stepsLeftOut: 0,
  missingModules: ['a', 'b'],
  moduleCount: 2,
  advice: [],
  types: 'BTF in the dump',
  override: undefined,
  tookMs: 1,
};
const part = (name: string, more: Partial<DebuginfoPart> = {}): DebuginfoPart => ({
  name,
  path: `/d/${name}`,
  match: 'build-id',
  buildId: ID,
  how: 'beside the dump',
  hasDwarf: true,
  ...more,
});
const step = (outcome: 'mismatch' | 'skipped', path: string) =>
  ({ place: 'x', what: 'vmlinux', outcome, message: 'm', path }) as const;

describe('the state of debuginfo in a few words', () => {
  const text = (more: Partial<DebuginfoInfo>) => debuginfoState({ ...none, ...more }).text;

  test('tells what is there', () => {
    expect(text({})).toBe('no debuginfo');
    expect(text({ parts: [part('vmlinux')] })).toBe('vmlinux · 001122334455…');
    expect(text({ parts: [part('vmlinux'), part('a')] })).toContain('1/2 modules');
    expect(text({ parts: [part('a')] })).toBe('no vmlinux · 1/2 modules');
    expect(text({ parts: [part('vmlinux', { hasDwarf: false })] })).toContain('without DWARF');
  });

  test('an override is said before all else', () => {
    const parts = [part('vmlinux', { match: 'override' })];
    expect(debuginfoState({ ...none, parts, override: 'of another build' })).toMatchObject({
      tone: 'danger',
      detail: 'of another build',
    });
  });

  test('tells what was refused, or seen and not opened', () => {
    expect(text({ steps: [step('mismatch', '/a')] })).toBe('no debuginfo · 1 refused');
    expect(text({ steps: [step('skipped', '/a')] })).toBe('no debuginfo · 1 not opened');
  });
});

test('a refused file is told once, and not while it is in use', () => {
  const steps = [step('mismatch', '/d/vmlinux'), step('mismatch', '/d/vmlinux')];
  expect(refusedSteps({ ...none, steps })).toHaveLength(1);
  expect(refusedSteps({ ...none, steps, parts: [part('vmlinux')] })).toEqual([]);
});

test('a package is offered once, and no more when it was named', () => {
  const steps = [step('skipped', '/a.deb'), step('skipped', '/a.deb'), step('skipped', '/b.deb')];
  const paths = (info: DebuginfoInfo) => offeredSteps(info).map(({ path }) => path);
  expect(paths({ ...none, steps })).toEqual(['/a.deb', '/b.deb']);
  expect(paths({ ...none, steps, given: [{ path: '/a.deb' }] })).toEqual(['/b.deb']);
});

test('a file that is named again is named once, with its new word', () => {
  expect(withGiven([{ path: '/a' }, { path: '/b' }], [{ path: '/a', override: true }])).toEqual([
    { path: '/b' },
    { path: '/a', override: true },
  ]);
});

test('names of debuginfo and of dumps', () => {
  for (const name of ['vmlinux', 'vmlinux-6.1', 'ext4.ko', 'ext4.ko.xz', 'x.debug', 'a.deb'])
    expect(looksLikeDebuginfo(name), name).toBe(true);
  for (const name of ['vmcore', 'dump.kdump', 'dump.202601010101', 'vmlinuz', 'notes.kotlin'])
    expect(looksLikeDebuginfo(name), name).toBe(false);
});

describe('what was found in a folder', () => {
  const said = (more: Partial<DebuginfoInfo>) => foundInFolder({ ...none, ...more }, '/d');

  test('is told by what it became', () => {
    const parts = [part('vmlinux'), part('xfs'), part('ext4', { path: '/dd/ext4.ko' })];
    expect(said({ parts })).toBe('/d: vmlinux and 1 module in use');
    const steps = [step('mismatch', '/d/x/vmlinux'), step('skipped', '/d/a.deb')];
    expect(said({ steps })).toBe(
      '/d: 1 package or compressed file not opened yet, see above; 1 file of another build',
    );
  });

  test('is nothing, or nobody looked', () => {
    const asked = {
      place: 'a folder named by the user (/d)',
      what: 'vmlinux',
      outcome: 'absent',
      message: 'no vmlinux is there',
    } as const;
    expect(said({ steps: [asked] })).toBe('/d: nothing that this dump needs');
    expect(said({ parts: [part('vmlinux', { path: '/other' })] })).toContain('was not looked at');
  });
});
