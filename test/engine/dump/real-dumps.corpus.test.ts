import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DumpImage, PageState } from '../../../src-main/engine/dump/dump-image.ts';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import { iteratePresentPages } from '../../../src-main/engine/memory/scan-pages.ts';
import { openByteSource } from '../../../src-main/io/open-byte-source.ts';
import { codecs } from '../../support/dump/open.ts';

/** Where `npm run corpus` puts dumps, and Debian sid with makedumpfile 1.7.8. */
const cache =
  process.env['OOPSCOPE_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'oopscope');
const sid = join(cache, 'oracle', 'sid');
const corpus = join(cache, 'corpus');
const names = existsSync(corpus)
  ? readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'dump.kdump')))
  : [];

const open = (...paths: string[]): DumpImage => openDump(paths.map(openByteSource), codecs);

/** makedumpfile of the sid tree, with that tree's C library. */
function makedumpfile(...args: string[]): Buffer {
  const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((each) =>
    join(sid, each),
  );
  return execFileSync(
    join(sid, 'lib64/ld-linux-x86-64.so.2'),
    ['--library-path', libraries.join(':'), join(sid, 'usr/bin/makedumpfile'), ...args],
    { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] },
  );
}

/** In other states, reading leaves the target as it was. */
const hasBytes = (state: PageState): boolean => state === 'present' || state === 'zero';

/** The two show the same state and the same bytes in every frame. */
function expectSamePages(image: DumpImage, reference: DumpImage): void {
  expect(image.endPfn).toBe(reference.endPfn);
  const [ours, theirs] = [new Uint8Array(4096), new Uint8Array(4096)];
  const different: string[] = [];
  for (let frame = 0; frame < reference.endPfn && different.length < 10; frame++) {
    const state = image.readPage(frame as never, ours);
    const expected = reference.readPage(frame as never, theirs);
    if (state !== expected) different.push(`${String(frame)}: ${state}, not ${expected}`);
    else if (hasBytes(state) && Buffer.compare(ours, theirs) !== 0)
      different.push(`${String(frame)}: bytes`);
  }
  expect(different).toEqual([]);
}

describe.each(names)('the dump of %s', (name) => {
  const path = join(corpus, name, 'dump.kdump');
  const folder = mkdtempSync(join(tmpdir(), 'oopscope-real-'));
  let reference: DumpImage;
  beforeAll(() => {
    reference = open(path);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('has no page that cannot be read', () => {
    const counts = reference.countPages();
    let read = 0;
    const faults: unknown[] = [];
    const onFault = (frame: number, fault: unknown): unknown => faults.push([frame, fault]);
    for (const page of iteratePresentPages(reference, { zeros: true, onFault })) {
      if (page.bytes.length === 4096) read++;
    }
    expect(faults).toEqual([]);
    expect(read).toBe(counts.present + counts.zero);
    expect(counts.present).toBeGreaterThan(5000);
    expect(counts.truncated + counts['missing-part']).toBe(0);
    expect(reference.warnings).toEqual([]);
  });

  it('carries VMCOREINFO and the registers of each CPU', () => {
    const text = new TextDecoder().decode(reference.vmcoreinfo);
    expect(text).toMatch(/^OSRELEASE=/m);
    expect(text).toContain(`OSRELEASE=${reference.utsname?.release ?? ''}\n`);
    const cpus = reference.notes.filter(({ name: owner, type }) => owner === 'CORE' && type === 1);
    const nrCpus = reference.headerFacts.find((fact) => fact.name === 'nr_cpus')?.value;
    expect(cpus).toHaveLength(Number(nrCpus));
    expect(cpus.every(({ desc }) => desc.length === 336)).toBe(true);
  });

  describe.skipIf(!existsSync(join(sid, 'usr/bin/makedumpfile')))(
    'rewritten by makedumpfile',
    () => {
      const rewritings: (readonly [string, readonly string[]])[] = [
        ['zlib', ['-c']],
        ['lzo', ['-l']],
        ['zstd', ['-z']],
        ['not compressed', []],
        ['many cycles', ['-z', '--cyclic-buffer', '1']],
      ];
      // Its threads wait for each other busily: one dump is enough.
      if (name === names[0]) rewritings.push(['two threads', ['-c', '--num-threads', '2']]);
      it.each(rewritings)('%s', (_, options) => {
        const out = join(folder, 'out');
        makedumpfile(...options, '-d', '31', path, out);
        // The level asked for filters what the dump still had: compare with it as it is.
        expectSamePagesOrFiltered(open(out), reference);
        rmSync(out);
      });

      it('flattened', () => {
        const out = join(folder, 'flat');
        writeFileSync(out, makedumpfile('-l', '-F', '-d', '1', path));
        const image = open(out);
        expect(image.format).toMatch(/^flattened kdump-compressed v6 \(lzo\)$/);
        expectSamePages(image, reference);
      });

      it('split, and put together again', () => {
        const parts = ['a', 'b', 'c'].map((part) => join(folder, part));
        makedumpfile('-c', '-d', '1', '--split', path, ...parts);
        expectSamePages(open(...parts.toReversed()), reference);
        makedumpfile('--reassemble', ...parts, join(folder, 'whole'));
        expectSamePages(open(join(folder, 'whole')), reference);
      });

      it('flattened and cut off in the middle: no page is wrong', () => {
        const out = join(folder, 'cut');
        const whole = makedumpfile('-c', '-F', '-d', '1', path);
        writeFileSync(out, whole.subarray(0, Math.floor(whole.length * 0.6)));
        const image = open(out);
        expect(image.warnings.join()).toMatch(/cut off/);
        const counts = image.countPages();
        expect(counts.truncated).toBeGreaterThan(0);
        expect(counts.present).toBeGreaterThan(0);
        expectSamePagesOrFiltered(image, reference);
      });
    },
  );
});

/** As above, but pages of the reference may be excluded or truncated in the image. */
function expectSamePagesOrFiltered(image: DumpImage, reference: DumpImage): void {
  const [ours, theirs] = [new Uint8Array(4096), new Uint8Array(4096)];
  const different: string[] = [];
  for (let frame = 0; frame < reference.endPfn && different.length < 10; frame++) {
    const state = image.readPage(frame as never, ours);
    const expected = reference.readPage(frame as never, theirs);
    if (state === expected) {
      if (hasBytes(state) && Buffer.compare(ours, theirs) !== 0) {
        different.push(`${String(frame)}: bytes`);
      }
    } else if (!hasBytes(expected)) {
      different.push(`${String(frame)}: ${state}, not ${expected}`);
    } else if (state !== 'excluded' && state !== 'truncated') {
      different.push(`${String(frame)}: ${state}, not ${expected}`);
    }
  }
  expect(different).toEqual([]);
}

it('has a corpus to read (npm run corpus)', () => {
  expect(names).not.toEqual([]);
});
