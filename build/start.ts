/** `npm start [-- FILE…]`: the app on FILE (several are a split set), or on the embedded sample. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium } from '../src-main/hosts/cli/app-window.ts';
import { findElectronApp } from '../src-main/hosts/cli/project-files.ts';
import { NO_ELECTRON, playwrightsChromium } from './chromium.ts';
import { projectNode, root } from './set-up.mjs';

const sample = join(root, 'build', 'sample', 'sample.kdump');
const given = process.argv.slice(2);
const files = given.length ? given : [sample].filter(existsSync);

const env = { ...process.env };
if (!findElectronApp()) {
  console.error(`oopscope: ${NO_ELECTRON}; using the browser instead`);
  const chromium = findChromium() ?? playwrightsChromium();
  if (chromium) env['OOPSCOPE_CHROMIUM'] = chromium;
}
const cli = join(root, 'out', 'main', 'cli.cjs');
const child = spawn(projectNode(), [cli, 'open', ...files], { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`oopscope: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code) => process.exit(code ?? 1));
