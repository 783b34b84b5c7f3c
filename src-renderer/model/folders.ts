import type { DebuginfoInfo, UsualPlace } from '../../src-shared/contract/index.ts';
import { offeredSteps, refusedSteps } from './debuginfo.ts';
import { plural } from './format.ts';

/** What the search found in a folder of the user's, in a sentence. */
export function foundInFolder(info: DebuginfoInfo, folder: string): string {
  const isInside = ({ path }: { readonly path?: string | undefined }): boolean =>
    path !== undefined && path.startsWith(folder) && /[\\/]/.test(path.charAt(folder.length));
  // What was taken out of a package lies in the cache.
  const used = info.parts.filter(({ path, origin }) => isInside(origin ?? { path }));
  const modules = used.filter(({ name }) => name !== 'vmlinux').length;
  const inUse = [
    ...(used.length > modules ? ['vmlinux'] : []),
    ...(modules > 0 ? [plural(modules, 'module')] : []),
  ];
  const offered = offeredSteps(info).filter(isInside).length;
  const refused = refusedSteps(info).filter(isInside).length;
  const unreadable = info.steps.filter(
    (step) => step.outcome === 'unreadable' && isInside(step),
  ).length;
  const found = [
    ...(inUse.length > 0 ? [`${inUse.join(' and ')} in use`] : []),
    ...(offered > 0
      ? [
          `${plural(offered, 'package or compressed file', 'packages or compressed files')} not opened yet, see above`,
        ]
      : []),
    ...(refused > 0 ? [`${plural(refused, 'file')} of another build`] : []),
    ...(unreadable > 0 ? [`${plural(unreadable, 'file')} that cannot be read`] : []),
  ];
  if (found.length > 0) return `${folder}: ${found.join('; ')}`;
  const wasAsked = info.steps.some(({ place }) => place.endsWith(`(${folder})`));
  return wasAsked
    ? `${folder}: nothing that this dump needs`
    : `${folder} was not looked at: all that this dump needs was found before`;
}

/** `9 places, of which 4 are there and 3 depend on the release of the dump`. */
export function usualPlacesText(usual: readonly UsualPlace[]): string {
  const open = usual.filter(({ dependsOnRelease }) => dependsOnRelease).length;
  const there = usual.filter(
    ({ problem, dependsOnRelease }) => problem === undefined && !dependsOnRelease,
  ).length;
  const are = (count: number): string => (count === 1 ? 'is' : 'are');
  const known = there === 0 ? 'none is there' : `${there} ${are(there)} there`;
  const by = open === 1 ? 'depends' : 'depend';
  const rest = open === 0 ? '' : ` and ${open} ${by} on the release of the dump`;
  return `${plural(usual.length, 'place')}, of which ${known}${rest}`;
}
