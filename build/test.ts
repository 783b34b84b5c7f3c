/** `npm test [-- STEP…]`: every check and test, or the steps named. */
import { CHROMIUM_COMMAND, findOrInstallChromium } from './chromium.ts';
import { buildBundle } from './set-up.mjs';
import { type Step, runSteps } from './steps.ts';

const bin = {
  prettier: 'node_modules/prettier/bin/prettier.cjs',
  eslint: 'node_modules/eslint/bin/eslint.js',
  tsc: 'node_modules/typescript/bin/tsc',
  svelteCheck: 'node_modules/svelte-check/bin/svelte-check',
  knip: 'node_modules/knip/bin/knip.js',
  depcruise: 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
  vitest: 'node_modules/vitest/vitest.mjs',
  playwright: 'node_modules/playwright/cli.js',
};

const wanted = process.argv.slice(2);
const needsChromium =
  wanted.length === 0 || wanted.some((name) => name === 'unit' || name === 'e2e');
const chromium = needsChromium ? findOrInstallChromium() : undefined;
const env: Record<string, string> = chromium ? { OOPSCOPE_CHROMIUM: chromium } : {};

const steps: Step[] = [
  { name: 'lint', run: [bin.eslint, '.', '--max-warnings', '0'] },
  { name: 'types', run: [bin.tsc, '-b'] },
  {
    name: 'svelte',
    run: [bin.svelteCheck, '--tsconfig', 'src-renderer/tsconfig.json', '--fail-on-warnings'],
  },
  { name: 'format', run: [bin.prettier, '--check', '.'] },
  { name: 'unused', run: [bin.knip] },
  {
    name: 'rules',
    run: [
      bin.depcruise,
      '--config',
      'build/rules/dependency-cruiser.mjs',
      'src-shared',
      'src-main',
      'src-renderer',
    ],
  },
  { name: 'bundle', run: () => buildBundle(true) },
  {
    name: 'unit',
    run: [bin.vitest, 'run', '--reporter=default', '--reporter=./build/vitest-counts.ts'],
    counted: true,
    live: true,
    env,
  },
  {
    name: 'e2e',
    run: chromium
      ? [bin.playwright, 'test']
      : () => {
          throw new Error(`no Chromium for the window's tests; run: ${CHROMIUM_COMMAND}`);
        },
    counted: true,
    live: true,
    env,
  },
];

const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length) {
  console.error(`no step ${unknown.join(', ')}; there are: ${steps.map((s) => s.name).join(', ')}`);
  process.exit(2);
}
const ok = await runSteps(wanted.length ? steps.filter((s) => wanted.includes(s.name)) : steps);
process.exit(ok ? 0 : 1);
