import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { changeSettings, readSettings } from '../settings-file.ts';

const LIMIT = 50;
const MAX_PATH = 4096;

/** What is remembered. */
export interface RememberedFolders {
  /** Absolute; the one named last first. */
  readonly folders: readonly string[];
  /** Why folders that may be in the file are not known, a sentence. */
  readonly problem: string | undefined;
}

/** Folders that the user named once, asked in every search; in one small JSON file. */
export interface DebuginfoFolders {
  readonly file: string;
  read(): RememberedFolders;
  /** @param folder absolute; it comes first. @throws Error with a sentence when it cannot be kept */
  add(folder: string): Promise<void>;
  /** @returns whether it was remembered. @throws Error with a sentence */
  remove(folder: string): Promise<boolean>;
}

/** `$XDG_CONFIG_HOME/oopscope/debuginfo.json`, or what stands for it on the platform. */
function defaultFile(env: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'win32' && env['APPDATA']) {
    return join(env['APPDATA'], 'oopscope', 'debuginfo.json');
  }
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'oopscope', 'debuginfo.json');
}

/** A missing file is an empty list; a damaged one says so, and is never overwritten. */
export function openDebuginfoFolders(file: string = defaultFile()): DebuginfoFolders {
  return {
    file,
    read: () => {
      const { values, problem } = readSettings(file);
      const entries = entriesOf(values, file);
      if (problem !== undefined || entries instanceof Error) {
        return { folders: [], problem: problem ?? (entries as Error).message };
      }
      const known = entries.filter(isFolder);
      const strange = entries.length - known.length;
      return {
        folders: known.slice(0, LIMIT),
        problem:
          strange === 0
            ? undefined
            : `${file}: ${strange} of ${entries.length} entries of "folders" are no absolute paths`,
      };
    },
    add: (folder) =>
      changeSettings(file, (values) => {
        const entries = checked(entriesOf(values, file));
        const others = entries.filter((entry) => entry !== folder);
        if (others.filter(isFolder).length >= LIMIT) {
          throw new Error(`${LIMIT} folders are remembered already; remove one first`);
        }
        return { folders: [folder, ...others] };
      }),
    remove: async (folder) => {
      let was = false;
      await changeSettings(file, (values) => {
        const entries = checked(entriesOf(values, file));
        was = entries.includes(folder);
        // What is not understood is somebody's all the same.
        return { folders: entries.filter((entry) => entry !== folder) };
      });
      return was;
    },
  };
}

function entriesOf(
  { folders = [] }: Readonly<Record<string, unknown>>,
  file: string,
): readonly unknown[] | Error {
  if (Array.isArray(folders)) return folders;
  return new Error(`${file} is damaged: "folders" is no list. Mend it or delete it.`);
}

function checked(entries: readonly unknown[] | Error): readonly unknown[] {
  if (entries instanceof Error) throw entries;
  return entries;
}

function isFolder(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_PATH && isAbsolute(value);
}
