import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { RANKS, ranksTable, visibleFrom } from '../../build/rules/ranks.mjs';

const root = join(import.meta.dirname, '..', '..');
const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** Cruises a small tree drawn as `path: source`; returns `rule: from -> to` of each violation. */
function violationsOf(tree: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'oopscope-rules-'));
  made.push(folder);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const file of ['tsconfig.base.json', 'package.json'])
    writeFileSync(join(folder, file), readFileSync(join(root, file)));
  for (const top of ['src-shared', 'src-main', 'src-renderer']) mkdirSync(join(folder, top));
  for (const [path, source] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const done = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      ...['--config', join(root, 'build/rules/dependency-cruiser.mjs')],
      ...['--output-type', 'json', 'src-shared', 'src-main', 'src-renderer'],
    ],
    { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const { summary } = JSON.parse(done.stdout) as {
    summary: { violations: { rule: { name: string }; from: string; to: string }[] };
  };
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort();
}

const empty = 'export const x = 1;\n';

describe('the dependency rule', () => {
  test('lets a folder import itself and lower ranks', () => {
    expect(
      violationsOf({
        'src-shared/contract/index.ts': empty,
        'src-main/engine/base/a.ts': empty,
        'src-main/engine/kernel/b.ts': `import '../base/a.ts';\nimport './c.ts';\n`,
        'src-main/engine/kernel/c.ts': `import '../../../src-shared/contract/index.ts';\n`,
        'src-main/io/file.ts': `import 'node:fs';\nimport '../engine/base/a.ts';\n`,
        'src-renderer/main.ts': `import '../src-shared/contract/index.ts';\nimport 'd3';\n`,
      }),
    ).toEqual([]);
  });

  test('reports each kind of breach, imports of types and of .svelte files too', () => {
    // One tree with one breach a file: a cruise takes a second.
    const breaches: [file: string, source: string, rule: string][] = [
      ['src-main/engine/base/a.ts', `import '../kernel/x.ts';`, 'rank:src-main/engine/base'],
      ['src-main/engine/unwind/a.ts', `import '../kernel/x.ts';`, 'rank:src-main/engine/unwind'],
      ['src-main/render/a.ts', `import '../engine/kernel/x.ts';`, 'rank:src-main/render'],
      ['src-renderer/a.ts', `import '../src-main/engine/kernel/x.ts';`, 'rank:src-renderer'],
      ['src-shared/a.ts', `import '../src-main/engine/kernel/x.ts';`, 'rank:src-shared'],
      ['src-main/engine/commands/ps.ts', `import './bt.ts';`, 'commands-apart'],
      ['src-main/engine/diagnosis/oom.ts', `import './oops.ts';`, 'diagnoses-apart'],
      ['src-main/engine/arch/a.ts', `import 'node:fs';`, 'node:src-main/engine/arch'],
      ['src-main/engine/types/a.ts', `import 'd3';`, 'packages:src-main/engine/types'],
      ['src-main/hosts/cli/a.ts', `import 'electron';`, 'electron:src-main/hosts/cli'],
      ['src-main/utils/a.ts', `import '../engine/kernel/x.ts';`, 'unranked'],
      ['src-main/io/a.ts', `import '../engine/base/gone.ts';`, 'no-unresolvable'],
      [
        'src-main/engine/dump/a.ts',
        `import type { X } from '../kernel/x.ts';\nexport type A = X;`,
        'rank:src-main/engine/dump',
      ],
      [
        'src-renderer/App.svelte',
        `<script lang="ts">\n  import { x } from '../src-main/engine/base/b.ts';\n</script>\n{x}`,
        'rank:src-renderer',
      ],
    ];
    const violations = violationsOf({
      'src-main/engine/kernel/x.ts': 'export type X = 1;\nexport const x = 1;\n',
      'src-main/engine/base/b.ts': empty,
      'src-main/engine/commands/bt.ts': 'export const bt: Command = {};\n',
      'src-main/engine/diagnosis/oops.ts': 'export const oops: Diagnosis = {};\n',
      // Not a command, so commands may import it; the registry may import them all.
      'src-main/engine/commands/options.ts': empty,
      'src-main/engine/commands/sys.ts': `import './options.ts';\n`,
      'src-main/engine/commands/registry.ts': `import './bt.ts';\n`,
      ...Object.fromEntries(breaches.map(([file, source]) => [file, `${source}\n`])),
    });
    expect(violations.map((line) => line.split(' -> ')[0])).toEqual(
      breaches.map(([file, , rule]) => `${rule}: ${file}`).sort(),
    );
  });

  test('gives no folder two ranks and names only folders that it may see', () => {
    expect(new Set(RANKS.map((row) => row.folder)).size).toBe(RANKS.length);
    for (const row of RANKS)
      if (row.only)
        expect(visibleFrom(row).map((seen) => seen.folder)).toEqual(
          RANKS.filter((other) => row.only?.includes(other.folder)).map((other) => other.folder),
        );
  });
});

describe('docs/architecture.md', () => {
  test('holds the table of ranks', () => {
    const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    const table = /<!-- ranks:start[^>]*-->\n+([\s\S]*?)\n+<!-- ranks:end -->/.exec(text)?.[1];
    expect(squeezed(table ?? '')).toBe(squeezed(ranksTable()));
  });
});

/** Prettier pads the cells of a table; what they say is the same. */
const squeezed = (table: string) => table.replaceAll(/ +/g, ' ').replaceAll(/-{2,}/g, '--').trim();
