// Compiles the addons with the C compiler at hand; no node-gyp, no Node headers (node-api.h declares
// what they use of Node-API, whose ABI is stable, so one build serves Node and Electron).
//
//   node build/native/build.mjs [--force]
//
// Without a compiler, or where it fails, it says so and exits 0: the program then reads files with
// pread and decompresses with WebAssembly. Runs under any Node (also the system's old one, before
// `npm ci`).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const ADDONS = ['mmap', 'page-codec'];

/** @param {string} name @returns {string | undefined} why there is no addon */
function build(name) {
  const source = join(folder, `${name}.c`);
  const output = join(folder, 'out', `oopscope-${name}-${process.platform}-${process.arch}.node`);
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    return `not built on ${process.platform}`;
  }
  const upToDate = existsSync(output) && statSync(output).mtimeMs > statSync(source).mtimeMs;
  if (upToDate && !process.argv.includes('--force')) return undefined;
  mkdirSync(dirname(output), { recursive: true });
  const fresh = `${output}.${process.pid}`;
  const flags = ['-std=gnu11', '-O2', '-fPIC', '-Wall', '-Wextra', '-fvisibility=hidden'];
  const link =
    process.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup']
      : ['-shared', '-Wl,-z,relro,-z,now'];
  const compilers = [process.env.CC, 'cc', 'gcc', 'clang'].filter((name) => name !== undefined);
  let why = 'no C compiler (cc, gcc or clang) was found';
  for (const compiler of compilers) {
    const result = spawnSync(compiler, [...flags, ...link, '-o', fresh, source], {
      encoding: 'utf8',
    });
    if (result.status === 0) {
      // Replaced whole: a running program keeps the file it has loaded.
      renameSync(fresh, output);
      return undefined;
    }
    if (result.error === undefined) why = `${compiler} failed:\n${result.stderr}`;
    rmSync(fresh, { force: true });
  }
  return why;
}

for (const name of ADDONS) {
  const why = build(name);
  if (why !== undefined) {
    process.stderr.write(`${name} addon: ${why}; slower ways will be used instead.\n`);
  }
}
