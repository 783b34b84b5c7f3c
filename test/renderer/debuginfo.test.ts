import { describe, expect, test } from 'vitest';
import type { DebuginfoInfo, DebuginfoPart } from '../../src-shared/contract/index.ts';
import { foundInFolder, usualPlacesText } from '../../src-renderer/model/folders.ts';
import {
  debuginfoState,
  givenState,
  looksLikeDebuginfo,
  namedOutcome,
  offeredSteps,
  openRefusals,
  refusedSteps,
  withGiven,
  withoutRefused,
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

describe('what was named', () => {
  const given = [{ path: '/a' }, { path: '/folder' }, { path: '/b.deb' }, { path: '/c' }];
  const origin = { path: '/b.deb', entry: './vmlinux', size: 1, mtimeMs: 1 };
  const info: DebuginfoInfo = {
    ...none,
    given,
    parts: [part('a', { path: '/cache/a', origin })],
    steps: [
      step('mismatch', '/a'),
      step('mismatch', '/folder/vmlinux'),
      step('mismatch', '/folder2/vmlinux'),
      { ...step('skipped', '/c'), outcome: 'unreadable' },
    ],
  };

  test('says what came of it, in the list and in a sentence', () => {
    expect(given.map(({ path }) => givenState(info, path))).toEqual([
      'another build',
      'another build',
      'in use',
      'cannot be read',
    ]);
    expect(givenState(none, '/a')).toBe('nothing used');
    expect(namedOutcome(info, ['/a'])).toBe(
      'a: refused, another build. In use now: no vmlinux · 1/2 modules',
    );
    expect(namedOutcome({ ...info, parts: [] }, ['/c'])).toBe(
      'c: cannot be read. In use: the dump alone',
    );
    expect(namedOutcome(info, ['/b.deb'])).toBe('In use now: no vmlinux · 1/2 modules');
  });

  test('gives way to the next one where it was refused', () => {
    expect(withoutRefused(info).map(({ path }) => path)).toEqual(['/b.deb', '/c']);
  });

  test('is told as refused; what the search passed over is not, once the right one is there', () => {
    const paths = (more: Partial<DebuginfoInfo>) =>
      openRefusals({ ...info, ...more }).map(({ path }) => path);
    expect(paths({})).toEqual(['/a', '/folder/vmlinux', '/folder2/vmlinux']);
    expect(paths({ parts: [part('vmlinux')] })).toEqual(['/a', '/folder/vmlinux']);
  });
});

test('usual places are counted by what is known of them', () => {
  const place = (problem: string | undefined, dependsOnRelease = false) => ({
    name: 'x',
    path: '/x',
    problem,
    dependsOnRelease,
  });
  const gone = place('does not exist');
  expect(usualPlacesText([place(undefined), gone, place(undefined, true)])).toBe(
    '3 places, of which 1 is there and 1 depends on the release of the dump',
  );
  expect(usualPlacesText([gone, place(undefined), place(undefined)])).toBe(
    '3 places, of which 2 are there',
  );
  expect(usualPlacesText([gone, gone])).toBe('2 places, of which none is there');
});
