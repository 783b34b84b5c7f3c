import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

const LIMIT = 50;

/** Folders that the user named once, asked in every search; in one small JSON file. */
export interface DebuginfoFolders {
  list(): readonly string[];
  /** Absolute; the one named last comes first. @throws Error with `code` when it cannot be kept */
  add(folder: string): void;
  remove(folder: string): void;
}

/** `$XDG_CONFIG_HOME/oopscope/debuginfo.json`, or what stands for it on the platform. */
function defaultFile(env: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'win32' && env['APPDATA']) {
    return join(env['APPDATA'], 'oopscope', 'debuginfo.json');
  }
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'oopscope', 'debuginfo.json');
}

/** A missing or damaged file is an empty list. */
export function openDebuginfoFolders(file: string = defaultFile()): DebuginfoFolders {
  const list = (): string[] => {
    const { folders } = contentOf(file);
    if (!Array.isArray(folders)) return [];
    const isFolder = (value: unknown): value is string =>
      typeof value === 'string' && value.length <= 4096 && isAbsolute(value);
    return folders.filter(isFolder).slice(0, LIMIT);
  };
  const write = (folders: readonly string[]): void => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const part = `${file}.${process.pid}.part`;
    // Whatever else is in the file stays.
    writeFileSync(part, `${JSON.stringify({ ...contentOf(file), folders }, null, 1)}\n`);
    renameSync(part, file);
  };
  return {
    list,
    add: (folder) => write([folder, ...list().filter((old) => old !== folder)].slice(0, LIMIT)),
    remove: (folder) => write(list().filter((old) => old !== folder)),
  };
}

function contentOf(file: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null && !Array.isArray(content)
      ? (content as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
