import { resolve } from 'node:path';
import { kindOfFile } from '../node/file-kind.ts';
import type { Named } from './open-session.ts';

/**
 * What the desktop app is started with: files only, of which it knows debuginfo by its content.
 * Undefined where more was named than files can say: an override, sources, folders, no search.
 */
export function electronPaths(named: Named): readonly string[] | undefined {
  const { files, debuginfo, override, sources, search } = named;
  if (override.length > 0 || sources.length > 0 || !search) return undefined;
  if (debuginfo.some((path) => kindOfFile(path) !== 'debuginfo')) return undefined;
  return [...files, ...debuginfo].map((path) => resolve(path));
}
