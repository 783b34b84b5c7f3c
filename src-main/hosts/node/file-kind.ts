import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { OpenRequest } from '../../../src-shared/contract/index.ts';

const MAGICS = ['KDUMP   ', 'DISKDUMP', 'makedumpfile'];
const ET_CORE = 4;

/** ET_REL, ET_EXEC, ET_DYN: a module, vmlinux, a split debug file. */
const DEBUGINFO_TYPES = new Set([1, 2, 3]);
const PACKAGE = /\.(?:deb|rpm)$/;

/**
 * What a file looks like by its first bytes: a dump (or a part of one), or debuginfo. Only used to
 * tell the files of a command line from its command; what they are is decided when they are opened.
 */
export function kindOfFile(path: string): 'dump' | 'debuginfo' | undefined {
  const head = Buffer.alloc(20);
  try {
    if (!statSync(path).isFile()) return undefined;
    const file = openSync(path, 'r');
    try {
      if (readSync(file, head, 0, head.length, 0) < head.length) return undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
  const text = head.toString('latin1');
  if (MAGICS.some((magic) => text.startsWith(magic))) return 'dump';
  if (PACKAGE.test(path)) return 'debuginfo';
  if (!text.startsWith('\x7fELF')) return undefined;
  const type = head.readUInt16LE(16);
  if (type === ET_CORE) return 'dump';
  return DEBUGINFO_TYPES.has(type) ? 'debuginfo' : undefined;
}

/** Debuginfo that was chosen together with a dump is debuginfo of it, not a part of the dump. */
export function debuginfoApart(request: OpenRequest): OpenRequest {
  const { paths, debuginfo = [] } = request;
  if (paths.length < 2) return request;
  const apart = paths.filter((path) => kindOfFile(path) === 'debuginfo');
  if (apart.length === 0 || apart.length === paths.length) return request;
  return {
    ...request,
    paths: paths.filter((path) => !apart.includes(path)),
    debuginfo: [...debuginfo, ...apart],
  };
}
