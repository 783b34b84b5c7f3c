import { formatOf, type ArgumentReader, type OutputFormat } from './argument-reader.ts';
import { CliUsageError } from './exit-codes.ts';

/** `oopscope debuginfo …` but for `find`, which opens a dump. */
export interface DebuginfoAction {
  readonly action: 'list' | 'add' | 'remove' | 'clear';
  /** As given; of `add` and `remove` at least one, else none. */
  readonly folders: readonly string[];
  readonly format: OutputFormat;
  readonly color: boolean;
}

const ACTIONS = ['list', 'add', 'remove', 'clear'] as const;

/**
 * What follows `debuginfo`.
 * @returns `find` where the rest names a dump: it is not read yet
 * @throws CliUsageError
 */
export function parseDebuginfo(state: ArgumentReader): DebuginfoAction | 'find' {
  const word = state.next();
  if (word === 'find') return word;
  const action = ACTIONS.find((each) => each === word);
  if (action === undefined) {
    const given = word === undefined ? '' : `no "${word}"; `;
    throw new CliUsageError(
      `debuginfo: ${given}list, add FOLDER, remove FOLDER, clear or find DUMP`,
    );
  }
  const folders: string[] = [];
  let format: OutputFormat = 'text';
  let color = true;
  for (let arg = state.next(); arg !== undefined; arg = state.next()) {
    if (arg === '--') folders.push(...state.rest());
    else if (arg === '--json') format = 'json';
    else if (arg === '--format') format = formatOf(state.valueOf(arg));
    else if (arg === '--no-color') color = false;
    else if (arg.startsWith('-')) throw new CliUsageError(`debuginfo has no option ${arg}`);
    else folders.push(arg);
  }
  const takesFolders = action === 'add' || action === 'remove';
  if (takesFolders && folders.length === 0) {
    throw new CliUsageError(`debuginfo ${action} needs a folder`);
  }
  const [extra] = folders;
  if (!takesFolders && extra !== undefined) {
    throw new CliUsageError(`debuginfo ${action} takes no ${extra}`);
  }
  return { action, folders, format, color };
}
