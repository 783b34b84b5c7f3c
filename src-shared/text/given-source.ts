/** A place of source text: a tree, package or tarball, and whose names it stands for. */
interface GivenSource {
  /** What the build's names of files begin with. */
  readonly prefix?: string | undefined;
  readonly path: string;
}

/**
 * `PREFIX=PATH` at its first `=`; without one, or with nothing before it, a path alone. What a path
 * with `=` in it is written as, is `=PATH`.
 */
export function parseGivenSource(given: string): { prefix: string | undefined; path: string } {
  const at = given.indexOf('=');
  if (at < 0) return { prefix: undefined, path: given };
  return { prefix: given.slice(0, at) || undefined, path: given.slice(at + 1) };
}

/** The reverse of {@link parseGivenSource}. */
export function givenSourceText({ prefix, path }: GivenSource): string {
  return prefix === undefined && !path.includes('=') ? path : `${prefix ?? ''}=${path}`;
}
