import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { PackageError } from './package-error.ts';

/**
 * Opens a regular file for reading. A FIFO behind the name of a package would block for ever, and a
 * device never end.
 * @throws PackageError for anything else; Error with `code`
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if ((await file.stat()).isFile()) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  throw new PackageError(`${path} is no regular file`);
}
