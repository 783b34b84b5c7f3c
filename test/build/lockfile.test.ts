import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly optionalDependencies?: Record<string, string>;
}
const { packages } = read('package-lock.json') as { packages: Record<string, Entry> };
const manifest = read('package.json') as Record<string, Record<string, string>>;

describe('the lockfile', () => {
  test('names no machine’s registry', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toContain('"resolved"');
    expect(readFileSync(join(root, '.npmrc'), 'utf8')).not.toMatch(/^[^#]*registry\s*=/m);
  });

  test('has the optional packages of every platform, which npm ci insists on', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter(
        (name) =>
          !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  test('has the check sum of every package', () => {
    const unsummed = Object.entries(packages).filter(([path, entry]) => path && !entry.integrity);
    expect(unsummed.map(([path]) => path)).toEqual([]);
  });

  test('package.json pins exact versions, and the Node that runs everything', () => {
    const wanted = { ...manifest['dependencies'], ...manifest['devDependencies'] };
    expect(Object.values(wanted).filter((range) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
    expect(wanted['node']).toMatch(/^24\./);
  });
});
