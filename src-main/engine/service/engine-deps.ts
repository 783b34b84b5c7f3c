import type { FileIdentity, HashProgress } from '../../../src-shared/contract/index.ts';
import type { Disassembler } from '../arch/disassembler.ts';
import type { ByteSource, Decompressors } from '../base/byte-source.ts';
import type { DwarfSections } from '../debuginfo/dwarf/sections.ts';
import type { KernelIdentity, ModuleIdentity } from '../program/build-identity.ts';

/** What the engine needs of the world; io/ supplies it, tests supply arrays. */
export interface EngineDeps {
  /**
   * Opens files for reading, in the order given.
   * @throws Error with a sentence naming the file (missing, no permission, a directory, empty)
   */
  openSources(paths: readonly string[]): readonly ByteSource[];
  closeSources(sources: readonly ByteSource[]): void;
  codecs(): Promise<Decompressors>;
  /** Machine code to text; loaded when first asked for. */
  disassembler?(): Promise<Disassembler>;
  /** Looks for debuginfo of a kernel and its modules, and opens what matches. */
  findDebuginfo(wanted: DebuginfoWanted): Promise<FoundDebuginfo>;
  /** Size, mtime and SHA-256, reading the files in pieces. */
  identify(
    paths: readonly string[],
    onProgress: (progress: HashProgress) => void,
    signal: AbortSignal | undefined,
  ): Promise<readonly FileIdentity[]>;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Lets waiting messages (a cancel) in. */
  pause(): Promise<void>;
}

/** What the dump says about the debuginfo it needs. */
export interface DebuginfoWanted extends KernelIdentity {
  readonly modules: readonly (ModuleIdentity & {
    /** Where a section was loaded, by name. */
    readonly sectionAddress: (name: string) => bigint | undefined;
  })[];
  readonly dumpPath: string;
  /** Files, folders and packages the user named. */
  readonly given: readonly string[];
  readonly onProgress: (text: string, fraction: number) => void;
  readonly signal: AbortSignal | undefined;
}

export interface OpenedDebugFile {
  /** `vmlinux`, or the module's name. */
  readonly name: string;
  readonly path: string;
  /** What it was accepted for: `build-id`, …, `override`. */
  readonly match: string;
  /** Undefined: symbols only. */
  readonly dwarf: DwarfSections | undefined;
}

export interface FoundDebuginfo {
  readonly files: readonly OpenedDebugFile[];
  /** Each thing asked for that could not be had, a full sentence. */
  readonly problems: readonly string[];
  close(): void;
}
