/** `npm start [-- FILE…]`: the app on FILE, or on the embedded sample; see README. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectNode, root } from './set-up.mjs';

const sample = join(root, 'build', 'sample', 'sample.kdump');
const given = process.argv.slice(2);
const files = given.length ? given.map((file) => resolve(file)) : [sample];

const electron = electronBinary();
let command = electron;
let args = [root, ...files];
if (!command) {
  console.error('No Electron binary here (npx electron fetches it); using the browser instead.');
  command = projectNode();
  args = [join(root, 'out', 'main', 'cli.js'), 'open', ...files];
}
const child = spawn(command, args, { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`oopscope: cannot start ${command}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code) => process.exit(code ?? 1));

/** Electron's executable where it was fetched; asking the package would fetch it. */
function electronBinary(): string | undefined {
  const folder = join(root, 'node_modules', 'electron');
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const names: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'Electron.app/Contents/MacOS/Electron',
    win32: 'electron.exe',
  };
  const path = join(override ?? join(folder, 'dist'), names[process.platform] ?? 'electron');
  return existsSync(path) ? path : undefined;
}
