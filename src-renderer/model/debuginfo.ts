import type {
  DebuginfoInfo,
  DebuginfoPart,
  DebuginfoStep,
  GivenDebuginfo,
} from '../../src-shared/contract/index.ts';
import { baseName, plural } from './format.ts';

export interface DebuginfoState {
  readonly text: string;
  /** `none` is no fault: a dump answers without debuginfo, too. */
  readonly tone: 'ok' | 'none' | 'warn' | 'danger';
  /** What a look at the text does not tell. */
  readonly detail: string;
}

/** What there is, in a few words. */
export function debuginfoState(info: DebuginfoInfo): DebuginfoState {
  const { parts, moduleCount, missingModules } = info;
  const vmlinux = parts.find(({ name }) => name === 'vmlinux');
  const modules = parts.filter(({ name, hasDwarf }) => name !== 'vmlinux' && hasDwarf).length;
  const detail =
    `${plural(modules, 'module')} of ${moduleCount} with debuginfo` +
    (missingModules.length > 0 ? '; open the debuginfo sheet for what is missing' : '');
  if (info.override !== undefined)
    return { text: 'OVERRIDE: debuginfo of another build', tone: 'danger', detail: info.override };
  const some = modules > 0 ? `${modules}/${moduleCount} modules` : undefined;
  if (vmlinux) {
    const id = vmlinux.buildId ? shortId(vmlinux.buildId) : 'no build-id';
    const what = vmlinux.hasDwarf ? ['vmlinux', id] : ['vmlinux without DWARF', id];
    return {
      text: [...what, ...(some === undefined ? [] : [some])].join(' · '),
      tone: vmlinux.hasDwarf ? 'ok' : 'warn',
      detail,
    };
  }
  if (some !== undefined) return { text: `no vmlinux · ${some}`, tone: 'warn', detail };
  const refused = refusedSteps(info).length;
  if (refused > 0) return { text: `no debuginfo · ${refused} refused`, tone: 'warn', detail };
  const offered = offeredSteps(info).length;
  if (offered > 0) return { text: `no debuginfo · ${offered} not opened`, tone: 'warn', detail };
  return { text: 'no debuginfo', tone: 'none', detail };
}

/** The first digits, which tell builds apart well enough in a line. */
export function shortId(buildId: string): string {
  return buildId.length > 12 ? `${buildId.slice(0, 12)}…` : buildId;
}

/** Why a part was accepted. */
export const MATCH_TEXT: Record<DebuginfoPart['match'], string> = {
  'build-id': 'same build-id',
  banner: 'same banner (one of the two has no build-id)',
  srcversion: 'same srcversion (one of the two has no build-id)',
  release: 'same release; that it is the same build cannot be checked',
  override: 'ANOTHER BUILD, used on your word',
};

export const OUTCOME_TEXT: Record<DebuginfoStep['outcome'], string> = {
  found: 'found',
  absent: 'not there',
  mismatch: 'another build',
  'no-debuginfo': 'symbols only',
  unreadable: 'cannot be read',
  skipped: 'not opened',
};

export interface OfferedFile {
  readonly path: string;
  readonly message: string;
}

/** Files that were seen and not opened, each once; not what was named since. */
export function offeredSteps(info: DebuginfoInfo): readonly OfferedFile[] {
  const offered = new Map<string, OfferedFile>();
  const named = new Set(info.given.map(({ path }) => path));
  for (const { outcome, path, message } of info.steps)
    if (outcome === 'skipped' && path !== undefined && !offered.has(path) && !named.has(path))
      offered.set(path, { path, message });
  return [...offered.values()];
}

export interface RefusedFile {
  readonly what: string;
  readonly path: string | undefined;
  readonly buildId: string | undefined;
  readonly message: string;
}

/** What was looked at and is of another build; not what is in use by an override. */
export function refusedSteps(info: DebuginfoInfo): readonly RefusedFile[] {
  const used = new Set(info.parts.map(({ path }) => path));
  const seen = new Set<string>();
  const refused: RefusedFile[] = [];
  for (const { outcome, what, path, buildId, message } of info.steps) {
    const key = `${path ?? ''}\n${what}`;
    if (outcome !== 'mismatch' || seen.has(key) || (path !== undefined && used.has(path))) continue;
    seen.add(key);
    refused.push({ what, path, buildId, message });
  }
  return refused;
}

/** What came of a file, package or folder that was named. */
export type GivenState = 'in use' | 'another build' | 'cannot be read' | 'nothing used';

export function givenState(info: DebuginfoInfo, given: string): GivenState {
  const isOf = (path: string | undefined): boolean => isAtOrIn(path, given);
  // What was taken out of a package lies in the cache.
  if (info.parts.some(({ path, origin }) => isOf(path) || isOf(origin?.path))) return 'in use';
  const outcomes = info.steps.flatMap(({ outcome, path }) => (isOf(path) ? [outcome] : []));
  if (outcomes.includes('mismatch')) return 'another build';
  return outcomes.includes('unreadable') ? 'cannot be read' : 'nothing used';
}

function isAtOrIn(path: string | undefined, place: string): boolean {
  if (path === undefined || !path.startsWith(place)) return false;
  return path === place || /[\\/]$/.test(place) || /[\\/]/.test(path.charAt(place.length));
}

/**
 * Refusals that matter now: of what is still missing, and of what the user named. That another file
 * was passed over for the right one is told where it says what was looked at.
 */
export function openRefusals(info: DebuginfoInfo): readonly RefusedFile[] {
  const inUse = new Set(info.parts.flatMap(({ name, hasDwarf }) => (hasDwarf ? [name] : [])));
  return refusedSteps(info).filter(
    ({ what, path }) => !inUse.has(what) || info.given.some((given) => isAtOrIn(path, given.path)),
  );
}

/** In a sentence, what came of naming these, and what is in use. */
export function namedOutcome(info: DebuginfoInfo, paths: readonly string[]): string {
  const left = paths.flatMap((path) => {
    const state = givenState(info, path);
    if (state === 'in use') return [];
    const word = { 'another build': 'refused, ', 'cannot be read': '', 'nothing used': '' }[state];
    const why = state === 'nothing used' ? 'has nothing that is used' : state;
    return [`${baseName(path)}: ${word}${why}`];
  });
  const { text } = debuginfoState(info);
  const now = info.parts.length === 0 ? 'In use: the dump alone' : `In use now: ${text}`;
  return [...left, now].join('. ');
}

/** The files named so far without those that were refused: another one is tried in their place. */
export function withoutRefused(info: DebuginfoInfo): readonly GivenDebuginfo[] {
  return info.given.filter(({ path }) => givenState(info, path) !== 'another build');
}

/** The files named so far and one more, or the same one with another word on it. */
export function withGiven(
  given: readonly GivenDebuginfo[],
  more: readonly GivenDebuginfo[],
): readonly GivenDebuginfo[] {
  const paths = new Set(more.map(({ path }) => path));
  return [...given.filter(({ path }) => !paths.has(path)), ...more];
}

/** By its name: debuginfo, not a dump. */
export function looksLikeDebuginfo(name: string): boolean {
  return (
    /^vmlinux\b/.test(name) ||
    /\.(deb|ddeb|rpm|debug)$/i.test(name) ||
    /\.ko(\.debug)?(\.(gz|xz|zst|bz2))?$/i.test(name)
  );
}
