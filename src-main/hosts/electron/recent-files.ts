import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RecentFile } from '../../../src-shared/contract/index.ts';

const MAX_ENTRIES = 20;

/** The dumps opened last, newest first, in a JSON file; a broken file counts as none. */
export class RecentFiles {
  readonly #file: string;
  #entries: readonly RecentFile[];

  constructor(file: string) {
    this.#file = file;
    this.#entries = readEntries(file);
  }

  list(): readonly RecentFile[] {
    return this.#entries;
  }

  add(entry: RecentFile): void {
    const others = this.#entries.filter((other) => !isSameDump(other.paths, entry.paths));
    this.#save([entry, ...others].slice(0, MAX_ENTRIES));
  }

  /** Forgets one dump, or all of them. */
  forget(paths?: readonly string[]): void {
    this.#save(paths ? this.#entries.filter((entry) => !isSameDump(entry.paths, paths)) : []);
  }

  #save(entries: readonly RecentFile[]): void {
    this.#entries = entries;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      // Renamed into place: a crash leaves the old list, not half a list.
      writeFileSync(`${this.#file}.new`, JSON.stringify(entries, undefined, 1));
      renameSync(`${this.#file}.new`, this.#file);
    } catch (error) {
      console.error(`oopscope: recent files are not kept: ${(error as Error).message}`);
    }
  }
}

const isSameDump = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((path, i) => path === b[i]);

function readEntries(file: string): readonly RecentFile[] {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(parsed) ? parsed.filter(isRecentFile).slice(0, MAX_ENTRIES) : [];
  } catch {
    // Not there yet, or not ours any more: either way there is nothing to show.
    return [];
  }
}

function isRecentFile(value: unknown): value is RecentFile {
  if (typeof value !== 'object' || value === null) return false;
  const { paths, release, openedAt } = value as Partial<Record<keyof RecentFile, unknown>>;
  return (
    Array.isArray(paths) &&
    paths.length > 0 &&
    paths.every((path) => typeof path === 'string') &&
    (release === undefined || typeof release === 'string') &&
    typeof openedAt === 'number'
  );
}
