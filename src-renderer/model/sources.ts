import type { SourcePlace } from '../../src-shared/contract/index.ts';

/** A place of source text as it was given: a path with `=` in it needs an empty prefix before. */
export function sourceGiven({ prefix, path }: Pick<SourcePlace, 'path' | 'prefix'>): string {
  return prefix === undefined && !path.includes('=') ? path : `${prefix ?? ''}=${path}`;
}
