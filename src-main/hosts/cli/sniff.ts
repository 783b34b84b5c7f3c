import { closeSync, openSync, readSync, statSync } from 'node:fs';

const MAGICS = ['KDUMP   ', 'DISKDUMP', 'makedumpfile'];
const ET_CORE = 4;

/**
 * Whether a file looks like a dump, or a part of one, by its first bytes. Only used to tell the
 * files of a command line from its command; what is a dump is decided by the engine.
 */
export function looksLikeDump(path: string): boolean {
  const head = Buffer.alloc(20);
  try {
    if (!statSync(path).isFile()) return false;
    const file = openSync(path, 'r');
    try {
      if (readSync(file, head, 0, head.length, 0) < head.length) return false;
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  const text = head.toString('latin1');
  if (MAGICS.some((magic) => text.startsWith(magic))) return true;
  return text.startsWith('\x7fELF') && head.readUInt16LE(16) === ET_CORE;
}
