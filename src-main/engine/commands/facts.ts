import type {
  Absent,
  AbsentReason,
  CellValue,
  ColumnKind,
  Fact,
} from '../../../src-shared/contract/index.ts';
import { FaultError, type Fault } from '../base/fault.ts';
import type { Task } from '../kernel/task.ts';

/** Why a cell is empty, in the words of the contract. */
export function absentOf(fault: Fault): Absent {
  return { absent: reasonOf(fault), why: new FaultError(fault).message };
}

function reasonOf(fault: Fault): AbsentReason {
  switch (fault.kind) {
    case 'excluded':
      return 'excluded';
    case 'not-in-dump':
    case 'io':
      return 'not-in-dump';
    case 'not-present':
    case 'non-canonical':
      return 'not-mapped';
    case 'unknown-type':
      return 'unknown-type';
    case 'unknown-symbol':
      return 'unknown-symbol';
    case 'corrupt':
      return 'corrupt';
    case 'optimized-out':
      return 'optimized-out';
    case 'unavailable':
      return 'unknown';
  }
}

export function notApplicable(why: string): Absent {
  return { absent: 'not-applicable', why };
}

/** A part of a task, or why it is missing. */
export function partOf<T>(task: Task, part: T | undefined): T | Absent {
  if (part !== undefined) return part;
  return task.fault === undefined ? notApplicable('not known') : absentOf(task.fault);
}

/** Reads a cell; a fault becomes a typed absence. */
export function cell(read: () => CellValue): CellValue {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return absentOf(error.fault);
  }
}

export interface FactValue {
  readonly value: CellValue;
  /** With its brackets, as crash prints it. */
  readonly note?: string | undefined;
  readonly evidence?: string | undefined;
}

/** One fact; a fault while reading it becomes a typed absence. */
export function fact(
  id: string,
  label: string,
  kind: ColumnKind,
  read: () => CellValue | FactValue,
): Fact {
  let found: CellValue | FactValue;
  try {
    found = read();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    found = absentOf(error.fault);
  }
  if (typeof found !== 'object' || 'absent' in found) return { id, label, kind, value: found };
  return {
    id,
    label,
    kind,
    value: found.value,
    ...(found.note !== undefined && { note: found.note }),
    ...(found.evidence !== undefined && { evidence: found.evidence }),
  };
}
