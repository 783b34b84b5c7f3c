import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { boundCode } from './code-limit.ts';

/** Bytes in front of the code: which file it is of, and what the runs that made it were asked. */
const HEAD = 4096;
const MAX_WORDS = 200;

/** What stands in front of kept code. */
interface Head {
  readonly of: string;
  readonly sum: number;
  readonly words: readonly string[];
}

/**
 * Runs a CommonJS file (without import()) with the code that V8 compiled of it in earlier runs.
 * Node's own compile cache keeps what is compiled when a module is loaded; most functions are
 * compiled when first called, which takes a fifth of the time of a short command. Here they are kept
 * as well: the code is saved when the process ends, and again when a run was asked something new, so
 * that it may have used other functions. V8 checks that it is of its version and flags.
 * @param words the command line
 * @param folder where the code is kept; undefined: nowhere
 * @returns what the file exports
 */
export function loadCompiled(
  file: string,
  words: readonly string[],
  folder: string | undefined,
): unknown {
  const source = readFileSync(file, 'utf8');
  const { size, mtimeMs } = statSync(file);
  const of = `${file} ${size} ${mtimeMs} ${process.version} ${process.arch}`;
  const kept = folder === undefined ? undefined : join(folder, nameOf(file));
  const known = kept === undefined ? undefined : readCode(kept, of);
  const script = new Script(Module.wrap(source), {
    filename: file,
    ...(known && { cachedData: known.code }),
  });
  const usable = known !== undefined && script.cachedDataRejected !== true;
  const before = usable ? known.head.words : [];
  const after = [...new Set([...before, ...words.flatMap(codeWordsOf)])].slice(0, MAX_WORDS);
  if (kept !== undefined && (!usable || after.length > before.length)) {
    process.on('exit', () => saveCode(kept, of, after, script.createCachedData()));
  }
  const module = { exports: {} };
  const wrapper = script.runInThisContext() as (...names: readonly unknown[]) => void;
  wrapper.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

/** One for each checkout, so that they do not take each other's place. */
function nameOf(file: string): string {
  return `${file.replaceAll(/[^\w.-]/g, '_').slice(-150)}.code`;
}

/** Of an argument that is a whole command line its command and options. */
function codeWordsOf(argument: string): string[] {
  return argument
    .trim()
    .split(/\s+/)
    .filter((word, i) => (i === 0 || word.startsWith('-')) && mayMeanOtherCode(word));
}

/** Verbs, commands and options; not paths, addresses and the like. */
function mayMeanOtherCode(word: string): boolean {
  return /^-{0,2}[A-Za-z][a-z-]{0,15}$/.test(word);
}

function readCode(path: string, of: string): { head: Head; code: Uint8Array } | undefined {
  try {
    const bytes = readFileSync(path);
    const head: unknown = JSON.parse(bytes.toString('utf8', 0, HEAD));
    const code = bytes.subarray(HEAD);
    const usable = isHead(head) && head.of === of && head.sum === sumOf(head, code);
    return usable ? { head, code } : undefined;
  } catch {
    // None there, or cut off: it is made anew.
    return undefined;
  }
}

function isHead(head: unknown): head is Head {
  if (typeof head !== 'object' || head === null) return false;
  const { of, sum, words } = head as Partial<Record<keyof Head, unknown>>;
  return (
    typeof of === 'string' &&
    typeof sum === 'number' &&
    Array.isArray(words) &&
    words.length <= MAX_WORDS &&
    words.every((word) => typeof word === 'string' && mayMeanOtherCode(word))
  );
}

function saveCode(path: string, of: string, words: readonly string[], made: Uint8Array): void {
  const bytes = Buffer.alloc(HEAD + made.length, ' ');
  bytes.set(made, HEAD);
  const head: Head = { of, sum: sumOf({ of, words }, bytes.subarray(HEAD)), words };
  const text = Buffer.from(JSON.stringify(head));
  if (text.length > HEAD) return;
  bytes.set(text);
  const fresh = `${path}.${process.pid}`;
  try {
    writeFileSync(fresh, bytes, { mode: 0o600 });
    renameSync(fresh, path);
    boundCode(dirname(path));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    // A full disk, say: the next run is slower, nothing else.
    rmSync(fresh, { force: true });
  }
}

/** Of the code and what is said of it: V8 does not look whether its code was damaged on the disk. */
function sumOf({ of, words: asked }: Omit<Head, 'sum'>, code: Uint8Array): number {
  const words = new Uint32Array(code.buffer, code.byteOffset, code.length >>> 2);
  let sum = code.length;
  for (const char of JSON.stringify([of, asked])) {
    sum = (Math.imul(sum, 31) + char.codePointAt(0)!) | 0;
  }
  for (let i = 0; i < words.length; i++) sum = (Math.imul(sum, 31) + words[i]!) | 0;
  return sum;
}

/** The user's cache folder for compiled code; undefined where there can be none. */
export function codeFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const caches = env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(caches, 'oopscope');
  const code = join(folder, 'code');
  // One by one: Node makes parents without end where none can be made (/proc).
  return [caches, folder, code].every(canMake) ? code : undefined;
}

function canMake(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EEXIST';
  }
}
