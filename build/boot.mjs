#!/usr/bin/env node
/**
 * First stop of every npm script: brings a fresh clone to a state in which the script can run,
 * then runs it on the Node of node_modules (the one Electron embeds), whatever the system has.
 * Imports nothing but Node's own modules and runs on any Node from 18.
 *
 *   node build/boot.mjs start|test|oopscope|build|bench|test:corpus|run [ARGS…]
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { buildAddons, buildBundle, installPackages, projectNode, root } from './set-up.mjs';

/**
 * @typedef {object} Task
 * @property {string[]} [run] what to run, relative to the project's root; nothing: set-up is all
 * @property {boolean} [bundle] needs out/ to be as new as the sources
 * @property {boolean} [quiet] prints nothing of its own unless something takes long or fails
 * @property {boolean} [files] takes file names, relative to where the user stands
 */

/** @type {Record<string, Task>} */
const tasks = {
  start: { run: ['build/start.ts'], bundle: true, quiet: true, files: true },
  oopscope: { run: ['out/main/cli.cjs'], bundle: true, quiet: true, files: true },
  build: { bundle: true },
  test: { run: ['build/test.ts'] },
  bench: { run: ['build/bench.ts'], bundle: true },
  'test:corpus': { run: ['build/test-corpus.ts'], bundle: true },
  /** Any file of the project: `node build/boot.mjs run FILE …`. */
  run: { run: [] },
};

const [name = '', ...args] = process.argv.slice(2);
const task = tasks[name];
if (!task) {
  console.error(`boot: no task "${name}"; there are: ${Object.keys(tasks).join(', ')}`);
  process.exit(2);
}

try {
  installPackages(task.quiet ?? false);
  buildAddons(task.quiet ?? false);
  if (task.bundle) buildBundle(task.quiet ?? false);
} catch (error) {
  console.error(`oopscope: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

if (!task.run) process.exit(0);
const [file, ...rest] = [...task.run, ...args];
if (!file || !existsSync(join(root, file))) {
  console.error(`boot: ${file ?? 'no file'} does not exist in this checkout`);
  process.exit(2);
}
// npm runs scripts from the project's root and leaves the user's folder in INIT_CWD.
const cwd =
  (task.files && process.env.npm_lifecycle_event && process.env.INIT_CWD) || process.cwd();
const child = spawn(projectNode(), [join(root, file), ...rest], { stdio: 'inherit', cwd });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`oopscope: cannot start ${projectNode()}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1));
});
