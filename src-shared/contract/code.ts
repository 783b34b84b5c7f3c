import type { SymbolRef } from './block.ts';
import type { SourceExcerpt } from './source.ts';

/** Machine code as text (`dis`), read from the dump's memory: with everything patched into it. */
export interface CodeBlock {
  readonly type: 'code';
  readonly instructions: readonly CodeInstruction[];
  /** For text: radix of offsets. */
  readonly radix: 10 | 16;
  /** Text of the lines that the instructions name, as far as it can be read. */
  readonly sources?: readonly SourceExcerpt[];
}
export interface CodeInstruction {
  readonly address: bigint;
  /** Function and offset; absent outside of all symbols. */
  readonly symbol?: SymbolRef;
  readonly bytes: Uint8Array;
  /** AT&T syntax; `(bad)` for bytes that are no instruction. */
  readonly mnemonic: string;
  readonly operands: string;
  /** Where a direct call or jump leads, or the memory that the operand names relative to rip. */
  readonly target?: {
    readonly address: bigint;
    readonly symbol?: SymbolRef;
    readonly kind: 'code' | 'data';
  };
  /** What is known of it: `FTRACE NOP`. */
  readonly note?: string;
  /** Source line, where debug information tells it. */
  readonly source?: { readonly file: string; readonly line: number };
}
