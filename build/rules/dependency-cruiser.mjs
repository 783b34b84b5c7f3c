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

forbidden.push(
  {
    name: 'unranked',
    comment: 'Every source file lives in a folder of build/rules/ranks.mjs.',
    severity: 'error',
    from: { path: '^src-', pathNot: RANKS.map((row) => pattern(row.folder)) },
    to: {},
  },
  {
    name: 'commands-apart',
    comment: 'A command does not import another command; shared code goes to kernel/.',
    severity: 'error',
    from: { path: '^src-main/engine/commands/([^/]+)\\.ts$', pathNot: '/(index|registry)\\.ts$' },
    to: {
      path: '^src-main/engine/commands/([^/]+)\\.ts$',
      pathNot: ['^src-main/engine/commands/(command|arguments|columns)\\.ts$'],
    },
  },
  {
    name: 'diagnoses-apart',
    comment: 'A hypothesis does not import another hypothesis.',
    severity: 'error',
    from: { path: '^src-main/engine/diagnosis/([^/]+)\\.ts$', pathNot: '/(index|registry)\\.ts$' },
    to: {
      path: '^src-main/engine/diagnosis/([^/]+)\\.ts$',
      pathNot: '^src-main/engine/diagnosis/(finding)\\.ts$',
    },
  },
  {
    name: 'no-circular',
    severity: 'error',
    from: { path: '^src-' },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
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
