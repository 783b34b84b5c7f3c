/**
 * What a fresh clone lacks: packages, the native mapping addon, the bundle. Each is made only when
 * missing or out of date, and one process at a time makes it. No dependencies; see boot.mjs.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (/** @type {string[]} */ ...parts) => join(root, ...parts);

/** Where the package `node` puts its binary when its script has run. */
const pinnedNode = () =>
  at('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

const systemNodeIsNew = Number(process.versions.node.split('.')[0]) >= 24;
const nodeIsHere = () => existsSync(pinnedNode()) || systemNodeIsNew;

/** The Node that runs everything: the pinned one, or the running one where that is as new. */
export function projectNode() {
  if (existsSync(pinnedNode())) return pinnedNode();
  if (systemNodeIsNew) return process.execPath;
  throw new Error(
    'Node 24 is missing: "npm rebuild node --ignore-scripts=false" gets it, or use a system Node 24',
  );
}

/** `npm ci` when node_modules is not what package-lock.json says. @param {boolean} quiet */
export function installPackages(quiet) {
  if (packagesAreInstalled() && nodeIsHere()) return;
  withLock('packages', () => {
    if (!packagesAreInstalled()) {
      console.error('oopscope: installing packages (once; some 600, about half a minute)…');
      // No package's own script runs but the one below: all that is native here is prebuilt, and an
      // old npm would compile it where there is a binding.gyp.
      npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], quiet);
    }
    if (!existsSync(pinnedNode())) {
      try {
        npm(['rebuild', 'node', '--ignore-scripts=false'], quiet);
      } catch (error) {
        if (!nodeIsHere()) throw error;
      }
    }
  });
}

/** @param {string[]} args @param {boolean} quiet */
function npm(args, quiet) {
  const path = process.env.npm_execpath;
  const [command, first] = path ? [nodeForNpm(path, quiet), [path]] : ['npm', []];
  run(command, [...first, ...args], `npm ${args[0]}`, quiet);
}

/**
 * npm leaves out optional packages that say they are not for the Node it runs on, and the bundler's
 * native half says so below 20.19: there npm itself runs on the new Node.
 * @param {string} path npm's own script @param {boolean} quiet
 */
function nodeForNpm(path, quiet) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return process.execPath;
  const folder = at('.cache', 'node');
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(binary)) {
    console.error(
      `oopscope: Node ${process.versions.node} is too old to install with; getting 24…`,
    );
    const { node } = JSON.parse(readFileSync(at('package.json'), 'utf8')).devDependencies;
    const install = ['install', '--prefix', folder, '--ignore-scripts=false', '--loglevel=error'];
    run(process.execPath, [path, ...install, `node@${node}`], 'npm install node', quiet);
  }
  return binary;
}

function packagesAreInstalled() {
  const wanted = at('package-lock.json');
  const present = at('node_modules', '.package-lock.json');
  if (!existsSync(present)) return false;
  if (statSync(present).mtimeMs + 1000 >= statSync(wanted).mtimeMs) return true;
  // A checkout touches the lockfile without changing it: compare what the two say.
  const { packages: have } = JSON.parse(readFileSync(present, 'utf8'));
  const { packages: want } = JSON.parse(readFileSync(wanted, 'utf8'));
  return Object.entries(want).every(
    ([path, entry]) => path === '' || entry.optional || have[path]?.version === entry.version,
  );
}

/** The native addons. Their absence costs speed only. @param {boolean} quiet */
export function buildAddons(quiet) {
  const script = at('build', 'native', 'build.mjs');
  // A compiler that failed once is not asked again until a source changes.
  const tried = at('.cache', 'addon.tried');
  const sources = ['build.mjs', 'node-api.h', 'mmap.c', 'page-codec.c'];
  if (sources.every((name) => isNewer(tried, at('build', 'native', name)))) return;
  const done = spawnSync(projectNode(), [script], { cwd: root, encoding: 'utf8' });
  const said = `${done.stdout}${done.stderr}`.trim();
  if (said && !quiet) console.error(said);
  mkdirSync(dirname(tried), { recursive: true });
  writeFileSync(tried, said);
}

/** @param {string} made @param {string} source */
const isNewer = (made, source) =>
  existsSync(made) && existsSync(source) && statSync(made).mtimeMs > statSync(source).mtimeMs;

/** electron-vite build when a source is newer than the bundle. @param {boolean} quiet */
export function buildBundle(quiet) {
  if (bundleIsFresh()) return;
  withLock('bundle', () => {
    if (bundleIsFresh()) return;
    if (quiet) console.error('oopscope: building (once after each change)…');
    const started = Date.now();
    const cli = at('node_modules', 'electron-vite', 'bin', 'electron-vite.js');
    run(projectNode(), [cli, 'build', '--logLevel', 'warn'], 'electron-vite build', true);
    writeFileSync(bundleStamp(), `${started}\n`);
    if (!quiet) console.error(`oopscope: bundle built in ${Date.now() - started} ms`);
  });
}

const bundleStamp = () => at('out', '.built');

function bundleIsFresh() {
  if (!existsSync(bundleStamp())) return false;
  const built = Number(readFileSync(bundleStamp(), 'utf8'));
  return newestSource() < built;
}

/** Latest change among what the bundle is made of, in ms; directories count, for removals. */
function newestSource() {
  let newest = 0;
  const see = (/** @type {string} */ path) => {
    const { mtimeMs } = statSync(path);
    if (mtimeMs > newest) newest = mtimeMs;
  };
  const walk = (/** @type {string} */ folder) => {
    see(folder);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else see(path);
    }
  };
  for (const folder of ['src-shared', 'src-main', 'src-renderer']) walk(at(folder));
  for (const file of ['electron.vite.config.ts', 'package-lock.json']) see(at(file));
  return newest;
}

/**
 * Runs a set-up step with its output on stderr (stdout belongs to the task).
 * @param {string} command @param {string[]} args @param {string} what
 * @param {boolean} quiet show the output only when it fails
 */
function run(command, args, what, quiet) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', quiet ? 'pipe' : 2, quiet ? 'pipe' : 2],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (done.status === 0) return;
  if (quiet) console.error(`${done.stdout ?? ''}${done.stderr ?? ''}`.trim());
  throw new Error(
    `${what} failed (${done.error?.message ?? done.signal ?? `exit ${done.status}`})`,
  );
}

/**
 * Runs `make` while no other process of this checkout does the same. A lock whose owner is gone is
 * taken over.
 * @param {string} what @param {() => void} make
 */
function withLock(what, make) {
  mkdirSync(at('.cache'), { recursive: true });
  const lock = at('.cache', `${what}.lock`);
  for (let waited = 0; ; waited++) {
    try {
      const handle = openSync(lock, 'wx');
      writeFileSync(handle, String(process.pid));
      closeSync(handle);
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      if (ownerIsGone(lock)) rmSync(lock, { force: true });
      else if (waited > 6000)
        throw new Error(`${lock} is held for over ten minutes; remove it`, { cause: error });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  try {
    make();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} lock */
function ownerIsGone(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // An empty file is a lock being written this moment.
    if (!pid) return Date.now() - statSync(lock).mtimeMs > 5000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return ['ESRCH', 'ENOENT'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '');
  }
}
