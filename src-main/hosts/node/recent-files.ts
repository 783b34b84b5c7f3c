import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RecentFile } from '../../../src-shared/contract/index.ts';
import { visibleText } from '../../../src-shared/text/visible.ts';

const LIMIT = 20;
/** `__NEW_UTS_LEN` is 64; what a dump calls its release may be anything, and menus show it. */
const MAX_RELEASE = 64;

/** The dumps opened last, in one small JSON file that hosts share. */
export interface RecentFiles {
  list(): readonly RecentFile[];
  add(entry: RecentFile): void;
  /** @param paths the entry to forget; undefined forgets all */
  forget(paths?: readonly string[]): void;
}

/** `$XDG_STATE_HOME/oopscope/recent.json`, or what stands for it on the platform. */
export function defaultRecentFile(): string {
  if (process.platform === 'win32' && process.env['LOCALAPPDATA']) {
    return join(process.env['LOCALAPPDATA'], 'oopscope', 'recent.json');
  }
  const state = process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state');
  return join(state, 'oopscope', 'recent.json');
}

/**
 * A missing or damaged file is an empty list, and a list that cannot be written is only shorter
 * than it could be: recent files are never a reason to fail.
 */
export function createRecentFiles(file: string = defaultRecentFile()): RecentFiles {
  const list = (): RecentFile[] => {
    try {
      const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return Array.isArray(parsed) ? parsed.filter(isRecentFile).slice(0, LIMIT).map(shown) : [];
    } catch {
      return [];
    }
  };
  const write = (entries: readonly RecentFile[]) => {
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const part = `${file}.${process.pid}.part`;
      writeFileSync(part, `${JSON.stringify(entries, null, 1)}\n`, { mode: 0o600 });
      renameSync(part, file);
    } catch {
      // See above.
    }
  };
  return {
    list,
    add: (entry) =>
      write(
        [shown(entry), ...list().filter((old) => !samePaths(old.paths, entry.paths))].slice(
          0,
          LIMIT,
        ),
      ),
    forget: (paths) =>
      write(paths === undefined ? [] : list().filter((old) => !samePaths(old.paths, paths))),
  };
}

function shown(entry: RecentFile): RecentFile {
  if (entry.release === undefined) return entry;
  return { ...entry, release: visibleText(entry.release).slice(0, MAX_RELEASE) };
}

function samePaths(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((path, i) => path === b[i]);
}

function isRecentFile(value: unknown): value is RecentFile {
  if (typeof value !== 'object' || value === null) return false;
  const { paths, release, openedAt } = value as Record<string, unknown>;
  return (
    Array.isArray(paths) &&
    paths.length > 0 &&
    paths.every((path) => typeof path === 'string' && path.length <= 4096) &&
    (release === undefined || typeof release === 'string') &&
    typeof openedAt === 'number'
  );
}
