import { existsSync, statSync } from 'node:fs';
import { parseGivenSource } from '../../../src-shared/text/given-source.ts';
import { CliUsageError } from './exit-codes.ts';
import type { Named } from './open-session.ts';

/**
 * What was named beside the dump has to be there: a slip of the pen would be answered without
 * debuginfo, by other sources of frames and types than the user counts on.
 * @throws CliUsageError naming the first that is not
 */
export function checkNamed({ debuginfo, override, sources }: Omit<Named, 'files'>): void {
  const named: readonly (readonly [option: string, paths: readonly string[]])[] = [
    ['-s', debuginfo],
    ['--override', override],
    ['--source', sources.map((given) => parseGivenSource(given).path)],
  ];
  for (const [option, paths] of named) {
    const gone = paths.find((path) => !existsSync(path));
    if (gone !== undefined) {
      throw new CliUsageError(`${option} ${gone}: there is no such file or folder`);
    }
  }
}

/** What is no file among those of a dump, each in a sentence. */
export function fileProblems(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const status = statSync(file, { throwIfNoEntry: false });
    if (status === undefined) return [`${file}: there is no such file`];
    return status.isDirectory() ? [`${file} is a folder, not a dump`] : [];
  });
}
