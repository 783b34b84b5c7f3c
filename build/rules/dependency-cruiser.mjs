import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { RANKS, visibleFrom } from './ranks.mjs';

/** `folder/` or exactly the file, as a regular expression. @param {string} folder */
const pattern = (folder) => `^${folder.replaceAll('.', '\\.')}${/\.\w+$/.test(folder) ? '$' : '/'}`;

/** @type {object[]} */
const forbidden = [];

for (const row of RANKS) {
  forbidden.push({
    name: `rank:${row.folder}`,
    comment: 'A folder imports itself and folders of strictly lower rank (build/rules/ranks.mjs).',
    severity: 'error',
    from: { path: pattern(row.folder) },
    to: {
      path: '^src-',
      pathNot: [row, ...visibleFrom(row)].map((seen) => pattern(seen.folder)),
    },
  });
  if (!row.node) {
    forbidden.push({
      name: `node:${row.folder}`,
      comment: 'node:* only in io/, casefile/, hosts/ and main.ts.',
      severity: 'error',
      from: { path: pattern(row.folder) },
      to: { dependencyTypes: ['core'] },
    });
  }
  if (!row.packages) {
    forbidden.push({
      name: `packages:${row.folder}`,
      comment: 'This folder is ours alone: no packages.',
      severity: 'error',
      from: { path: pattern(row.folder) },
      to: { path: 'node_modules' },
    });
  }
  if (!row.electron) {
    forbidden.push({
      name: `electron:${row.folder}`,
      comment: 'electron only in main.ts and hosts/electron.',
      severity: 'error',
      from: { path: pattern(row.folder) },
      to: { path: ['^electron$', 'node_modules/electron/'] },
    });
  }
}

/**
 * Of two files of `folder` that each define a `type`, neither imports the other; what they share is
 * in files that define none. Only the registry knows them all.
 * @param {string} name @param {string} folder @param {string} type
 */
function keepApart(name, folder, type) {
  const defines = new RegExp(`^export const \\w+: ${type}\\b`, 'm');
  const files = (existsSync(folder) ? readdirSync(folder) : [])
    .map((file) => `${folder}/${file}`)
    .filter((path) => path.endsWith('.ts') && defines.test(readFileSync(path, 'utf8')));
  if (files.length === 0) return;
  forbidden.push({
    name,
    comment: `A ${type} does not import another; what they share goes to a file of its own.`,
    severity: 'error',
    from: { path: `^${folder}/`, pathNot: `^${folder}/registry\\.ts$` },
    to: { path: files.map(pattern) },
  });
}
keepApart('commands-apart', 'src-main/engine/commands', 'Command');
keepApart('diagnoses-apart', 'src-main/engine/diagnosis', 'Diagnosis');

forbidden.push(
  {
    name: 'unranked',
    comment: 'Every source file lives in a folder of build/rules/ranks.mjs.',
    severity: 'error',
    from: { path: '^src-', pathNot: RANKS.map((row) => pattern(row.folder)) },
    to: {},
  },
  {
    name: 'no-circular',
    severity: 'error',
    // A component may show itself, as a tree does.
    from: { path: '^(src-.+)$' },
    to: { circular: true, pathNot: '^$1$', viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'no-unresolvable',
    severity: 'error',
    from: { path: '^src-' },
    to: { couldNotResolve: true, pathNot: ['\\?(worker|url|raw|inline)', '^virtual:'] },
  },
);

export default {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.svelte', '.mjs', '.js', '.cjs', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'svelte', 'types', 'node', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
