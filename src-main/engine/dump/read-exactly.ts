import type { ByteSource } from '../base/byte-source.ts';
import { FaultError } from '../base/fault.ts';

/**
 * Reads a header structure. Checked against the file's size before anything is allocated, so a
 * damaged size field cannot ask for more memory than the file has bytes.
 * @throws FaultError `corrupt` when the file ends inside it, `io`
 */
export function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw new FaultError({
      kind: 'corrupt',
      what,
      expected: `${String(length)} bytes`,
      found: `the end of the file at ${String(source.size)}`,
      offset,
    });
  }
  const bytes = new Uint8Array(length);
  readFully(source, offset, bytes, length);
  return bytes;
}

/**
 * Fills `target[0, length)`; the caller has checked the range against `source.size`.
 * @throws FaultError `io` when the file gives fewer bytes than it had when it was opened
 */
export function readFully(
  source: ByteSource,
  offset: number,
  target: Uint8Array,
  length: number,
): void {
  let done = source.read(offset, target, 0, length);
  // A network file system may answer in pieces; an answer of nothing is the end.
  while (done < length) {
    const more = source.read(offset + done, target, done, length - done);
    if (more <= 0) {
      throw new FaultError({
        kind: 'io',
        offset: offset + done,
        message: `${source.name} is shorter than when it was opened`,
      });
    }
    done += more;
  }
}
