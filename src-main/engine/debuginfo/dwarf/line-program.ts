import type { LineHeader } from './line-header.ts';

/** Rows of one line program, struct of arrays in the order of the program. */
export interface LineRows {
  readonly count: number;
  /** Signed doubles. */
  readonly addresses: Float64Array;
  readonly files: Uint32Array;
  readonly lines: Uint32Array;
  readonly columns: Uint16Array;
  /** {@link LINE_FLAG} */
  readonly flags: Uint8Array;
}

export const LINE_FLAG = { isStmt: 1, endSequence: 2 } as const;

const DW_LNS = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStmt: 6,
  setBasicBlock: 7,
  constAddPc: 8,
  fixedAdvancePc: 9,
  setPrologueEnd: 10,
  setEpilogueBegin: 11,
  setIsa: 12,
} as const;
const DW_LNE = { endSequence: 1, setAddress: 2, defineFile: 3, setDiscriminator: 4 } as const;

/**
 * Runs a line program. Every row takes at least one byte of it, so that its length bounds the rows.
 * @throws FaultError `corrupt`
 * @source DWARF 5, 6.2.5 "The Line Number Program"
 */
export function runLineProgram(header: LineHeader): LineRows {
  const rows = new RowBuilder();
  const machine = new LineMachine(header, rows);
  const { program, opcodeBase } = header;
  while (!program.atEnd) {
    const opcode = program.u8();
    if (opcode >= opcodeBase) machine.special(opcode - opcodeBase);
    else if (opcode === 0) machine.extended();
    else machine.standard(opcode);
  }
  return rows.finish();
}

class LineMachine {
  readonly #header: LineHeader;
  readonly #rows: RowBuilder;
  #address = 0;
  #operation = 0;
  #file = 1;
  #line = 1;
  #column = 0;
  #isStmt: boolean;

  constructor(header: LineHeader, rows: RowBuilder) {
    this.#header = header;
    this.#rows = rows;
    this.#isStmt = header.defaultIsStmt;
  }

  special(adjusted: number): void {
    const { lineBase, lineRange } = this.#header;
    this.#advance(Math.floor(adjusted / lineRange));
    this.#line += lineBase + (adjusted % lineRange);
    this.#emit(0);
  }

  standard(opcode: number): void {
    const { program, opcodeBase, lineRange, opcodeLengths } = this.#header;
    switch (opcode) {
      case DW_LNS.copy:
        this.#emit(0);
        break;
      case DW_LNS.advancePc:
        this.#advance(program.uleb());
        break;
      case DW_LNS.advanceLine:
        this.#line += program.sleb();
        break;
      case DW_LNS.setFile:
        this.#file = program.uleb();
        break;
      case DW_LNS.setColumn:
        this.#column = program.uleb();
        break;
      case DW_LNS.negateStmt:
        this.#isStmt = !this.#isStmt;
        break;
      case DW_LNS.constAddPc:
        this.#advance(Math.floor((255 - opcodeBase) / lineRange));
        break;
      case DW_LNS.fixedAdvancePc:
        this.#address += program.u16();
        this.#operation = 0;
        break;
      case DW_LNS.setBasicBlock:
      case DW_LNS.setPrologueEnd:
      case DW_LNS.setEpilogueBegin:
        break;
      default:
        // DW_LNS_set_isa and whatever a later version adds.
        for (let i = 0; i < opcodeLengths[opcode]!; i++) program.skipLeb();
    }
  }

  extended(): void {
    const { program, addressSize } = this.#header;
    const length = program.uleb();
    const end = program.position + length;
    if (length === 0 || end > program.bytes.length) {
      throw program.corrupt('an extended opcode', `one of ${length} bytes`);
    }
    const opcode = program.u8();
    if (opcode === DW_LNE.endSequence) {
      this.#emit(LINE_FLAG.endSequence);
      this.#reset();
    } else if (opcode === DW_LNE.setAddress) {
      const size = length - 1;
      this.#address = program.address(size === 4 || size === 8 ? size : addressSize);
      this.#operation = 0;
    }
    program.position = end;
  }

  #advance(operations: number): void {
    const { minInstructionLength, maxOperations } = this.#header;
    const next = this.#operation + operations;
    this.#address += minInstructionLength * Math.floor(next / maxOperations);
    this.#operation = next % maxOperations;
  }

  #emit(flag: number): void {
    const flags = flag | (this.#isStmt ? LINE_FLAG.isStmt : 0);
    this.#rows.add(this.#address, this.#file, this.#line, this.#column, flags);
  }

  #reset(): void {
    this.#address = 0;
    this.#operation = 0;
    this.#file = 1;
    this.#line = 1;
    this.#column = 0;
    this.#isStmt = this.#header.defaultIsStmt;
  }
}

class RowBuilder {
  #count = 0;
  #addresses = new Float64Array(1024);
  #files = new Uint32Array(1024);
  #lines = new Uint32Array(1024);
  #columns = new Uint16Array(1024);
  #flags = new Uint8Array(1024);

  add(address: number, file: number, line: number, column: number, flags: number): void {
    const at = this.#count++;
    if (at === this.#flags.length) this.#grow();
    this.#addresses[at] = address;
    this.#files[at] = Math.min(file, 0xffffffff);
    this.#lines[at] = line < 0 ? 0 : Math.min(line, 0xffffffff);
    this.#columns[at] = Math.min(column, 0xffff);
    this.#flags[at] = flags;
  }

  finish(): LineRows {
    const count = this.#count;
    return {
      count,
      addresses: this.#addresses.slice(0, count),
      files: this.#files.slice(0, count),
      lines: this.#lines.slice(0, count),
      columns: this.#columns.slice(0, count),
      flags: this.#flags.slice(0, count),
    };
  }

  #grow(): void {
    const length = this.#flags.length * 2;
    const grown = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#addresses = grown(new Float64Array(length), this.#addresses);
    this.#files = grown(new Uint32Array(length), this.#files);
    this.#lines = grown(new Uint32Array(length), this.#lines);
    this.#columns = grown(new Uint16Array(length), this.#columns);
    this.#flags = grown(new Uint8Array(length), this.#flags);
  }
}
