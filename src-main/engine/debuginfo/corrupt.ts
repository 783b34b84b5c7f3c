import { FaultError } from '../base/fault.ts';

/** A table of debug information that cannot be what it should be; `offset` is within the table. */
export function corruptTable(
  what: string,
  offset: number,
  expected: string,
  found: string,
): FaultError {
  return new FaultError({
    kind: 'corrupt',
    what: `${what} (byte ${offset} of the table)`,
    expected,
    found,
  });
}
