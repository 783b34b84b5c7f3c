import type { StackFrame, SymbolRef } from '../../../src-shared/contract/block.ts';
import type { VirtAddr } from '../base/address.ts';
import type { CfiRow } from '../debuginfo/dwarf/cfi-row.ts';
import type { OrcEntry } from '../debuginfo/orc.ts';

export type StackKind = StackFrame['stack'];

/** A kernel stack, [start, end). */
export interface StackRange {
  readonly kind: StackKind;
  readonly start: bigint;
  readonly end: bigint;
}

/** Code the kernel puts in place of a return address, and the address it replaced. */
export interface ReplacedReturn {
  /** Symbol of the replacement, e.g. `return_to_handler`. */
  readonly hook: string;
  /** Undefined when the original could not be found. */
  readonly original: bigint | undefined;
}

/** What the unwinder needs to know of the crashed machine; tests supply a drawn one. */
export interface UnwindEnvironment {
  /** @throws FaultError */
  readU64(address: VirtAddr): bigint;
  /** @throws FaultError */
  read(address: VirtAddr, length: number): Uint8Array;
  /**
   * ORC entry that covers code of the kernel, a module or an ftrace trampoline.
   * @throws FaultError when the table's page is missing
   */
  orcAt(pc: VirtAddr): OrcEntry | undefined;
  /**
   * Call frame information of debuginfo for code without ORC; undefined where none covers it.
   * @throws FaultError `corrupt`
   */
  cfiAt?(pc: VirtAddr): CfiRow | undefined;
  /** False when the kernel has no ORC tables, or none that can be read. */
  readonly hasOrc: boolean;
  /** Code of the kernel or of a loaded module. */
  isText(pc: VirtAddr): boolean;
  /** The page tables allow execution there: text, or generated code. */
  isExecutable(pc: VirtAddr): boolean;
  symbolAt(pc: VirtAddr): SymbolRef | undefined;
  /** Stacks the task may be on. Empty: not known, then no access is refused. */
  readonly stacks: readonly StackRange[];
  /** False when some stack of its CPU could not be located: then unknown stacks are followed too. */
  readonly stacksComplete: boolean;
  /**
   * ORC_REG_SP_INDIRECT: since 5.12 the word at sp is loaded and the offset added to it; before,
   * the offset was added first. @source commit 87ccc826bf1c "x86/unwind/orc: Change REG_SP_INDIRECT"
   */
  readonly spIndirect: 'load-then-add' | 'add-then-load';
  /** Undefined for an ordinary return address. @param slot where it was read */
  replacedReturn(slot: VirtAddr, address: VirtAddr): ReplacedReturn | undefined;
}
