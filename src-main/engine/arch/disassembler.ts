/** One machine instruction as text. */
export interface Disassembled {
  /** Bytes. */
  readonly length: number;
  readonly mnemonic: string;
  /** AT&T syntax, as the disassembler writes it. */
  readonly operands: string;
}

/** Machine code to text; supplied by io/, tests supply tables. */
export interface Disassembler {
  /** E.g. `capstone 5.0`. */
  readonly name: string;
  /**
   * Instructions from the first byte on, up to the end or to bytes that are none: those are left out,
   * with what follows.
   * @param address of the first byte; branch targets are absolute
   */
  disassemble(bytes: Uint8Array, address: bigint): readonly Disassembled[];
}
