/** Rows of the comparison, printed once at the end so that the CI log shows them together. */
interface Row {
  readonly dump: string;
  readonly what: string;
  readonly equal: number;
  readonly of: number;
  readonly against: string;
}

const rows: Row[] = [];

export function record(row: Row): void {
  rows.push(row);
}

export function printTable(): void {
  const lines = rows.map(
    ({ dump, what, equal, of, against }) =>
      `${dump.padEnd(14)} ${what.padEnd(24)} ${String(equal).padStart(6)} of ${String(of).padEnd(6)} ${against}`,
  );
  console.log(`\nEqual to the oracle, without vmlinux on our side:\n${lines.join('\n')}\n`);
}
