import type { VirtAddr } from '../base/address.ts';

export type OrcRegister =
  | 'undefined'
  | 'prev-sp'
  | 'dx'
  | 'di'
  | 'bp'
  | 'sp'
  | 'r10'
  | 'r13'
  | 'bp-indirect'
  | 'sp-indirect'
  | 'invalid';

/** How to find the caller's frame at one address, whatever the kernel's version of the format. */
export interface OrcEntry {
  readonly spReg: OrcRegister;
  readonly spOffset: number;
  readonly bpReg: OrcRegister;
  readonly bpOffset: number;
  /** `undefined`: no unwind information, the walk cannot go on; `end`: the outermost frame. */
  readonly type: 'call' | 'regs' | 'regs-partial' | 'undefined' | 'end';
  /** True where the next frame's address is of the interrupted instruction, not a return address. */
  readonly signal: boolean;
}

/** Meaning of the bits of `struct orc_entry`, see {@link orcLayoutOf}. */
export interface OrcLayout {
  /** `types`: decided by the members of struct orc_entry; `guess`: no type information. */
  readonly source: 'types' | 'guess';
  readonly entrySize: number;
}

/** Reads memory of the dump (or an array in tests). @throws FaultError */
export interface OrcMemory {
  readInto(address: VirtAddr, target: Uint8Array): void;
}

export interface OrcTableLocation {
  /** __start_orc_unwind_ip / mod->arch.orc_unwind_ip: int32, each relative to its own address. */
  readonly ipTable: VirtAddr;
  /** __start_orc_unwind / mod->arch.orc_unwind. */
  readonly entries: VirtAddr;
  readonly count: number;
}

/** ORC table in the dump's memory; reads only the blocks a binary search touches, and keeps them. */
export interface OrcTable {
  readonly count: number;
  /**
   * Entry that covers an address; undefined before the first entry.
   * @throws FaultError when the table's page is missing
   */
  find(address: VirtAddr): OrcEntry | undefined;
}
