import { basename } from 'node:path';
import type { Absent } from '../../../src-shared/contract/index.ts';
import { parseFileName, withoutPrefix, type FileName } from './file-name.ts';
import type { SourceStore, StoredFile } from './source-store.ts';

/** A store, and what of the names stands for it. */
export interface OpenedPlace {
  readonly path: string;
  readonly prefix: string | undefined;
  readonly store: SourceStore;
}

export interface Found {
  readonly file: StoredFile;
  readonly how: string;
}

/** A way to read a name: the rest of it, and what was taken away. */
interface Reading {
  readonly rest: readonly string[];
  readonly how: string;
}

/**
 * The file that a name of the debug information means. Prefixes that the user gave come first; else
 * the longest end of the name that is there wins, over all places. A relative name is relative to
 * the top of the tree, and nothing of it is taken away.
 */
export function findFile(places: readonly OpenedPlace[], file: string): Found | Absent {
  const name = parseFileName(file);
  if (name === undefined) return absent(`${file.slice(0, 200)} is no name of a file`);
  const refusals: string[] = [];
  const readings = places.map((place) => ({ place, ways: readingsOf(place, name) }));
  const longest = Math.max(0, ...readings.map(({ ways }) => ways.length));
  for (let i = 0; i < longest; i++) {
    for (const { place, ways } of readings) {
      const way = ways[i];
      const found = way === undefined ? [] : filesAt(place, way, refusals);
      if (found.length > 1) {
        const paths = found.map(({ path }) => path).join(', ');
        return absent(`${file} may be any of ${paths}: name one tree, as PREFIX=PATH`);
      }
      if (found[0] !== undefined) {
        const refused = refusalOfShort(place, name, way!);
        if (refused === undefined) return { file: found[0], how: way!.how };
        refusals.push(refused);
      }
    }
  }
  const where = places.map(({ path }) => path).join(', ');
  return absent(refusals[0] ?? `${name.parts.join('/')} is not in ${where}`);
}

/** Of all places together the shorter ends come later, so each list has one entry a length. */
function readingsOf({ prefix }: OpenedPlace, name: FileName): (Reading | undefined)[] {
  const given = prefix === undefined ? undefined : parseFileName(prefix);
  const mapped = given && withoutPrefix(name, given);
  if (mapped !== undefined) return [{ rest: mapped, how: `${prefix} as given` }];
  if (!name.isAbsolute) {
    return [undefined, { rest: name.parts, how: 'the name is relative to the tree' }];
  }
  if (prefix !== undefined) return [];
  return [
    undefined,
    ...name.parts.map((_, i) => {
      const assumed = `/${name.parts.slice(0, i).join('/')}`;
      return { rest: name.parts.slice(i), how: `${assumed} taken for the tree` };
    }),
  ];
}

function filesAt({ store }: OpenedPlace, { rest }: Reading, refusals: string[]): StoredFile[] {
  const files = new Map<string, StoredFile>();
  for (const root of store.roots) {
    const found = store.read(root === '' ? rest.join('/') : `${root}/${rest.join('/')}`);
    if (found === undefined) continue;
    if ('refused' in found) refusals.push(found.refused);
    else files.set(found.path, found);
  }
  return [...files.values()];
}

/**
 * The file's own name alone says little (main.c is in many drivers): then the folder must have the
 * name of the file's folder.
 */
function refusalOfShort(place: OpenedPlace, name: FileName, { rest }: Reading): string | undefined {
  if (rest.length > 1 || name.parts.length === 1 || !name.isAbsolute) return undefined;
  if (place.prefix !== undefined || basename(place.path) === name.parts.at(-2)) return undefined;
  const folder = `/${name.parts.slice(0, -1).join('/')}`;
  return (
    `${rest[0]} is in ${place.path}, but its name alone does not make it the file: ` +
    `if it is, give ${folder}=${place.path}`
  );
}

function absent(why: string): Absent {
  return { absent: 'unknown', why };
}
