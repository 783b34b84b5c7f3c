import { closeSync, openSync, readSync, type Stats, statfsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { OpenError } from '../engine/dump/open-error.ts';
import { type FileSource, MappedFile, PreadFile } from './file-source.ts';
import { findNativeMapping } from './native-mapping.ts';

/**
 * File systems whose files can change or vanish under a mapping, or block for long in a page
 * fault: f_type of NFS, SMB, CIFS, SMB2, FUSE (sshfs, ...), 9p, Ceph, AFS.
 * @source include/uapi/linux/magic.h
 */
const REMOTE_FILE_SYSTEMS = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x00c36400, 0x5346414f,
]);

/**
 * Opens a file for reading: memory-mapped where the addon is there and the file is a regular one
 * on a local file system, else with pread. Never written to, never blocks on a FIFO.
 * @throws OpenError, a sentence naming the file
 */
export function openByteSource(path: string): FileSource {
  const name = basename(path);
  try {
    const status = statSync(path);
    const size = checkedSize(path, name, status);
    if (status.isFile() && !isRemote(path)) {
      const native = findNativeMapping();
      if (native !== undefined) {
        const mapped = tryMap(path, native);
        if (mapped !== undefined) return mapped;
      }
    }
    return new PreadFile(path, size);
  } catch (error) {
    if (error instanceof OpenError) throw error;
    throw new OpenError('not-a-dump', name, sentenceOf(error));
  }
}

/**
 * A file that cannot be mapped (address space, odd file system, sysfs) can often still be read;
 * where it cannot, reading gives the better error.
 */
function tryMap(path: string, native: Parameters<typeof newMapped>[1]): MappedFile | undefined {
  try {
    return newMapped(path, native);
  } catch (error) {
    if (codeOf(error) !== undefined) return undefined;
    throw error;
  }
}

function newMapped(path: string, native: ConstructorParameters<typeof MappedFile>[1]): MappedFile {
  return new MappedFile(path, native);
}

function checkedSize(path: string, name: string, status: Stats): number {
  if (status.isFile()) {
    if (status.size === 0) throw new OpenError('empty', name, 'is empty.');
    return status.size;
  }
  if (status.isBlockDevice()) return blockDeviceSize(path);
  const what = status.isDirectory()
    ? 'a folder'
    : status.isFIFO()
      ? 'a pipe; save its content to a file first'
      : status.isSocket()
        ? 'a socket'
        : 'a character device';
  throw new OpenError('not-a-dump', name, `is ${what}, not a dump.`);
}

/** stat(2) says 0 of a block device: its end is found by halving. */
function blockDeviceSize(path: string): number {
  const fd = openSync(path, 'r');
  try {
    const byte = new Uint8Array(1);
    const has = (offset: number): boolean => {
      try {
        return readSync(fd, byte, 0, 1, offset) === 1;
      } catch {
        return false;
      }
    };
    let beyond = 1;
    while (beyond < 2 ** 52 && has(beyond - 1)) beyond *= 2;
    let size = Math.floor(beyond / 2);
    while (size < beyond - 1) {
      const middle = Math.floor((size + beyond) / 2);
      if (has(middle - 1)) size = middle;
      else beyond = middle;
    }
    return size;
  } finally {
    closeSync(fd);
  }
}

function isRemote(path: string): boolean {
  try {
    return REMOTE_FILE_SYSTEMS.has(statfsSync(path).type >>> 0);
  } catch {
    return true;
  }
}

function sentenceOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'there is no such file.';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be opened: no permission to read it.';
    case 'ELOOP':
      return 'cannot be opened: its symbolic links go in a circle.';
    case 'ENOTDIR':
      return 'there is no such file: a part of its path is not a folder.';
    default:
      return `cannot be opened: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
