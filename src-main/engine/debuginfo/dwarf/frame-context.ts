import type { DieRef } from './unit.ts';

/** The registers and memory of one frame, as the unwinder knows them; addresses are the dump's. */
export interface FrameContext {
  /** Link-time address (of `debugInfo`) that scopes and lists are searched for: of a call frame the return address minus one. */
  readonly lookupAddress: bigint;
  /** The dump's address of a link-time address of the frame's file (KASLR; per-CPU offsets stay). */
  relocate(address: bigint): bigint;
  /** By DWARF's number; undefined when its value in this frame is not known. */
  register(register: number): bigint | undefined;
  /** Why a register is not known, a sentence without full stop that names it. */
  whyUnknown?(register: number): string;
  /** The stack pointer of the caller before the call; undefined when not known. */
  readonly cfa: bigint | undefined;
  /** Exactly `length` bytes. @throws FaultError */
  read(address: bigint, length: number): Uint8Array;
  /** Machine code; undefined where the dump has none. Without it only debug information tells of calls. */
  readCode?(address: bigint, length: number): Uint8Array | undefined;
  /** The function that begins at, or has, an address, in whichever file describes it. */
  functionAt?(address: bigint): CodeFunction | undefined;
  /**
   * The frame that called this one's real function, for values at its entry. Undefined when not
   * known, and when an interrupt or exception entered this frame: nobody called it.
   */
  caller(): CallerContext | undefined;
}

/** A function with code. */
export interface CodeFunction {
  /** Its DW_TAG_subprogram. */
  readonly die: DieRef;
  /** As {@link FrameContext.relocate}, of its file. */
  readonly relocate: (address: bigint) => bigint;
}

export interface CallerContext {
  readonly frame: FrameContext;
  /** Call sites of the caller's file; undefined when it has no debug information. */
  readonly callSites: CallSites | undefined;
}

/** Finds the call that returns to an address. */
export interface CallSites {
  /** @param returnAddress link-time. @throws FaultError `corrupt` */
  findCallSite(returnAddress: bigint): CallSite | undefined;
}

/** DW_TAG_call_site (DWARF 5) or DW_TAG_GNU_call_site. */
export interface CallSite {
  readonly die: DieRef;
  /** The function called (the end of its chain of origins), when the call is direct. */
  readonly target: CallTarget | undefined;
  /** Of an indirect call: expression of the address called, in the caller's frame. */
  readonly targetExpression: Uint8Array | undefined;
  /** Subprogram of the caller, for its frame base. */
  readonly subprogram: DieRef;
  readonly parameters: readonly CallSiteParameter[];
}
export interface CallTarget {
  readonly die: DieRef;
  readonly name: string | undefined;
}
export interface CallSiteParameter {
  /** Expression of the place in the callee, e.g. DW_OP_reg5. */
  readonly location: Uint8Array;
  /** Expression of the value, in the caller's frame. */
  readonly value: Uint8Array;
}
