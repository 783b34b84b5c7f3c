import { dirname, join, resolve } from 'node:path';
import { FaultError } from '../../engine/base/fault.ts';
import { findSplitUnit } from '../../engine/debuginfo/dwarf/split-units.ts';
import {
  compressedSectionsOf,
  debugFileOf,
  type DebugFile,
} from '../../engine/debuginfo/elf-debug-file.ts';
import {
  findSupplementaryId,
  findSupplementaryLink,
  type SupplementaryLink,
} from '../../engine/debuginfo/elf-links.ts';
import { openElf } from '../../engine/debuginfo/elf.ts';
import { OpenError } from '../../engine/dump/open-error.ts';
import type { CacheFolder } from '../cache-folder.ts';
import { isFile } from '../is-file.ts';
import { openByteSource } from '../open-byte-source.ts';
import { PackageError } from '../packages/package-error.ts';
import { InflateLimitError, inflateSections } from './inflate-sections.ts';
import { placesOf } from './places.ts';

export interface OpenDebugFileOptions {
  /** For large compressed sections; without it they are inflated into memory. */
  readonly cache?: CacheFolder | undefined;
  /** Of a module: where its sections lie in the dump, by name. */
  readonly sectionAddress?: ((name: string) => bigint | undefined) | undefined;
  /** Folders of the user's, for a dwz file. */
  readonly folders?: readonly string[] | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of compressed sections that may be inflated; InflateLimitError for more. */
  readonly inflateLimit?: number | undefined;
  readonly root?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** A debug file open for reading; close() ends all its sections. */
export interface OpenedDebugFile extends DebugFile {
  readonly path: string;
  /** What is missing or odd: a dwz file that was not found. */
  readonly warnings: readonly string[];
  close(): void;
}

/**
 * Opens vmlinux, a module's file or a split debug file. Only headers are read, unless sections are
 * compressed: those are inflated first (see inflateSections).
 * @throws OpenError, FaultError for what is no ELF file; PackageError for damaged compressed
 *   sections; the signal's reason
 */
export async function openDebugFile(
  path: string,
  options: OpenDebugFileOptions = {},
): Promise<OpenedDebugFile> {
  return openWithParents(path, options, []);
}

/** @param parents ids of files that refer to this one: a dwz file has no dwz file */
async function openWithParents(
  path: string,
  options: OpenDebugFileOptions,
  parents: readonly string[],
): Promise<OpenedDebugFile> {
  const closers: (() => void)[] = [];
  const close = (): void => {
    for (const closer of closers.splice(0)) closer();
  };
  try {
    const source = openByteSource(path);
    closers.push(() => source.close());
    const elf = openElf(source);
    const compressed = compressedSectionsOf(elf);
    const { cache, onProgress, signal, sectionAddress } = options;
    const buildId = elf.findBuildId();
    const inflated = await inflateSections(path, compressed, {
      cache,
      buildId,
      onProgress,
      signal,
      limit: options.inflateLimit,
    });
    closers.push(() => inflated.file?.close());
    const warnings: string[] = [];
    const link = parents.length === 0 ? findSupplementaryLink(elf) : undefined;
    const sup = link === undefined ? undefined : await openSupplementary(path, link, options);
    if (link !== undefined && sup === undefined) {
      warnings.push(
        `${path} shares debuginfo with ${link.path} (build-id ${link.buildId}), which was not found: parts of it are missing.`,
      );
    }
    if (sup !== undefined) closers.push(() => sup.close());
    const file = debugFileOf(elf, {
      sectionAddress,
      inflated: inflated.sections,
      sup: sup?.dwarf,
      isSupplementary: parents.length > 0,
    });
    const split = file.dwarf && findSplitUnit(file.dwarf);
    if (split !== undefined) {
      warnings.push(
        `${path} was built with -gsplit-dwarf (CONFIG_DEBUG_INFO_SPLIT): its types, functions and variables are in .dwo files (${split}, …) or a .dwp file, which are not read. Without them it gives source lines at most.`,
      );
    }
    return { ...file, path, warnings, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The dwz file: where the link says, then trees by build-id. Only the right build-id will do. */
async function openSupplementary(
  path: string,
  { path: linked, buildId }: SupplementaryLink,
  options: OpenDebugFileOptions,
): Promise<OpenedDebugFile | undefined> {
  const { folders, root = '/', env } = options;
  const trees = placesOf({ release: '', folders, root, env }).flatMap((place) =>
    place.kind === 'by-id' ? place.pathsOf(buildId) : [],
  );
  const fileName = linked.slice(linked.lastIndexOf('/') + 1);
  const candidates = [
    // The link is hostile input: it names no other machine (a UNC path).
    ...(/^[\\/]{2}/.test(linked) ? [] : [resolve(dirname(path), linked)]),
    ...trees,
    join(dirname(path), fileName),
    join(root, 'usr/lib/debug/.dwz', fileName),
  ];
  for (const candidate of candidates) {
    try {
      if (!hasId(candidate, buildId)) continue;
      const opened = await openWithParents(candidate, options, [path]);
      if (opened.dwarf !== undefined) return opened;
      opened.close();
    } catch (error) {
      const isDamage = [OpenError, FaultError, PackageError].some((kind) => error instanceof kind);
      if (!isDamage || error instanceof InflateLimitError) throw error;
    }
  }
  return undefined;
}

/** Before anything of it is inflated. No device is opened, whatever the link says. */
function hasId(path: string, id: string): boolean {
  if (!isFile(path)) return false;
  const source = openByteSource(path);
  try {
    const elf = openElf(source);
    return [elf.findBuildId(), findSupplementaryId(elf)].includes(id);
  } finally {
    source.close();
  }
}
