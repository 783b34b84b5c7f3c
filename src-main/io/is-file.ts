import { statSync } from 'node:fs';

/**
 * A regular file, or a link to one; false for what cannot be asked. Synchronous: every opening asks
 * some fifty paths that mostly are not there, and the way to another thread takes longer.
 */
export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
