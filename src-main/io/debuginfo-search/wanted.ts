import type { CompareSymbols } from '../../engine/program/symbol-agreement.ts';
import type { DebuginfoPart } from '../../../src-shared/contract/index.ts';

/** What a dump says about the kernel whose debuginfo is looked for. */
export interface WantedKernel {
  /** `uname -r` */
  readonly release: string;
  /** Hex; from VMCOREINFO or the notes in memory. Without it only what the user names can match. */
  readonly buildId?: string | undefined;
  /** `linux_banner`, "Linux version 6.1.0-56-cloud-amd64 (…) … #1 SMP …". */
  readonly banner?: string | undefined;
  /** Compares functions of a file with the dump's own symbols. */
  readonly compare?: CompareSymbols | undefined;
}

/** What a dump says about a loaded module. */
export interface WantedModule {
  readonly name: string;
  /** Hex; from the module's notes in memory. */
  readonly buildId?: string | undefined;
  readonly srcversion?: string | undefined;
  readonly compare?: CompareSymbols | undefined;
}

/**
 * What a file was accepted for. `build-id` proves it; `banner` (same compiler, build number and
 * date) and `srcversion` (same sources) are strong; `release` is taken only from files that the
 * user named, and `override` is the user's word against what the file says.
 */
export type MatchKind = DebuginfoPart['match'];

export type Match =
  | {
      readonly ok: true;
      readonly match: MatchKind;
      /** What of its content does not agree with the dump, though it is used. */
      readonly doubt?: string | undefined;
      /** It has no functions that could be compared with the dump's. */
      readonly uncompared?: boolean;
    }
  | { readonly ok: false; readonly reason: string };
