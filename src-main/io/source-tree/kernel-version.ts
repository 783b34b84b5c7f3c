import type { SourceStore } from './source-store.ts';

/** Of a kernel's top Makefile. */
export interface TreeVersion {
  readonly version: number;
  readonly patchlevel: number;
  readonly sublevel: number;
  readonly text: string;
}

/** @source the kernel's Makefile: `VERSION = 6`, `PATCHLEVEL = 1`, `SUBLEVEL = 192` */
export function findTreeVersion(store: SourceStore): TreeVersion | undefined {
  for (const root of store.roots) {
    const found = store.read(root === '' ? 'Makefile' : `${root}/Makefile`);
    if (found === undefined || 'refused' in found) continue;
    const text = new TextDecoder().decode(found.bytes.subarray(0, 4096));
    const number = (name: string): number | undefined => {
      const match = new RegExp(String.raw`^${name} *= *(\d+) *$`, 'm').exec(text);
      return match === null ? undefined : Number(match[1]);
    };
    const [version, patchlevel] = [number('VERSION'), number('PATCHLEVEL')];
    if (version === undefined || patchlevel === undefined) continue;
    const sublevel = number('SUBLEVEL') ?? 0;
    return { version, patchlevel, sublevel, text: `${version}.${patchlevel}.${sublevel}` };
  }
  return undefined;
}

/**
 * Whether a tree can be the kernel's. Distributions name releases of their own (6.1.0-56 is built
 * from 6.1.192, which only the banner tells), so the last number counts only where the banner has
 * one that is not 0.
 * @returns a sentence when it cannot
 */
export function versionMismatch(
  tree: TreeVersion,
  release: string | undefined,
  banner: string | undefined,
): string | undefined {
  const told = /^(\d+)\.(\d+)/.exec(release ?? '');
  if (told === null) return undefined;
  const series = `${tree.version}.${tree.patchlevel}`;
  if (Number(told[1]) !== tree.version || Number(told[2]) !== tree.patchlevel) {
    return `is of Linux ${tree.text}, the dump of ${release}: its lines are not the kernel's`;
  }
  const numbers = [...`${release} ${banner ?? ''}`.matchAll(/(\d+\.\d+)\.(\d+)/g)]
    .filter((match) => match[1] === series && match[2] !== '0')
    .map((match) => Number(match[2]));
  if (numbers.length === 0 || numbers.includes(tree.sublevel)) return undefined;
  const kernel = [...new Set(numbers)].map((number) => `${series}.${number}`).join(', ');
  return `is of Linux ${tree.text}, the dump of ${kernel}: its lines may not be the kernel's`;
}
