import type { CacheDraft, CacheFolder } from '../cache-folder.ts';
import { originOf } from '../cache-origin.ts';
import type { ArchiveEntry } from '../packages/archive-entry.ts';
import { PackageError } from '../packages/package-error.ts';
import { openArchive } from './archive-entries.ts';
import { ContainerWriter } from './container-writer.ts';
import { isArchiveName, isSourceName, parseFileName } from './file-name.ts';
import { MAX_SOURCE_FILE } from './source-store.ts';

export interface ImportOptions {
  readonly cache: CacheFolder;
  /** Under which the container is kept. */
  readonly key: string;
  readonly name: string;
  /** 0..1 of the whole. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Archives inside a package: one, or an original one and what was added. */
const MAX_NESTED = 4;
/** linux-6.1.tar.xz has 135 MB. */
const MAX_NESTED_BYTES = 4 * 2 ** 30;
/** Reading a package that only wraps a compressed archive takes so much of the whole. */
const OUTER_SHARE = 0.15;

/**
 * Keeps the source files of a package or archive in the cache, in one pass; archives inside it are
 * read too, one level deep. All architectures are kept, since a name tells which one it is of; files
 * above {@link MAX_SOURCE_FILE} are not. No path of the archive is ever joined to a folder.
 * @returns path of the container
 * @throws PackageError, CacheFullError, Error with `code`, the signal's reason
 */
export async function importArchive(path: string, options: ImportOptions): Promise<string> {
  const work = new Import(options);
  try {
    await work.readOuter(path);
    await work.readNested();
    const container = await work.finish(path);
    await options.cache.evict();
    return container;
  } finally {
    await work.close();
  }
}

class Import {
  readonly #options: ImportOptions;
  readonly #drafts: CacheDraft[] = [];
  readonly #nested: { readonly path: string; readonly draft: CacheDraft }[] = [];
  /** Known as soon as one begins: most of the package is that one. */
  #hasNested = false;
  /** 0..1, as it was told. */
  #done = 0;
  #writer: ContainerWriter | undefined;
  #container: CacheDraft | undefined;

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  async readOuter(path: string): Promise<void> {
    const entries = await openArchive(path);
    // Whether archives are inside is not known before the first one.
    const share = (): number => (this.#hasNested ? OUTER_SHARE : 1);
    const { signal } = this.#options;
    const onProgress = (done: number, total: number): void => {
      this.#report((done / total) * share());
    };
    for await (const entry of entries({ signal, onProgress })) {
      const name = nameOf(entry);
      if (name !== undefined && isArchiveName(name)) await this.#keepNested(name, entry);
      else await this.#take(name, entry);
    }
  }

  /** Not before the package is closed: the xz decoder serves one stream at a time. */
  async readNested(): Promise<void> {
    const { signal } = this.#options;
    for (const [i, { path, draft }] of this.#nested.entries()) {
      const onProgress = (done: number, total: number): void => {
        const inner = (i + done / total) / this.#nested.length;
        this.#report(OUTER_SHARE + inner * (1 - OUTER_SHARE));
      };
      const entries = await openArchive(draft.path, path);
      for await (const entry of entries({ signal, onProgress })) {
        const name = nameOf(entry);
        await this.#take(name === undefined ? undefined : `${path}:/${name}`, entry);
      }
      await draft.discard();
    }
  }

  async finish(path: string): Promise<string> {
    const { key, name } = this.#options;
    if (this.#writer === undefined || this.#container === undefined) {
      throw new PackageError(`${name} has no source files in it`);
    }
    await this.#writer.finish();
    const origin = await originOf(path, '', undefined);
    return this.#container.commit(key, `${name}.sources`, origin);
  }

  /** Whatever ends the work: nothing half-written stays. */
  async close(): Promise<void> {
    for (const draft of this.#drafts) await draft.discard();
  }

  async #take(name: string | undefined, entry: ArchiveEntry): Promise<void> {
    if (name === undefined || !isSourceName(name) || entry.size > MAX_SOURCE_FILE) return;
    this.#container ??= await this.#draft();
    this.#writer ??= new ContainerWriter(this.#container);
    await this.#writer.add(name, entry.content());
  }

  async #keepNested(path: string, entry: ArchiveEntry): Promise<void> {
    if (this.#nested.length >= MAX_NESTED || entry.size > MAX_NESTED_BYTES) return;
    this.#hasNested = true;
    const draft = await this.#draft();
    await draft.reserve(entry.size);
    for await (const piece of entry.content()) await draft.write(piece);
    this.#nested.push({ path, draft });
  }

  async #draft(): Promise<CacheDraft> {
    const draft = await this.#options.cache.draft();
    this.#drafts.push(draft);
    return draft;
  }

  /** Never less than before: the share of what is outside may be known late. */
  #report(fraction: number): void {
    this.#done = Math.min(1, Math.max(this.#done, fraction));
    this.#options.onProgress?.(this.#done);
  }
}

/** `./usr/src/linux/kernel/exit.c` without what its parts do not need. */
function nameOf({ path }: ArchiveEntry): string | undefined {
  return parseFileName(path)?.parts.join('/');
}
