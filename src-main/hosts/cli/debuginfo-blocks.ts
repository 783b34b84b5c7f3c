import type {
  Absent,
  Block,
  CellValue,
  Column,
  DebuginfoFolderList,
  DebuginfoInfo,
  UsualPlace,
} from '../../../src-shared/contract/index.ts';
import { likelyWays } from '../../io/debuginfo-search/advice.ts';
import type { KnownCachedFile } from './cached-files.ts';

/** Typed blocks of `oopscope debuginfo`: text, JSON and CSV are made from them as of any command's. */

type ColumnOf<T> = Column & { readonly cell: (row: T) => CellValue };

function table<T>(name: string, columns: readonly ColumnOf<T>[], rows: readonly T[]): Block {
  return {
    type: 'table',
    name,
    table: {
      columns: columns.map(({ cell: _cell, ...column }) => column),
      rowCount: rows.length,
      data: columns.map(({ cell }) => rows.map((row) => cell(row))),
    },
  };
}

function text<T>(id: string, title: string, cell: (row: T) => CellValue): ColumnOf<T> {
  return { id, title, kind: 'text', cell };
}

const unknown = (why: string): Absent => ({ absent: 'unknown', why });
const none = (why: string): Absent => ({ absent: 'not-applicable', why });

/** The user's folders, then the usual places. */
export function* folderBlocks(list: DebuginfoFolderList): Generator<Block> {
  if (list.problem !== undefined) {
    yield { type: 'notice', severity: 'error', text: list.problem };
  }
  const stateOf = ({ problem, dependsOnRelease }: Partial<UsualPlace>): string =>
    dependsOnRelease === true ? 'by the release' : (problem ?? 'there');
  const yours = list.folders.map((folder) => ({ ...folder, name: 'remembered' }));
  yield table<Partial<UsualPlace> & { path: string; name: string }>(
    'debuginfo-folders',
    [
      text('folder', 'FOLDER', ({ path }) => path),
      text('state', 'STATE', stateOf),
      text('what', 'WHAT', ({ name }) => name),
    ],
    [...yours, ...list.usual],
  );
  yield facts('debuginfo-settings', [['file', 'REMEMBERED IN', list.file]]);
}

/** What the cache holds, the file used last first. */
export function* cacheBlocks(
  files: readonly KnownCachedFile[],
  { folder, limit }: { readonly folder: string; readonly limit: number },
): Generator<Block> {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  yield {
    type: 'facts',
    name: 'debuginfo-cache',
    facts: [
      { id: 'cache', label: 'CACHE', kind: 'text', value: folder },
      { id: 'size', label: 'SIZE', kind: 'bytes', value: bytes },
      { id: 'limit', label: 'LIMIT', kind: 'bytes', value: limit },
    ],
  };
  if (files.length === 0) return;
  yield table<KnownCachedFile>(
    'debuginfo-files',
    [
      text('file', 'FILE', ({ name }) => name),
      text('release', 'RELEASE', ({ release }) => release ?? unknown('no file tells the release')),
      text('buildId', 'BUILD-ID', ({ key, name }) =>
        name.endsWith('.sources') ? none('sources have no build-id') : key,
      ),
      { id: 'size', title: 'SIZE', kind: 'bytes', cell: ({ size }) => size },
      {
        id: 'lastUsed',
        title: 'LAST USED',
        kind: 'date',
        cell: ({ usedAt }) => Math.floor(usedAt / 1000),
      },
      text('from', 'FROM', ({ isTaken, origin }) => {
        if (!isTaken) return none('made from the debuginfo of that build-id');
        return origin?.path ?? unknown('where it came from was not noted when it was taken');
      }),
    ],
    files,
  );
}

/** What a dump needs, what is in use, where was looked, and how to get what is missing. */
export function* searchBlocks(info: DebuginfoInfo): Generator<Block> {
  const { wanted, parts, steps, stepsLeftOut, advice } = info;
  yield facts('debuginfo-needed', [
    ['release', 'RELEASE', wanted.release ?? unknown('the dump does not tell')],
    ['buildId', 'BUILD-ID', wanted.buildId ?? unknown('the dump does not tell')],
    ['types', 'TYPES', info.types],
    ['vmlinux', 'VMLINUX', vmlinuxText(parts)],
    ['missing', 'MODULES', missingText(info)],
  ]);
  if (parts.length > 0)
    yield table<DebuginfoInfo['parts'][number]>(
      'debuginfo-parts',
      [
        text('what', 'IN USE', ({ name }) => name),
        text('match', 'MATCH', ({ match }) => match),
        text('dwarf', 'DWARF', ({ hasDwarf }) => (hasDwarf ? 'yes' : 'symbols only')),
        text('path', 'FILE', ({ path }) => path),
        text('from', 'FROM', ({ origin, how }) => origin?.path ?? how),
      ],
      parts,
    );
  yield table<DebuginfoInfo['steps'][number]>(
    'debuginfo-steps',
    [
      text('outcome', 'OUTCOME', ({ outcome }) => outcome),
      text('what', 'WHAT', ({ what }) => what),
      text('place', 'PLACE', ({ place }) => place),
      text('message', 'ANSWER', ({ message }) => message),
    ],
    steps,
  );
  if (stepsLeftOut > 0) {
    const text = `${stepsLeftOut} more answers were left out: of each kind the first ones are kept`;
    yield { type: 'notice', severity: 'info', text };
  }
  yield* wayBlocks(advice);
}

/** Ways that fit the dump with all that is to know of them, then the others by their commands. */
function* wayBlocks(advice: DebuginfoInfo['advice']): Generator<Block> {
  type Way = DebuginfoInfo['advice'][number];
  const { likely, others } = likelyWays(advice);
  const command = text<Way>('command', 'COMMAND', ({ commands }) => commands.join('; '));
  if (likely.length > 0)
    yield table<Way>(
      'debuginfo-ways',
      [
        text('system', 'SYSTEM', ({ system, isLikely }) =>
          isLikely ? `${system} (likely)` : system,
        ),
        command,
        text('gives', 'GIVES', ({ gives }) => gives),
        text('needs', 'NEEDS', ({ needs }) => needs ?? none('nothing else')),
      ],
      likely,
    );
  if (others.length > 0)
    yield table<Way>(
      'debuginfo-other-ways',
      [text('system', 'OTHER SYSTEM', ({ system }) => system), command],
      others,
    );
}

function vmlinuxText(parts: DebuginfoInfo['parts']): string {
  const vmlinux = parts.find(({ name }) => name === 'vmlinux');
  if (vmlinux === undefined) return 'none: the dump itself answers';
  return vmlinux.hasDwarf ? 'in use' : 'symbols only, no DWARF';
}

function missingText({ missingModules, moduleCount }: DebuginfoInfo): string {
  if (missingModules.length === 0) return `all ${moduleCount} with debuginfo`;
  return `${missingModules.length} of ${moduleCount} without debuginfo: ${missingModules.join(', ')}`;
}

function facts(
  name: string,
  values: readonly (readonly [id: string, label: string, value: CellValue])[],
): Block {
  return {
    type: 'facts',
    name,
    facts: values.map(([id, label, value]) => ({ id, label, kind: 'text', value })),
  };
}
