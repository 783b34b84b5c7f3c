import { dirname, join } from 'node:path';
import type { DebuginfoOrigin } from '../../../src-shared/contract/index.ts';
import { FaultError } from '../../engine/base/fault.ts';
import { OpenError } from '../../engine/dump/open-error.ts';
import { findContradiction, isUncompared } from './contradiction.ts';
import { matchKernel, matchModule } from './match.ts';
import { probeDebugFile, type Probe } from './probe.ts';
import type { DebuginfoRequest } from './request.ts';
import type { DebuginfoSearchResult, FoundFile, SearchStep } from './result.ts';
import { StepLog } from './step-log.ts';
import type { Match, WantedKernel, WantedModule } from './wanted.ts';

/** How a candidate came up. */
export interface Candidate {
  readonly place: string;
  readonly path: string;
  /** The user named the file (or its folder). */
  readonly trusted: boolean;
  /** … and wants it even if it is another build. */
  readonly override?: boolean | undefined;
  /** It lies in the cache, taken out of that. */
  readonly origin?: DebuginfoOrigin | undefined;
}

/** What a search has so far: what fits, what is still missing, and what was said on the way. */
export class Findings {
  readonly #kernel: WantedKernel;
  readonly #wanted: ReadonlyMap<string, WantedModule>;
  readonly #log = new StepLog();
  readonly #modules = new Map<string, FoundFile>();
  readonly #onFound: DebuginfoRequest['onFound'];
  #vmlinux: FoundFile | undefined;

  constructor(
    kernel: WantedKernel,
    modules: readonly WantedModule[],
    onFound?: DebuginfoRequest['onFound'],
  ) {
    this.#kernel = kernel;
    this.#onFound = onFound;
    this.#wanted = new Map(modules.map((module) => [module.name, module]));
  }

  /** A vmlinux with DWARF. */
  hasVmlinux(): boolean {
    return this.#vmlinux?.hasDwarf === true;
  }

  hasModule(name: string): boolean {
    return this.#modules.get(name)?.hasDwarf === true;
  }

  missingModules(): WantedModule[] {
    return [...this.#wanted.values()].filter(({ name }) => !this.hasModule(name));
  }

  isDone(): boolean {
    return this.hasVmlinux() && this.missingModules().length === 0;
  }

  result(): DebuginfoSearchResult {
    const { steps, leftOut } = this.#log;
    return { vmlinux: this.#vmlinux, modules: this.#modules, steps, leftOut };
  }

  /** @returns false where the file cannot be read */
  tryVmlinux(candidate: Candidate): boolean {
    const probe = this.#probe(candidate, 'vmlinux');
    if (probe === undefined) return false;
    this.#judge(candidate, probe, undefined, matchKernel(probe, this.#kernel, candidate.trusted));
    return true;
  }

  tryModule(candidate: Candidate, module: WantedModule): void {
    const probe = this.#probe(candidate, module.name);
    if (probe === undefined) return;
    const verdict = matchModule(probe, module, this.#kernel.release, candidate.trusted);
    this.#judge(candidate, probe, module.name, verdict);
  }

  /** A file of which only its content tells what it is. @param name of a module, by its file's name */
  tryAny(candidate: Candidate, name: string | undefined): void {
    const probe = this.#probe(candidate, name ?? 'vmlinux');
    if (probe === undefined) return;
    if (!probe.isModule) {
      this.#judge(candidate, probe, undefined, matchKernel(probe, this.#kernel, candidate.trusted));
      return;
    }
    const wanted = [...this.#wanted.values()];
    const module =
      wanted.find(({ buildId }) => buildId !== undefined && buildId === probe.buildId) ??
      wanted.find((other) => other.name === name);
    if (module !== undefined) {
      const verdict = matchModule(probe, module, this.#kernel.release, candidate.trusted);
      return this.#judge(candidate, probe, module.name, verdict);
    }
    const { place, path } = candidate;
    const message = `${path}: no module of that name or build-id is loaded`;
    const { buildId } = probe;
    this.say({ place, what: name ?? 'module', outcome: 'mismatch', message, path, buildId });
  }

  /** @param module undefined for vmlinux */
  keep(module: string | undefined, file: FoundFile, message: string): void {
    const { how: place, path, buildId, hasDwarf } = file;
    // Symbols without DWARF are kept until something better comes.
    if (module === undefined) {
      if (this.#vmlinux === undefined || hasDwarf) this.#vmlinux = file;
    } else if (hasDwarf || !this.#modules.has(module)) this.#modules.set(module, file);
    if (hasDwarf) this.#onFound?.(module, file);
    const outcome = hasDwarf ? 'found' : 'no-debuginfo';
    const text = hasDwarf ? message : `${message} has no DWARF, only symbols`;
    this.say({ place, what: module ?? 'vmlinux', outcome, message: text, path, buildId });
  }

  say(step: SearchStep): void {
    this.#log.say(step);
  }

  absent(place: string, message: string): void {
    this.say({ place, what: 'vmlinux', outcome: 'absent', message });
  }

  /** One line for all modules. @param missing those that were missing before this place was asked */
  summarize(place: string, missing: readonly WantedModule[]): void {
    if (missing.length === 0) return;
    const found = missing.filter(({ name }) => this.hasModule(name)).length;
    const message = `${found} of ${missing.length} missing modules are there`;
    const outcome = found > 0 ? 'found' : 'absent';
    this.say({ place, what: 'modules', outcome, message });
  }

  wasSaid(place: string, what: string): boolean {
    return this.#log.wasSaid(place, what);
  }

  #judge(
    { place, path, override, origin }: Candidate,
    probe: Probe,
    module: string | undefined,
    verdict: Match,
  ): void {
    const { buildId, hasDwarf } = probe;
    const what = module ?? 'vmlinux';
    const mayOverride = override === true && probe.isModule === (module !== undefined);
    if (!verdict.ok && !mayOverride) {
      const message = `${path} ${verdict.reason}`;
      return this.say({ place, what, outcome: 'mismatch', message, path, buildId });
    }
    const base = { path, buildId, how: place, hasDwarf, origin };
    const file: FoundFile = verdict.ok
      ? {
          ...base,
          match: verdict.match,
          doubt: verdict.doubt,
          uncompared: verdict.uncompared === true,
        }
      : { ...base, match: 'override', override: true };
    const because = matchText(file, verdict.ok ? undefined : verdict.reason);
    this.keep(module, file, `${path} (${because})`);
    if (!hasDwarf) this.#followDebugLink(file, probe, module);
  }

  /** A stripped file beside its debug file: NAME or `.debug/NAME`. */
  #followDebugLink(file: FoundFile, probe: Probe, module: string | undefined): void {
    const { debugLink, path } = probe;
    if (debugLink === undefined) return;
    const folder = dirname(path);
    for (const linked of [join(folder, debugLink), join(folder, '.debug', debugLink)]) {
      if (linked === path) continue;
      const other = readProbe(linked);
      if (other instanceof Error || !other.hasDwarf) continue;
      // The link has a CRC, too; the build-id says the same and costs no reading of the whole file.
      if (other.buildId === undefined || other.buildId !== probe.buildId) continue;
      const wanted = module === undefined ? this.#kernel : this.#wanted.get(module);
      const contradiction = findContradiction(other, wanted?.compare);
      if (contradiction?.refuses === true && file.override !== true) {
        const text = `${linked} has the build-id of ${path}, but ${contradiction.text}`;
        const what = module ?? 'vmlinux';
        const place = file.how;
        this.say({ place, what, outcome: 'mismatch', message: text, path: linked });
        continue;
      }
      const uncompared = isUncompared(other, wanted?.compare);
      const found = { ...file, path: linked, hasDwarf: true, origin: undefined, uncompared };
      const because = `.gnu_debuglink of ${path}, same build-id`;
      return this.keep(module, found, `${linked} (${because}${uncompared ? UNCOMPARED : ''})`);
    }
  }

  #probe({ place, path }: Candidate, what: string): Probe | undefined {
    const probe = readProbe(path);
    if (!(probe instanceof Error)) return probe;
    const message = `${path}: ${probe.message}`;
    this.say({ place, what, outcome: 'unreadable', message, path });
    return undefined;
  }
}

/** @param overridden why it was not accepted by itself */
export function matchText(file: FoundFile, overridden?: string): string {
  const text = file.doubt ?? claimText(file, overridden);
  if (file.uncompared !== true) return text;
  return `${text}${UNCOMPARED}`;
}

const UNCOMPARED =
  "; its functions could not be compared with the dump's: it has no symbols of any";

function claimText({ match, buildId }: FoundFile, overridden: string | undefined): string {
  switch (match) {
    case 'build-id':
      return `build-id ${buildId} is the dump's`;
    case 'banner':
      return 'the same banner';
    case 'srcversion':
      return 'the same srcversion';
    case 'release':
      return 'the same release; that it is the same build cannot be checked';
    case 'override':
      return `${overridden ?? 'of another build'}; taken because told to`;
  }
}

function readProbe(path: string): Probe | FaultError | OpenError {
  try {
    return probeDebugFile(path);
  } catch (error) {
    if (error instanceof FaultError || error instanceof OpenError) return error;
    throw error;
  }
}
