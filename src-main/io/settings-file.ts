import { link, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeFolder } from './make-folder.ts';
import { nodeCrypto } from './node-on-demand.ts';

/** What a settings file holds; `problem` says why nothing of it could be used. */
export interface SettingsContent {
  /** Empty where the file does not exist or has a problem. */
  readonly values: Readonly<Record<string, unknown>>;
  /** A sentence that names the file. */
  readonly problem: string | undefined;
}

/** A few lines of JSON; what is larger is something else. */
const MAX_BYTES = 1 << 20;
/** A writer needs some milliseconds; a lock this old has lost its writer. */
const STALE_MS = 5000;
const GIVE_UP_MS = 8000;
const RETRY_MS = 15;

/** Reads a small JSON object. A missing file is an empty one; a damaged one says so. */
export function readSettings(file: string): SettingsContent {
  const bad = (why: string): SettingsContent => ({ values: {}, problem: `${file} ${why}` });
  let text: string;
  try {
    if (statSync(file).size > MAX_BYTES) return bad('is too large for a settings file');
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { values: {}, problem: undefined };
    return bad(`cannot be read (${codeOf(error) ?? String(error)})`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return bad(`is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
  return typeof content === 'object' && content !== null && !Array.isArray(content)
    ? { values: content as Record<string, unknown>, problem: undefined }
    : bad('is damaged: it holds no JSON object');
}

/**
 * Changes a settings file: read, changed and replaced while no other writer may, so that what two
 * processes add is both there. Members that `change` does not give stay as they are.
 * @throws Error with a sentence: the file is damaged (it is left as it is), cannot be written, or
 *   is locked by a writer that does not end; what `change` throws
 */
export async function changeSettings(
  file: string,
  change: (values: SettingsContent['values']) => Readonly<Record<string, unknown>>,
): Promise<void> {
  try {
    await makeFolder(dirname(file));
    // A link (settings kept elsewhere) stays one: its target is replaced.
    const target = await realpath(file).catch(() => file);
    const release = await lock(`${target}.lock`);
    try {
      const { values, problem } = readSettings(target);
      if (problem !== undefined) {
        throw new Error(`${problem}. It was left as it is: mend it or delete it.`);
      }
      await replace(target, `${JSON.stringify({ ...values, ...change(values) }, null, 1)}\n`);
    } finally {
      await release();
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new Error(`${file} cannot be written (${code})`, { cause: error });
  }
}

async function replace(file: string, text: string): Promise<void> {
  const mode = await stat(file).then(
    (status) => status.mode & 0o777,
    () => 0o600,
  );
  const part = uniqueBeside(file);
  try {
    const handle = await open(part, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** @returns what gives the lock back */
async function lock(path: string): Promise<() => Promise<void>> {
  const started = Date.now();
  for (;;) {
    try {
      await (await open(path, 'wx', 0o600)).close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    if (Date.now() - started > GIVE_UP_MS) {
      throw new Error(`${path} is held by another process; if none is at work, delete it`);
    }
    await breakStale(path);
    await setTimeout(RETRY_MS);
  }
}

/** The writer died. Moved away first: of several that see it, one breaks it. */
async function breakStale(path: string): Promise<void> {
  const seen = await stat(path).catch(() => undefined);
  if (seen === undefined || Date.now() - seen.mtimeMs < STALE_MS) return;
  const moved = uniqueBeside(path);
  try {
    await rename(path, moved);
  } catch {
    return;
  }
  // Another broke it in the meantime, and this is the lock of a third: it is given back.
  const { ino } = await stat(moved);
  if (ino !== seen.ino) await link(moved, path).catch(() => undefined);
  await rm(moved, { force: true });
}

function uniqueBeside(path: string): string {
  return `${path}.${process.pid}-${nodeCrypto().randomBytes(4).toString('hex')}.part`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
