import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The code of one checkout has some 5 MB. */
const MAX_CODE_BYTES = 64 * 2 ** 20;

/**
 * Keeps the folder with compiled code below a size, the files written last: each checkout adds one,
 * and what earlier versions kept there, and writers that died, is used by nobody.
 */
export function boundCode(folder: string, limit = MAX_CODE_BYTES): void {
  try {
    let total = 0;
    for (const { path, size } of filesIn(folder).sort((a, b) => b.writtenAt - a.writtenAt)) {
      total += size;
      if (total > limit) rmSync(path, { force: true });
    }
  } catch (error) {
    // Of another user, or another process does the same: it is only a cache.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

function filesIn(folder: string): { path: string; size: number; writtenAt: number }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(folder, name);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status?.isFile() !== true) return [];
    return [{ path, size: status.size, writtenAt: status.mtimeMs }];
  });
}
