/** A file, folder or package with debuginfo that the user named. */
export interface GivenDebuginfo {
  readonly path: string;
  /** Take it though it is of another build. Recorded in what is found, and told with every answer. */
  readonly override?: boolean;
}

/** What a session knows of its debuginfo: what it needs, has, and where it looked. */
export interface DebuginfoInfo {
  readonly wanted: {
    /** `uname -r` */
    readonly release: string | undefined;
    /** Hex; undefined where the dump does not tell. */
    readonly buildId: string | undefined;
  };
  /** What the user named, as it was asked for. */
  readonly given: readonly GivenDebuginfo[];
  /** The usual places were searched, too. */
  readonly searched: boolean;
  /** In use: vmlinux first. */
  readonly parts: readonly DebuginfoPart[];
  /** Everything that was looked at, in order; of very many answers the telling ones. */
  readonly steps: readonly DebuginfoStep[];
  /** Answers that are not in `steps`. */
  readonly stepsLeftOut: number;
  /** Loaded modules without debuginfo, and how many are loaded. */
  readonly missingModules: readonly string[];
  readonly moduleCount: number;
  /** How to get what is missing, the likeliest system first; empty where vmlinux is there. */
  readonly advice: readonly DebuginfoWay[];
  /** Who answers for types: `BTF in the dump, …`, `DWARF of vmlinux`. */
  readonly types: string;
  /** Where a file of another build is in use: the sentence that goes with every answer. */
  readonly override: string | undefined;
  /** Milliseconds that search and opening took. */
  readonly tookMs: number;
}

export interface DebuginfoPart {
  /** `vmlinux`, or the module's name. */
  readonly name: string;
  readonly path: string;
  /** What it was accepted for; `override`: against its build-id, on the user's word. */
  readonly match: 'build-id' | 'banner' | 'srcversion' | 'release' | 'override';
  readonly buildId: string | undefined;
  /** The place that had it. */
  readonly how: string;
  /** False: symbols only, which answer nothing here. */
  readonly hasDwarf: boolean;
  /** Where `path` is in the cache: what it was taken out of, as far as that was noted. */
  readonly origin?: DebuginfoOrigin | undefined;
}

/** The package or compressed file that a file of the cache was taken out of, as it was then. */
export interface DebuginfoOrigin {
  readonly path: string;
  /** In the package. */
  readonly entry: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/** One question and its answer. */
export interface DebuginfoStep {
  readonly place: string;
  /** `vmlinux`, a module's name, or `modules` for all of them. */
  readonly what: string;
  /** `skipped`: it would take long, and is opened when the user names it. */
  readonly outcome: 'found' | 'absent' | 'mismatch' | 'no-debuginfo' | 'unreadable' | 'skipped';
  readonly message: string;
  /** A file that can be named in the next request. */
  readonly path?: string | undefined;
  readonly buildId?: string | undefined;
}

/** How one system hands debuginfo out. */
export interface DebuginfoWay {
  readonly system: string;
  /** The release has the form of this system's. */
  readonly isLikely: boolean;
  /** Shell commands; the package they fetch need not be installed. */
  readonly commands: readonly string[];
  /** The file to name afterwards. */
  readonly gives: string;
  /** What must be true before. */
  readonly needs: string | undefined;
}

export interface AttachDebuginfoRequest {
  readonly session: string;
  /** All that is named from now on; empty, with `search` false: back to the dump alone. */
  readonly given: readonly GivenDebuginfo[];
  /** Look in the usual places, too (default true). */
  readonly search?: boolean;
}
