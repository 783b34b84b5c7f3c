import { OpenError } from '../../engine/dump/open-error.ts';
import { FaultError } from '../../engine/base/fault.ts';
import type { CacheDraft, CacheFolder } from '../cache-folder.ts';
import { originOf, type CacheOrigin } from '../cache-origin.ts';
import type { ArchiveEntry } from '../packages/archive-entry.ts';
import { debuginfoNameOf } from '../packages/debuginfo-names.ts';
import { decompressChunks, findCodec, type StreamCodec } from '../packages/decompress-stream.ts';
import { EarlyBuildId } from '../packages/early-build-id.ts';
import { fileChunks } from '../packages/file-chunks.ts';
import { packageEntries, type Package, type StreamOptions } from '../packages/open-package.ts';
import { PackageError } from '../packages/package-error.ts';
import { matchKernel, matchModule } from './match.ts';
import { probeDebugFile, type Probe } from './probe.ts';
import type { Match, MatchKind, WantedKernel, WantedModule } from './wanted.ts';

/** A file taken out of a package (or decompressed) into the cache. */
export interface ExtractedFile {
  /** Undefined for vmlinux, else the module's name. */
  readonly module: string | undefined;
  /** In the cache. */
  readonly path: string;
  /** In the package. */
  readonly entry: string;
  readonly buildId: string;
  readonly match: MatchKind;
  readonly hasDwarf: boolean;
  readonly origin: CacheOrigin;
  /** What of its content does not agree with the dump, though it is used. */
  readonly doubt: string | undefined;
  readonly uncompared: boolean;
  /** Taken in spite of that. */
  readonly overridden: string | undefined;
}

export interface RefusedFile {
  readonly entry: string;
  readonly buildId: string | undefined;
  readonly reason: string;
}

export interface Extraction {
  readonly found: readonly ExtractedFile[];
  readonly refused: readonly RefusedFile[];
}

export interface ExtractRequest extends StreamOptions {
  readonly kernel: WantedKernel;
  /** False where vmlinux is known already. */
  readonly wantsVmlinux: boolean;
  readonly modules: readonly WantedModule[];
  readonly cache: CacheFolder;
  /** Take vmlinux in spite of another build-id. */
  readonly override?: boolean | undefined;
  /** The user named the file (default): its release will do where no build-id can be compared. */
  readonly trusted?: boolean | undefined;
  /** Called as soon as a file is in the cache: vmlinux need not wait for the modules. */
  readonly onFound?: ((file: ExtractedFile) => void) | undefined;
}

/** vmlinux of a full debug build has 1 GB, one with KASAN 2. */
const MAX_VMLINUX = 4 * 2 ** 30;
const MAX_MODULE = 2 ** 30;
/** A package with several flavours has several; more are not tried. */
const MAX_TRIES = 4;

/**
 * Takes vmlinux and the wanted modules out of a package into the cache, in one pass that ends when
 * all are there. Nothing else is written, no path of the package is used, links are ignored.
 * @throws PackageError, CacheFullError, Error with `code`, the signal's reason
 */
export async function extractDebuginfo(
  pack: Package,
  request: ExtractRequest,
): Promise<Extraction> {
  const work = new Extractor(pack.path, request);
  try {
    for await (const entry of packageEntries(pack, request)) {
      await work.take(entry);
      if (work.isDone()) break;
    }
    // Not before: the xz decoder serves one stream at a time, and the package's was open.
    await work.finishCompressed();
  } finally {
    await work.close();
  }
  await request.cache.evict();
  return work;
}

/**
 * Decompresses `vmlinux.xz`, `xfs.ko.zst`… into the cache, if it is what is wanted.
 * @returns nothing found and nothing refused when the file is not compressed
 */
export async function decompressDebuginfo(
  path: string,
  request: ExtractRequest,
): Promise<Extraction> {
  const work = new Extractor(path, request);
  try {
    await work.takeCompressed();
  } finally {
    await work.close();
  }
  await request.cache.evict();
  return work;
}

/** Thrown inside to stop copying a file that is known to be another kernel's. */
class NotWanted extends Error {}

type Target = { readonly module: WantedModule | undefined; readonly limit: number };

class Extractor implements Extraction {
  readonly found: ExtractedFile[] = [];
  readonly refused: RefusedFile[] = [];
  /** The package, or the compressed file. */
  readonly #from: string;
  readonly #request: ExtractRequest;
  readonly #modules: Map<string, WantedModule>;
  readonly #compressed: { entry: string; target: Target; draft: CacheDraft; codec: StreamCodec }[] =
    [];
  readonly #drafts = new Set<CacheDraft>();
  #wantsVmlinux: boolean;
  #tries = 0;
  #isOtherKernel = false;

  constructor(from: string, request: ExtractRequest) {
    this.#from = from;
    this.#request = request;
    this.#wantsVmlinux = request.wantsVmlinux;
    this.#modules = new Map(request.modules.map((module) => [module.name, module]));
  }

  /** Also where its vmlinux is another kernel's: so are its modules then. */
  isDone(): boolean {
    if (this.#isOtherKernel) return true;
    return !this.#wantsVmlinux && this.#modules.size === 0;
  }

  async take(entry: ArchiveEntry): Promise<void> {
    const target = entry.size === 0 ? undefined : this.#targetOf(entry.path);
    if (target === undefined) return;
    if (entry.size > target.limit) {
      const most = `${target.limit / 2 ** 30} GiB`;
      this.#refuse(entry.path, undefined, `has ${entry.size} bytes, more than the ${most} allowed`);
      return;
    }
    const draft = await this.#draft();
    await draft.reserve(entry.size);
    const codec = await this.#copy(entry.content(), entry.path, target, draft);
    if (codec === 'refused') await this.#drop(draft);
    else if (codec === undefined) await this.#keep(entry.path, target, draft);
    else this.#compressed.push({ entry: entry.path, target, draft, codec });
  }

  async finishCompressed(): Promise<void> {
    for (const { entry, target, draft, codec } of this.#compressed) {
      await this.#inflate(draft.path, entry, codec, target);
      await this.#drop(draft);
    }
  }

  async takeCompressed(): Promise<void> {
    const path = this.#from;
    const target = this.#targetOf(path);
    const codec = target === undefined ? undefined : await codecOfFile(path);
    if (target === undefined || codec === undefined) return;
    await this.#inflate(path, path, codec, target);
  }

  /** Whatever ends the work: no half-written file stays. */
  async close(): Promise<void> {
    for (const draft of this.#drafts) await draft.discard();
  }

  async #inflate(path: string, entry: string, codec: StreamCodec, target: Target): Promise<void> {
    const { signal, onProgress } = this.#request;
    const total = { end: undefined as number | undefined };
    const onRead = (done: number): void => onProgress?.(done, total.end ?? done);
    const draft = await this.#draft();
    const chunks = decompressChunks(codec, fileChunks(path, { signal, onRead }), entry);
    const outcome = await this.#copy(chunks, entry, target, draft);
    if (outcome === undefined) await this.#keep(entry, target, draft);
    else await this.#drop(draft);
  }

  /** @returns the codec where the content turns out to be compressed */
  async #copy(
    content: AsyncIterable<Uint8Array>,
    entry: string,
    target: Target,
    draft: CacheDraft,
  ): Promise<StreamCodec | 'refused' | undefined> {
    const early = new EarlyBuildId();
    let codec: StreamCodec | undefined;
    try {
      for await (const piece of content) {
        if (draft.size === 0) {
          const found = findCodec(piece);
          codec = found === 'lzma' ? undefined : found;
        }
        if (draft.size + piece.length > target.limit) {
          throw new PackageError(`${entry} decompresses to more than ${target.limit} bytes`);
        }
        if (target.module === undefined) {
          early.push(draft.size, piece);
          this.#checkEarly(early.found);
        }
        await draft.write(piece);
      }
    } catch (error) {
      if (!(error instanceof NotWanted)) throw error;
      this.#refuse(entry, early.found, error.message);
      this.#isOtherKernel = true;
      return 'refused';
    }
    return codec;
  }

  #checkEarly(buildId: string | undefined): void {
    const { kernel, override } = this.#request;
    if (buildId === undefined || kernel.buildId === undefined || override === true) return;
    if (buildId === kernel.buildId) return;
    throw new NotWanted(
      `has build-id ${buildId}, the dump's is ${kernel.buildId} (release ${kernel.release})`,
    );
  }

  async #keep(entry: string, target: Target, draft: CacheDraft): Promise<void> {
    const { kernel, override, trusted = true } = this.#request;
    let probe: Probe;
    try {
      probe = probeDebugFile(draft.path);
    } catch (error) {
      if (!(error instanceof FaultError) && !(error instanceof OpenError)) throw error;
      this.#refuse(entry, undefined, `cannot be read: ${error.message}`);
      return this.#drop(draft);
    }
    const { module } = target;
    let verdict: Match =
      module === undefined
        ? matchKernel(probe, kernel, trusted)
        : matchModule(probe, module, kernel.release, trusted);
    let overridden: string | undefined;
    if (!verdict.ok && override === true && module === undefined && !probe.isModule) {
      overridden = verdict.reason;
      verdict = { ok: true, match: 'override' };
    }
    const { buildId } = probe;
    if (!verdict.ok || buildId === undefined) {
      const reason = verdict.ok ? 'has no build-id to keep it under' : verdict.reason;
      this.#refuse(entry, buildId, reason);
      return this.#drop(draft);
    }
    const { match, doubt, uncompared = false } = verdict;
    // What was taken in spite of its build-id answers for no dump that has that build-id.
    const suffix = match === 'override' ? '.override' : '';
    const origin = await originOf(this.#from, entry, kernel.release);
    const path = await draft.commit(buildId, `${cacheNameOf(module?.name)}${suffix}`, origin);
    this.#drafts.delete(draft);
    const { hasDwarf } = probe;
    const kept = { path, entry, buildId, match, hasDwarf, origin };
    const file = { ...kept, module: module?.name, doubt, uncompared, overridden };
    this.found.push(file);
    if (module === undefined) this.#wantsVmlinux = false;
    else this.#modules.delete(module.name);
    this.#request.onFound?.(file);
  }

  #targetOf(path: string): Target | undefined {
    const name = debuginfoNameOf(path);
    if (name?.kind === 'vmlinux') {
      if (!this.#wantsVmlinux || ++this.#tries > MAX_TRIES) return undefined;
      return { module: undefined, limit: MAX_VMLINUX };
    }
    const module = name === undefined ? undefined : this.#modules.get(name.name);
    return module === undefined ? undefined : { module, limit: MAX_MODULE };
  }

  #refuse(entry: string, buildId: string | undefined, reason: string): void {
    this.refused.push({ entry, buildId, reason });
  }

  async #draft(): Promise<CacheDraft> {
    const draft = await this.#request.cache.draft();
    this.#drafts.add(draft);
    return draft;
  }

  async #drop(draft: CacheDraft): Promise<void> {
    this.#drafts.delete(draft);
    await draft.discard();
  }
}

/** Under which name the cache keeps a kernel's or a module's debuginfo. */
export function cacheNameOf(module: string | undefined): string {
  return module === undefined ? 'vmlinux' : `${module}.ko`;
}

async function codecOfFile(path: string): Promise<StreamCodec | undefined> {
  for await (const head of fileChunks(path)) {
    const codec = findCodec(head);
    return codec === 'lzma' ? undefined : codec;
  }
  return undefined;
}
