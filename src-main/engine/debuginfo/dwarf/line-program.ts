import type { DwarfCursor } from './cursor.ts';
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
 * The registers are locals that no closure holds, and what is frequent reads bytes itself: a
 * kernel's units have millions.
 * @throws FaultError `corrupt`
 * @source DWARF 5, 6.2.5 "The Line Number Program"
 */
export function runLineProgram(header: LineHeader): LineRows {
  const { program, opcodeBase, opcodeLengths, defaultIsStmt } = header;
  const { minInstructionLength, maxOperations } = header;
  const { bytes } = program;
  const length = bytes.length;
  const rows = builder;
  rows.begin();
  const special = specialOpcodes(header);
  let at = program.position;
  let address = 0;
  let operation = 0;
  let file = 1;
  let line = 1;
  let column = 0;
  let isStmt = defaultIsStmt;

  while (at < length) {
    const opcode = bytes[at++]!;
    let operations = -1;
    if (opcode >= opcodeBase) {
      operations = special.operations[opcode]!;
      line += special.lines[opcode]!;
    } else {
      switch (opcode) {
        case DW_LNS.copy:
          rows.add(address, file, line, column, flagsOf(isStmt));
          continue;
        case DW_LNS.advanceLine:
          program.position = at;
          line += program.sleb();
          at = program.position;
          continue;
        case DW_LNS.advancePc:
        case DW_LNS.setFile:
        case DW_LNS.setColumn: {
          let operand = bytes[at]!;
          if (operand < 0x80) at++;
          else {
            program.position = at;
            operand = program.uleb();
            at = program.position;
          }
          if (opcode === DW_LNS.setFile) file = operand;
          else if (opcode === DW_LNS.setColumn) column = operand;
          else operations = operand;
          break;
        }
        case DW_LNS.negateStmt:
          isStmt = !isStmt;
          continue;
        case DW_LNS.constAddPc:
          operations = special.operations[255]!;
          break;
        case DW_LNS.fixedAdvancePc:
          program.position = at;
          address += program.u16();
          at = program.position;
          operation = 0;
          continue;
        case DW_LNS.setBasicBlock:
        case DW_LNS.setPrologueEnd:
        case DW_LNS.setEpilogueBegin:
          continue;
        case 0: {
          const { end, kind, operands } = extendedOpcode(program, at);
          at = end;
          if (kind === DW_LNE.endSequence) {
            rows.add(address, file, line, column, flagsOf(isStmt) | LINE_FLAG.endSequence);
            address = operation = column = 0;
            file = line = 1;
            isStmt = defaultIsStmt;
          } else if (kind === DW_LNE.setAddress) {
            program.position = end - operands;
            const given = operands === 4 || operands === 8 ? operands : header.addressSize;
            address = program.address(given);
            operation = 0;
          }
          continue;
        }
        default:
          // DW_LNS_set_isa and whatever a later version adds.
          program.position = at;
          for (let i = 0; i < opcodeLengths[opcode]!; i++) program.skipLeb();
          at = program.position;
          continue;
      }
    }
    if (operations < 0) continue;
    if (maxOperations === 1) address += minInstructionLength * operations;
    else {
      const next = operation + operations;
      address += minInstructionLength * Math.floor(next / maxOperations);
      operation = next % maxOperations;
    }
    if (opcode >= opcodeBase) rows.add(address, file, line, column, flagsOf(isStmt));
  }
  return rows.finish();
}

/**
 * The extended opcode whose length stands at a position.
 * @returns `operands`: bytes behind the opcode, which reach to `end`
 * @throws FaultError `corrupt`
 */
function extendedOpcode(
  program: DwarfCursor,
  at: number,
): { readonly kind: number; readonly operands: number; readonly end: number } {
  program.position = at;
  const size = program.uleb();
  const end = program.position + size;
  if (size === 0 || end > program.bytes.length) {
    throw program.corrupt('an extended opcode', `one of ${size} bytes`);
  }
  return { kind: program.bytes[program.position]!, operands: size - 1, end };
}

function flagsOf(isStmt: boolean): number {
  return isStmt ? LINE_FLAG.isStmt : 0;
}

/** What each special opcode advances, by opcode. @source DWARF 5, 6.2.5.1 */
function specialOpcodes({ opcodeBase, lineBase, lineRange }: LineHeader): {
  readonly operations: Uint8Array;
  readonly lines: Int16Array;
} {
  const operations = new Uint8Array(256);
  const lines = new Int16Array(256);
  for (let opcode = opcodeBase; opcode < 256; opcode++) {
    operations[opcode] = Math.floor((opcode - opcodeBase) / lineRange);
    lines[opcode] = lineBase + ((opcode - opcodeBase) % lineRange);
  }
  return { operations, lines };
}

const FIRST_ROWS = 16_384;
/** A kernel's largest unit has some 100,000. */
const MOST_KEPT_ROWS = 1_000_000;

/** Collects rows in arrays that the next table uses again; what a table keeps has its own size. */
class RowBuilder {
  #count = 0;
  #addresses = new Float64Array(FIRST_ROWS);
  #files = new Uint32Array(FIRST_ROWS);
  #lines = new Uint32Array(FIRST_ROWS);
  #columns = new Uint16Array(FIRST_ROWS);
  #flags = new Uint8Array(FIRST_ROWS);

  begin(): void {
    this.#count = 0;
    if (this.#flags.length > MOST_KEPT_ROWS) this.#resize(FIRST_ROWS);
  }

  add(address: number, file: number, line: number, column: number, flags: number): void {
    const at = this.#count++;
    if (at === this.#flags.length) this.#resize(at * 2);
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

  #resize(length: number): void {
    const kept = Math.min(length, this.#flags.length);
    const resized = <T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(
      to: T,
      from: T,
    ): T => {
      to.set(from.subarray(0, kept));
      return to;
    };
    this.#addresses = resized(new Float64Array(length), this.#addresses);
    this.#files = resized(new Uint32Array(length), this.#files);
    this.#lines = resized(new Uint32Array(length), this.#lines);
    this.#columns = resized(new Uint16Array(length), this.#columns);
    this.#flags = resized(new Uint8Array(length), this.#flags);
  }
}

const builder = new RowBuilder();
