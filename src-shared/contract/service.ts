import type { Block, MemoryRange, MemorySpace, SymbolRef } from './block.ts';
import type { Absent } from './cell.ts';
import type { AttachDebuginfoRequest, DebuginfoInfo } from './debuginfo.ts';
import type { SourceText } from './frame.ts';
import type { AttachSourcesRequest, SourcePlace, SourceRequest } from './source.ts';

/**
 * The engine as its hosts and the window see it. One implementation (src-main/engine/service),
 * one client proxy, one dispatcher; transports only carry messages.
 */
export interface EngineService {
  /** Opens a dump (several paths make a split set). Reports phases through `onProgress`. */
  open(request: OpenRequest, call?: CallOptions<OpenProgress>): Promise<SessionInfo>;
  close(request: { readonly session: SessionId }): Promise<void>;
  /**
   * Opens debuginfo for a session, or lets go of it. Every answer may be another one afterwards;
   * when it fails or is cancelled, the session stays as it was.
   */
  attachDebuginfo(
    request: AttachDebuginfoRequest,
    call?: CallOptions<OpenProgress>,
  ): Promise<SessionInfo>;
  /** Reads source text from these places from now on; when it is cancelled, all stays as it was. */
  attachSources(
    request: AttachSourcesRequest,
    call?: CallOptions<OpenProgress>,
  ): Promise<SessionInfo>;
  /** Lines of a source file; why there are none is a sentence. */
  readSource(request: SourceRequest): Promise<SourceText | Absent>;
  /**
   * Runs one command line of crash's grammar. When `streamed`, each block goes to `onProgress` as it
   * is made, and the result has none: nobody keeps, or sends twice, what may be hundreds of MB.
   */
  run(request: RunRequest, call?: CallOptions<Block>): Promise<RunResult>;
  /** For the hexdump: at most 64 KiB a call. Never throws for unreadable bytes: spans say why. */
  readMemory(request: MemoryRequest): Promise<MemoryRange>;
  /** Resolves what a person types in a go-to box: hex address, symbol[+offset], pid. */
  resolve(request: { readonly session: SessionId; readonly text: string }): Promise<Resolution>;
  /** Names starting with (then containing) `prefix`: symbols, commands, types, tasks. */
  complete(request: CompleteRequest): Promise<readonly Completion[]>;
  /** Describes addresses (symbol, stack, task, slab, …), for links and tooltips. */
  describe(request: {
    readonly session: SessionId;
    readonly addresses: readonly bigint[];
  }): Promise<readonly AddressInfo[]>;
  /** Size, mtime and SHA-256 of the files; the hash runs in the background with progress. */
  identify(
    request: { readonly session: SessionId },
    call?: CallOptions<HashProgress>,
  ): Promise<readonly FileIdentity[]>;
  /**
   * Regions worth scrolling through, ascending: of the kernel's virtual space, or of `space` (RAM
   * ranges; the VMAs of a task). Empty when the engine cannot say.
   */
  regions(request: {
    readonly session: SessionId;
    readonly space?: MemorySpace;
  }): Promise<readonly AddressRegion[]>;
  commands(): Promise<readonly CommandInfo[]>;
}

export type SessionId = string;

export interface CallOptions<P> {
  readonly onProgress?: (progress: P) => void;
  readonly signal?: AbortSignal;
}

export interface OpenRequest {
  /** File paths as the user gave them. */
  readonly paths: readonly string[];
  /** Files, folders or packages with debuginfo: vmlinux, modules. Matched by build-id. */
  readonly debuginfo?: readonly string[];
  /** More of these, to be taken even if they are of another build: told with every answer. */
  readonly override?: readonly string[];
  /** Look for debuginfo in the usual places, too (default true); packages are not opened by that. */
  readonly search?: boolean;
  /** Source trees, packages or tarballs: each `PATH`, or `PREFIX=PATH` for names with that prefix. */
  readonly sources?: readonly string[];
}
export interface OpenProgress {
  readonly phase:
    | 'file'
    | 'vmcoreinfo'
    | 'page-tables'
    | 'symbols'
    | 'types'
    | 'modules'
    | 'tasks'
    | 'debuginfo'
    | 'sources';
  readonly text: string;
  /** 0..1, where it can be said. */
  readonly fraction?: number;
}

/** What opening found; enough to say why a view will be missing. */
export interface SessionInfo {
  readonly session: SessionId;
  readonly files: readonly string[];
  readonly format: string;
  readonly release: string | undefined;
  readonly machine: string;
  /** Milliseconds the opening took inside the engine. */
  readonly openedInMs: number;
  /** Each thing the views need, whether it is there, and from where or why not. */
  readonly capabilities: readonly Capability[];
  /** Each choice made at open with its evidence: KASLR offset, phys_base, type source, … */
  readonly decisions: readonly Decision[];
  readonly warnings: readonly string[];
  readonly debuginfo: DebuginfoInfo;
  /** Where source text is read, in the order given. */
  readonly sources: readonly SourcePlace[];
}
export interface Capability {
  readonly name:
    'memory' | 'page-tables' | 'symbols' | 'types' | 'modules' | 'unwind' | 'tasks' | 'log';
  readonly ok: boolean;
  /** Source when ok (`kallsyms in the dump, 120345 symbols`), reason when not. */
  readonly how: string;
}
export interface Decision {
  readonly what: string;
  readonly value: string;
  readonly evidence: string;
}

export interface RunRequest {
  readonly session: SessionId;
  /** E.g. `bt -a`, `ps | `-less; one command. */
  readonly line: string;
  readonly streamed?: boolean;
}
export interface RunResult {
  readonly blocks: readonly Block[];
  /** Set when the command failed; what came before is in `blocks`. */
  readonly error?: ErrorInfo;
}
export interface ErrorInfo {
  /** `usage`: the command line is wrong; `fault`: memory/types/symbols missing; `cancelled`; `open`: the file cannot be opened; `internal`: a bug; `protocol`: a call that is malformed or not known; `gone`: the session, its engine or the host is gone. */
  readonly kind: 'usage' | 'fault' | 'cancelled' | 'open' | 'internal' | 'protocol' | 'gone';
  readonly message: string;
}

export interface MemoryRequest {
  readonly session: SessionId;
  readonly space: MemorySpace;
  readonly address: bigint;
  readonly length: number;
}

export type Resolution =
  | { readonly kind: 'address'; readonly address: bigint; readonly symbol?: SymbolRef }
  | { readonly kind: 'task'; readonly pid: number; readonly task: bigint; readonly command: string }
  | { readonly kind: 'none'; readonly why: string };

export interface CompleteRequest {
  readonly session: SessionId;
  readonly prefix: string;
  readonly limit: number;
  /**
   * The command line up to and with `prefix`, its last word: then only what can stand there, each
   * `text` the whole word; options and members, too.
   */
  readonly line?: string;
}
export interface Completion {
  readonly kind: 'symbol' | 'command' | 'type' | 'task' | 'member' | 'option';
  readonly text: string;
  readonly detail: string;
  readonly address?: bigint;
  readonly pid?: number;
}

export interface AddressInfo {
  readonly address: bigint;
  /** E.g. `kernel text`, `module`, `task stack`, `direct map`, `vmalloc`, `user`, `none`. */
  readonly kind: string;
  readonly label: string;
  readonly symbol?: SymbolRef;
  readonly pid?: number;
}

export interface FileIdentity {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
  readonly sha256: string;
}
export interface HashProgress {
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

export interface AddressRegion {
  readonly name: string;
  readonly start: bigint;
  /** Inclusive. */
  readonly end: bigint;
  readonly note: string;
}

export interface CommandInfo {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  /** Full help text, our own words. */
  readonly help: readonly string[];
}
