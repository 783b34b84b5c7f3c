/** `npm start [-- FILE…]`: the app on FILE (several are a split set), or on the embedded sample. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findElectron, NO_ELECTRON } from './electron-binary.ts';
import { projectNode, root } from './set-up.mjs';

const sample = join(root, 'build', 'sample', 'sample.kdump');
const given = process.argv.slice(2);
const files = given.length ? given.map((file) => resolve(file)) : [sample].filter(existsSync);

const electron = findElectron();
if (!electron) console.error(`oopscope: ${NO_ELECTRON}; using the browser instead`);
const child = electron
  ? spawn(electron, [root, ...files], { stdio: 'inherit' })
  : spawn(projectNode(), [join(root, 'out', 'main', 'cli.js'), 'open', ...files], {
      stdio: 'inherit',
    });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`oopscope: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code) => process.exit(code ?? 1));
