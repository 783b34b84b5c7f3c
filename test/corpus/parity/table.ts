/** Rows of the comparison, printed once at the end so that the CI log shows them together. */
interface Row {
  readonly dump: string;
  readonly what: string;
  readonly equal: number;
  readonly of: number;
}

const rows: Row[] = [];

export function record(row: Row): void {
  rows.push(row);
}

/** A line a question, a column a dump: `equal of all`. @param oracle what it is compared with, and who had what */
export function printTable(oracle: string): void {
  const dumps = [...new Set(rows.map(({ dump }) => dump))];
  const questions = [...new Set(rows.map(({ what }) => what))];
  const cell = (what: string, dump: string): string => {
    const row = rows.find((candidate) => candidate.what === what && candidate.dump === dump);
    return row === undefined ? '-' : `${row.equal} of ${row.of}`;
  };
  const width = 14;
  const lines = questions.map(
    (what) => what.padEnd(32) + dumps.map((dump) => cell(what, dump).padStart(width)).join(''),
  );
  const heading = ''.padEnd(32) + dumps.map((dump) => dump.padStart(width)).join('');
  console.log(`\nEqual to ${oracle}:\n${heading}\n${lines.join('\n')}\n`);
}
