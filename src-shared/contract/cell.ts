/**
 * Values as they travel from the engine to the last pixel: typed, never pre-formatted. 64-bit
 * addresses are bigint; what could not be had is an {@link Absent} with its reason.
 */

/** Why a value is missing. Each looks different wherever it is shown. */
export type AbsentReason =
  | 'excluded' // the dump filter left the page out
  | 'not-in-dump' // not RAM, truncated file, or missing part of a split set
  | 'not-mapped' // page tables do not map the address
  | 'unknown-type' // no type finder knows the type or member
  | 'unknown-symbol'
  | 'corrupt' // bytes are there but cannot be right
  | 'optimized-out' // the compiler kept the value nowhere at this instruction
  | 'unknown' // could not be determined from what can be read
  | 'not-applicable'; // has no meaning for this row

export interface Absent {
  readonly absent: AbsentReason;
  /** A sentence with the address, offset or name. */
  readonly why: string;
}

export type CellValue = string | number | bigint | boolean | Absent;

export function isAbsent(value: unknown): value is Absent {
  return typeof value === 'object' && value !== null && 'absent' in value;
}

/**
 * What the numbers of a column mean; decides how they are shown, sorted and linked.
 * `address` virtual, `physical` physical address (bigint); `bytes` a size; `count`/`id` numbers;
 * `symbol` a name with optional +offset; `flags` raw bits (bigint); `date` seconds since the epoch,
 * UTC; `seconds` a duration.
 */
export type ColumnKind =
  | 'text'
  | 'address'
  | 'physical'
  | 'bytes'
  | 'count'
  | 'id'
  | 'percent'
  | 'seconds'
  | 'date'
  | 'symbol'
  | 'flags';

export interface Column {
  /** Stable name for scripts (`--json`), e.g. `pid`. */
  readonly id: string;
  /** Heading as crash prints it where crash has one, e.g. `PID`. */
  readonly title: string;
  readonly kind: ColumnKind;
  /** Of `seconds`: they are known to the millisecond, and shown so. */
  readonly milliseconds?: true;
  /** One sentence: meaning, unit, kernel source. */
  readonly help?: string;
}

/** A table, column by column (cheap to clone): `data[c][r]` is row r of column c. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  readonly data: readonly (readonly CellValue[])[];
}
