import type { OpenRequest, SessionInfo } from '../../src-shared/contract/index.ts';
import { givenSourceText } from '../../src-shared/text/given-source.ts';

const KEY = 'oopscope.open';

/**
 * What this tab has open, for when it is reloaded: in the tab's session storage, which goes with
 * the tab. Only what was named; the answers are asked for anew.
 */
export function keepOpen(request: OpenRequest): void {
  sessionStorage.setItem(KEY, JSON.stringify(request));
}

export function forgetOpen(): void {
  sessionStorage.removeItem(KEY);
}

/** Undefined where nothing was open, or what is kept is not of this version. */
export function keptOpen(): OpenRequest | undefined {
  const text = sessionStorage.getItem(KEY);
  if (text === null) return undefined;
  try {
    const kept: unknown = JSON.parse(text);
    return isOpenRequest(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The opening that is kept has become this session: from now on with all that is named for it. It
 * leaves nothing out, so that a host's own words on debuginfo do not come back where the user let
 * go of them.
 */
export function keepSession({ debuginfo, sources }: SessionInfo): void {
  const { given, searched } = debuginfo;
  const named = given.map(({ path }) => path);
  const of = (overrides: boolean): string[] =>
    given.flatMap(({ path, override = false }) => (override === overrides ? [path] : []));
  keepOpen({
    // Debuginfo that was chosen together with the dump is named as debuginfo now.
    paths: (keptOpen()?.paths ?? []).filter((path) => !named.includes(path)),
    debuginfo: of(false),
    override: of(true),
    search: searched,
    sources: sources.map(givenSourceText),
  });
}

function isOpenRequest(kept: unknown): kept is OpenRequest {
  if (typeof kept !== 'object' || kept === null) return false;
  const { paths, debuginfo, override, sources, search } = kept as Record<string, unknown>;
  const isNames = (value: unknown): boolean =>
    Array.isArray(value) && value.every((each) => typeof each === 'string');
  return (
    isNames(paths) &&
    [debuginfo, override, sources].every((value) => value === undefined || isNames(value)) &&
    (search === undefined || typeof search === 'boolean')
  );
}
