import type { ByteSource } from '../base/byte-source.ts';
import { FaultError } from '../base/fault.ts';

/**
 * Why a dump could not be opened.
 * - `empty`: the file has no bytes
 * - `not-a-dump`: recognised as something that is no kernel dump (text, vmlinux, archive, ...)
 * - `unsupported`: a kernel dump, but of a format, CPU or word size that is not read
 * - `damaged`: a format we read, but its headers cannot be believed
 * - `mismatched-set`: the files given together are not parts of one dump
 */
export type OpenErrorReason = 'empty' | 'not-a-dump' | 'unsupported' | 'damaged' | 'mismatched-set';

/** The one error `openDump` throws: a full sentence that names the file. */
export class OpenError extends Error {
  readonly reason: OpenErrorReason;
  readonly file: string;
  constructor(reason: OpenErrorReason, file: string, message: string) {
    super(`${file}: ${message}`);
    this.name = 'OpenError';
    this.reason = reason;
    this.file = file;
  }
}

/**
 * Calls `parse` for one file; a FaultError from reading its headers becomes the OpenError
 * `damaged` of that file. Everything else goes on.
 */
export function parsingHeaders<T>(source: ByteSource, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FaultError) throw new OpenError('damaged', source.name, error.message);
    throw error;
  }
}
