import type {
  DebuginfoPart,
  DebuginfoStep,
  DebuginfoWay,
  FileIdentity,
  GivenDebuginfo,
  HashProgress,
} from '../../../src-shared/contract/index.ts';
import type { Disassembler } from '../arch/disassembler.ts';
import type { ByteSource, Decompressors } from '../base/byte-source.ts';
import type { NameIndex } from '../debuginfo/dwarf/name-index.ts';
import type { DwarfSections } from '../debuginfo/dwarf/sections.ts';
import type { SymbolTable } from '../debuginfo/symbol-table.ts';
import type { Gunzip } from '../kernel/ikconfig.ts';
import type { FindSymbolFile, ReadModuleSymbols } from '../program/debug-info.ts';
import type { SourcesWanted, SourceTree } from '../program/source-tree.ts';
import type { CompareSymbols } from '../program/symbol-agreement.ts';
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
  gunzip?: Gunzip;
  /** Looks for debuginfo of a kernel and its modules, and opens what matches. */
  findDebuginfo(wanted: DebuginfoWanted): Promise<FoundDebuginfo>;
  /** Opens places with source text; one that cannot be used says so. @throws the signal's reason */
  openSourceTree(wanted: SourcesWanted): Promise<SourceTree>;
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
  /** Compares functions of a vmlinux with the dump's own. */
  readonly compare?: CompareSymbols;
  readonly modules: readonly (ModuleIdentity & {
    readonly compare?: CompareSymbols;
    /** Where a section was loaded, by name. */
    readonly sectionAddress: (name: string) => bigint | undefined;
  })[];
  readonly dumpPath: string;
  readonly given: readonly GivenDebuginfo[];
  /** Look in the usual places, too; nothing that takes long is done for what is there. */
  readonly search: boolean;
  readonly onProgress: (text: string, fraction: number | undefined) => void;
  readonly signal: AbortSignal | undefined;
}

export interface OpenedDebugFile extends DebuginfoPart {
  /** Undefined: symbols only. */
  readonly dwarf: DwarfSections | undefined;
  /** Of a module: its symbols where it was loaded. @throws FaultError */
  readonly readSymbols?: ReadModuleSymbols | undefined;
  readonly findSymbolFile?: FindSymbolFile | undefined;
  /** Of vmlinux: its symbols, moved by KASLR's slide. @throws FaultError */
  readonly readKernelSymbols?: ((slide: bigint) => SymbolTable | undefined) | undefined;
  /** Of a large file: its index of names, from a cache or made beside the engine's thread. */
  readonly readNames?: ((signal: AbortSignal) => Promise<NameIndex>) | undefined;
}

export interface FoundDebuginfo {
  readonly files: readonly OpenedDebugFile[];
  readonly steps: readonly DebuginfoStep[];
  readonly stepsLeftOut?: number;
  /** Each thing asked for that could not be had, a full sentence. */
  readonly problems: readonly string[];
  /** How to get vmlinux. */
  readonly advice: readonly DebuginfoWay[];
  close(): void;
}
