import { FaultError } from '../../base/fault.ts';
import { memoized } from '../../base/memo.ts';
import type { DwarfCursor } from './cursor.ts';
import type { LineHeader } from './line-header.ts';
import { covers } from './ranges.ts';
import { MAX_COLUMN, MAX_LINE, RowBuilder, type LineRows } from './line-rows.ts';

/** A row and the end of the code it covers; addresses are signed doubles. */
export interface LineRow {
  readonly address: number;
  readonly end: number;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  /** {@link LINE_FLAG} */
  readonly flags: number;
}

/**
 * Registers behind a row that does not end its sequence. The rows before it cover addresses below its
 * own, and what earlier sequences do: a search for others can go on from there.
 */
export interface LineState {
  /** Position of the next opcode. */
  readonly at: number;
  readonly address: number;
  readonly operation: number;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly isStmt: boolean;
  /** {@link LINE_FLAG} of the row. */
  readonly flags: number;
  /** Of the sequence. */
  readonly start: number;
  /** What the earlier sequences cover: low, high, low, high…; half-open. */
  readonly earlier: readonly number[];
}

/** A compiler writes one sequence a section; with one a function nothing is gained. */
const MAX_EARLIER = 2 * 32;

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

/** All rows of a line program; up to where it is damaged, with the fault. */
export function collectRows(header: LineHeader): { rows: LineRows; fault?: FaultError } {
  const rows = new RowBuilder();
  try {
    runLineProgram(header, { wanted: NaN, rows });
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return { rows: rows.finish(), fault: error };
  }
  return { rows: rows.finish() };
}

/**
 * The row that covers an address, by running the program up to it: costs a fraction of collecting all
 * rows, where only a few are asked for. As in {@link LineSequences}, a sequence counts up to where its
 * addresses descend, and of several that cover the address the first in the program answers.
 * @param stops where earlier searches of the program ended; this one's end is added
 * @throws FaultError `corrupt` when the program is damaged before that row's end
 */
export function searchRow(
  header: LineHeader,
  address: number,
  stops: LineState[],
): LineRow | undefined {
  let from: LineState | undefined;
  for (const stop of stops) {
    if (address < stop.address || covers(stop.earlier, address)) continue;
    if (from === undefined || stop.at > from.at) from = stop;
  }
  return runLineProgram(header, { wanted: address, from, stops });
}

interface LineRun {
  /** Ends with the row that covers it; NaN: no row does. */
  readonly wanted: number;
  /** Takes all rows. */
  readonly rows?: RowBuilder;
  /** Where to go on; undefined: the beginning. */
  readonly from?: LineState | undefined;
  /** Takes where the run ends. */
  readonly stops?: LineState[];
}

/**
 * Runs a line program. Every row takes at least one byte of it, so that its length bounds the rows.
 * The registers and the row before are locals that no closure holds, and what is frequent reads
 * bytes itself: a kernel's units have millions.
 * @throws FaultError `corrupt`
 * @source DWARF 5, 6.2.5 "The Line Number Program"
 */
function runLineProgram(
  header: LineHeader,
  { wanted, rows, from, stops }: LineRun,
): LineRow | undefined {
  const { program, opcodeBase, opcodeLengths, defaultIsStmt } = header;
  const { minInstructionLength, maxOperations } = header;
  const { bytes } = program;
  const length = bytes.length;
  const special = specialOpcodes(header);
  let at = from?.at ?? header.programStart;
  let address = from?.address ?? 0;
  let operation = from?.operation ?? 0;
  let file = from?.file ?? 1;
  let line = from?.line ?? 1;
  let column = from?.column ?? 0;
  let isStmt = from?.isStmt ?? defaultIsStmt;
  const earlier = [...(from?.earlier ?? [])];
  /** The row before is of the same sequence, whose addresses ascended so far. */
  let open = from !== undefined;
  let ascends = true;
  let start = from?.start ?? 0;
  let rowAddress = address;
  let rowFile = file;
  let rowLine = line;
  let rowColumn = column;
  let rowFlags = from?.flags ?? 0;

  while (at < length) {
    const opcode = bytes[at++]!;
    let operations = -1;
    /** Of the row that the opcode adds; -1: none. */
    let flags = -1;
    if (opcode >= opcodeBase) {
      operations = special.operations[opcode]!;
      line += special.lines[opcode]!;
      flags = isStmt ? LINE_FLAG.isStmt : 0;
    } else {
      switch (opcode) {
        case DW_LNS.copy:
          flags = isStmt ? LINE_FLAG.isStmt : 0;
          break;
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
            flags = (isStmt ? LINE_FLAG.isStmt : 0) | LINE_FLAG.endSequence;
          } else if (kind === DW_LNE.setAddress) {
            program.position = end - operands;
            const given = operands === 4 || operands === 8 ? operands : header.addressSize;
            address = program.address(given);
            operation = 0;
          }
          break;
        }
        default:
          // DW_LNS_set_isa and whatever a later version adds.
          program.position = at;
          for (let i = 0; i < opcodeLengths[opcode]!; i++) program.skipLeb();
          at = program.position;
          continue;
      }
    }
    if (operations >= 0) {
      if (maxOperations === 1) address += minInstructionLength * operations;
      else {
        const next = operation + operations;
        address += minInstructionLength * Math.floor(next / maxOperations);
        operation = next % maxOperations;
      }
    }
    if (flags < 0) continue;
    if (!open) {
      ascends = true;
      start = address;
    } else if (address < rowAddress) {
      if (ascends && earlier.length <= MAX_EARLIER) earlier.push(start, rowAddress);
      ascends = false;
    } else if (ascends && rowAddress <= wanted && wanted < address) {
      if ((flags & LINE_FLAG.endSequence) === 0 && earlier.length <= MAX_EARLIER) {
        stops?.push({ at, address, operation, file, line, column, isStmt, flags, start, earlier });
      }
      return {
        address: rowAddress,
        end: address,
        file: rowFile,
        line: Math.max(0, Math.min(rowLine, MAX_LINE)),
        column: Math.min(rowColumn, MAX_COLUMN),
        flags: rowFlags,
      };
    }
    rows?.add(address, file, line, column, flags);
    open = (flags & LINE_FLAG.endSequence) === 0;
    if (open) {
      rowAddress = address;
      rowFile = file;
      rowLine = line;
      rowColumn = column;
      rowFlags = flags;
    } else {
      if (ascends && earlier.length <= MAX_EARLIER) earlier.push(start, address);
      address = operation = column = 0;
      file = line = 1;
      isStmt = defaultIsStmt;
    }
  }
  return undefined;
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

/** What each special opcode advances, by opcode. @source DWARF 5, 6.2.5.1 */
const specialOpcodes = memoized(({ opcodeBase, lineBase, lineRange }: LineHeader) => {
  const operations = new Uint8Array(256);
  const lines = new Int16Array(256);
  for (let opcode = opcodeBase; opcode < 256; opcode++) {
    operations[opcode] = Math.floor((opcode - opcodeBase) / lineRange);
    lines[opcode] = lineBase + ((opcode - opcodeBase) % lineRange);
  }
  return { operations, lines };
});
