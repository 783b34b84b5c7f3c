import { findContradiction, isUncompared } from './contradiction.ts';
import type { Probe } from './probe.ts';
import type { Match, MatchKind, WantedKernel, WantedModule } from './wanted.ts';

/**
 * Is that file the kernel's? What it says of itself is compared first, then its symbols.
 * @param trusted the user named the file: the release will do where nothing better can be compared
 */
export function matchKernel(probe: Probe, wanted: WantedKernel, trusted: boolean): Match {
  return withContent(probe, wanted, kernelByClaim(probe, wanted, trusted));
}

function kernelByClaim(probe: Probe, wanted: WantedKernel, trusted: boolean): Match {
  if (probe.isModule) return no('is a module, not vmlinux');
  if (probe.buildId !== undefined && wanted.buildId !== undefined) {
    if (probe.buildId === wanted.buildId) return { ok: true, match: 'build-id' };
    return no(mismatch(probe, wanted.buildId, wanted.release));
  }
  const banner = probe.banner();
  if (banner !== undefined && wanted.banner !== undefined) {
    if (banner === wanted.banner.trim()) return { ok: true, match: 'banner' };
    return no(`is another build: its banner is "${banner}", the dump's "${wanted.banner.trim()}"`);
  }
  return byRelease(probe, wanted.buildId, wanted.release, trusted);
}

/** Is that file the module's? `release` is the kernel's. */
export function matchModule(
  probe: Probe,
  wanted: WantedModule,
  release: string,
  trusted: boolean,
): Match {
  return withContent(probe, wanted, moduleByClaim(probe, wanted, release, trusted));
}

function moduleByClaim(
  probe: Probe,
  wanted: WantedModule,
  release: string,
  trusted: boolean,
): Match {
  if (!probe.isModule) return no('is no module');
  if (probe.buildId !== undefined && wanted.buildId !== undefined) {
    if (probe.buildId === wanted.buildId) return { ok: true, match: 'build-id' };
    return no(mismatch(probe, wanted.buildId, release));
  }
  if (probe.srcversion !== undefined && wanted.srcversion !== undefined) {
    if (probe.srcversion === wanted.srcversion) return { ok: true, match: 'srcversion' };
    return no(`has srcversion ${probe.srcversion}, the dump's module ${wanted.srcversion}`);
  }
  return byRelease(probe, wanted.buildId, release, trusted);
}

const CLAIMS: Readonly<Record<MatchKind, string>> = {
  'build-id': "claims the dump's build-id",
  banner: "has the dump's banner",
  srcversion: "has the dump's srcversion",
  release: "has the dump's release",
  override: 'is taken because told to',
};

function withContent(
  probe: Probe,
  { compare }: WantedKernel | WantedModule,
  claimed: Match,
): Match {
  if (!claimed.ok) return claimed;
  const found = findContradiction(probe, compare);
  if (found === undefined) return { ...claimed, uncompared: isUncompared(probe, compare) };
  const text = `${CLAIMS[claimed.match]}, but ${found.text}`;
  return found.refuses ? no(text) : { ...claimed, doubt: text };
}

function byRelease(
  probe: Probe,
  buildId: string | undefined,
  wanted: string,
  trusted: boolean,
): Match {
  const release = probe.release();
  const why = buildId === undefined ? 'the dump tells no build-id' : 'it has no build-id';
  if (release === wanted && trusted) return { ok: true, match: 'release' };
  if (release === wanted) {
    return no(`is for release ${release}, but ${why}: it cannot be told from another build of it`);
  }
  return no(`is for release ${release ?? 'unknown'}, the dump's is ${wanted}; ${why}`);
}

function mismatch(probe: Probe, buildId: string, release: string): string {
  const other = probe.release();
  const found = `${probe.buildId}${other === undefined ? '' : ` (release ${other})`}`;
  return `has build-id ${found}, the dump's is ${buildId} (release ${release})`;
}

function no(reason: string): Match {
  return { ok: false, reason };
}
