import { basename, dirname } from 'node:path';
import { findOrigin } from '../cache-origin.ts';
import { isFile } from '../is-file.ts';
import { debuginfoNameOf } from '../packages/debuginfo-names.ts';
import { openPackage } from '../packages/open-package.ts';
import { PackageError } from '../packages/package-error.ts';
import { pause } from '../pause.ts';
import {
  cacheNameOf,
  decompressDebuginfo,
  extractDebuginfo,
  type ExtractedFile,
  type Extraction,
} from './extract.ts';
import { Findings, matchText, type Candidate } from './findings.ts';
import type { DebuginfoRequest } from './request.ts';
import type { FoundFile } from './result.ts';
import { isCompressedName } from './walk.ts';

/** Files of one place that are opened for one name: each may cost a search for its banner. */
const MAX_CANDIDATES = 128;

/** A file that a place keeps under a build-id. */
type KeyedFile = Pick<Candidate, 'path' | 'origin'>;

/** Asks places for what is still missing, and lets {@link Findings} judge what they have. */
export class Search {
  readonly findings: Findings;
  readonly #request: DebuginfoRequest;
  readonly #compressed: Candidate[] = [];

  constructor(request: DebuginfoRequest) {
    this.#request = request;
    this.findings = new Findings(request, request.modules ?? [], request.onFound);
  }

  /** What was taken out of packages earlier. */
  async askCache(): Promise<void> {
    const { cache } = this.#request;
    const place = `the cache (${cache.folder})`;
    await this.#askByKey(place, async (id, module) => {
      const path = await cache.find(id, cacheNameOf(module));
      return path === undefined ? [] : [{ path, origin: await findOrigin(path) }];
    });
  }

  /** A tree whose paths are made of build-ids. */
  async askById(place: string, pathsOf: (buildId: string) => readonly string[]): Promise<void> {
    const missing = this.findings.missingModules();
    await this.#askByKey(place, async (id) =>
      pathsOf(id)
        .filter(isFile)
        .map((path) => ({ path })),
    );
    this.findings.summarize(place, missing);
  }

  async askVmlinux(place: string, paths: readonly string[], trusted: boolean): Promise<void> {
    if (this.findings.hasVmlinux()) return;
    const present = paths.slice(0, MAX_CANDIDATES).filter(isFile);
    for (const path of present) {
      if (this.findings.hasVmlinux()) return;
      await this.#pause();
      const candidate = { place, path, trusted };
      if (isCompressedName(path)) this.#compressed.push(candidate);
      else this.findings.tryVmlinux(candidate);
    }
    if (present.length === 0) this.findings.absent(place, 'no vmlinux is there');
    const left = paths.length - MAX_CANDIDATES;
    if (left > 0) this.findings.absent(place, `${left} more files of that name were not looked at`);
  }

  /** @param byName candidates by the module's name */
  async askModules(
    place: string,
    byName: ReadonlyMap<string, readonly string[]>,
    trusted: boolean,
    isInstalled: boolean,
  ): Promise<void> {
    const missing = this.findings.missingModules();
    for (const module of missing) {
      const paths = byName.get(module.name) ?? [];
      for (const path of paths.slice(0, MAX_CANDIDATES).filter(isFile)) {
        const candidate = { place, path, trusted };
        if (this.findings.hasModule(module.name)) break;
        await this.#pause();
        if (!isCompressedName(path)) this.findings.tryModule(candidate, module);
        // Distributions strip the modules of their trees before they compress them.
        else if (!isInstalled || !path.includes('/kernel/')) this.#compressed.push(candidate);
      }
    }
    this.findings.summarize(place, missing);
  }

  /** What was found compressed, for what is still missing. */
  async askCompressed(): Promise<void> {
    for (const candidate of this.#compressed.splice(0)) {
      const name = debuginfoNameOf(candidate.path);
      const isThere =
        name?.kind === 'module' ? this.findings.hasModule(name.name) : this.findings.hasVmlinux();
      if (!isThere) await this.#decompress(candidate);
    }
  }

  /** Says what {@link askCompressed} would unpack. */
  skipCompressed(): void {
    for (const { place, path } of this.#compressed.splice(0)) {
      const name = debuginfoNameOf(path);
      const module = name?.kind === 'module' ? name.name : undefined;
      const { findings } = this;
      if (module === undefined ? findings.hasVmlinux() : findings.hasModule(module)) continue;
      const message = `${basename(path)} is compressed and was not unpacked`;
      findings.say({ place, what: module ?? 'vmlinux', outcome: 'skipped', message, path });
    }
  }

  /** A single file that the user named, of any name. */
  async askFile(candidate: Candidate): Promise<void> {
    const name = debuginfoNameOf(candidate.path);
    if (isCompressedName(candidate.path)) await this.#decompress(candidate);
    else this.findings.tryAny(candidate, name?.kind === 'module' ? name.name : undefined);
  }

  /** Could a package of that name be for this kernel? Its content decides. */
  mayHoldKernel(path: string): boolean {
    const name = basename(path);
    const isDebuginfo = /(-dbg|debuginfo)/.test(name) && !name.includes('debuginfo-common');
    // The flavour is elsewhere in a package's name than in the release: compare the version.
    const version = /^\d[\d.]*(?:-[\d.]+)?/.exec(this.#request.release)?.[0];
    return isDebuginfo && (version === undefined || name.includes(version));
  }

  async askPackage(path: string, how: string, override = false): Promise<void> {
    const place = `${how}: ${basename(path)}`;
    const { findings } = this;
    const missing = findings.missingModules();
    try {
      const pack = await openPackage(path);
      if (pack === undefined) throw new PackageError(`${path} is no Debian or RPM package`);
      this.#tellRefused(
        place,
        path,
        await extractDebuginfo(pack, this.#orderOf({ place, path, override })),
      );
    } catch (error) {
      this.#tell(place, path, error);
    }
    if (!findings.hasVmlinux() && !findings.wasSaid(place, 'vmlinux')) {
      findings.absent(place, 'no vmlinux is in it');
    }
    findings.summarize(place, missing);
  }

  /** A link to a folder is not told: a window may ask for the paths that it was told. */
  skipPackage(path: string): void {
    if (!isFile(path)) return;
    const message = `${basename(path)} was not opened`;
    const place = dirname(path);
    this.findings.say({ place, what: 'vmlinux', outcome: 'skipped', message, path });
  }

  async #askByKey(
    place: string,
    filesOfKey: (buildId: string, module: string | undefined) => Promise<readonly KeyedFile[]>,
  ): Promise<void> {
    const { buildId } = this.#request;
    const { findings } = this;
    if (!findings.hasVmlinux()) {
      const files = buildId === undefined ? [] : await filesOfKey(buildId, undefined);
      for (const file of files) {
        await this.#pause();
        findings.tryVmlinux({ place, ...file, trusted: false });
      }
      if (buildId === undefined) findings.absent(place, 'the dump tells no build-id to ask for');
      else if (files.length === 0) findings.absent(place, `nothing is there under ${buildId}`);
    }
    for (const module of findings.missingModules()) {
      if (module.buildId === undefined) continue;
      for (const file of await filesOfKey(module.buildId, module.name)) {
        await this.#pause();
        findings.tryModule({ place, ...file, trusted: false }, module);
      }
    }
  }

  /** Files are read synchronously: between them cancelling is heard. */
  async #pause(): Promise<void> {
    await pause();
    this.#request.signal?.throwIfAborted();
  }

  async #decompress(candidate: Candidate): Promise<void> {
    const { place, path } = candidate;
    try {
      const extraction = await decompressDebuginfo(path, this.#orderOf(candidate));
      this.#tellRefused(place, path, extraction);
      if (extraction.found.length + extraction.refused.length > 0) return;
      const message = `${path} is not compressed as its name says, or is of no loaded module`;
      const what = basename(path);
      this.findings.say({ place, what, outcome: 'mismatch', message, path });
    } catch (error) {
      this.#tell(place, path, error);
    }
  }

  #orderOf({
    place,
    path,
    override,
    trusted = true,
  }: Omit<Candidate, 'trusted'> & { trusted?: boolean }) {
    const { cache, onProgress, signal } = this.#request;
    return {
      kernel: this.#request,
      wantsVmlinux: !this.findings.hasVmlinux(),
      modules: this.findings.missingModules(),
      cache,
      override,
      trusted,
      signal,
      onProgress: (done: number, total: number) => onProgress?.({ path, done, total }),
      onFound: (file: ExtractedFile) => this.#adopt(place, file),
    };
  }

  #adopt(place: string, { module, entry, overridden, ...extracted }: ExtractedFile): void {
    const override = extracted.match === 'override' ? ({ override: true } as const) : {};
    const file: FoundFile = { ...extracted, how: place, ...override };
    this.findings.keep(module, file, `${entry} (${matchText(file, overridden)})`);
  }

  #tellRefused(place: string, path: string, { refused }: Extraction): void {
    for (const { entry, buildId, reason } of refused) {
      const name = debuginfoNameOf(entry);
      const what = name?.kind === 'module' ? name.name : 'vmlinux';
      const message = `${entry} ${reason}`;
      this.findings.say({ place, what, outcome: 'mismatch', message, path, buildId });
    }
  }

  /** Damage is a step; what the user must act on (cancelled, no room) goes on. */
  #tell(place: string, path: string, error: unknown): void {
    const isDamage = error instanceof PackageError || (error instanceof Error && 'code' in error);
    if (!isDamage || (error as Error).name === 'AbortError') throw error;
    const { message } = error as Error;
    this.findings.say({ place, what: basename(path), outcome: 'unreadable', message, path });
  }
}
