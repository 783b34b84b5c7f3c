import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import type { ByteSource } from '../engine/base/byte-source.ts';
import { FaultError } from '../engine/base/fault.ts';
import type { NativeMapping } from './native-mapping.ts';

/** A ByteSource over an open file, to be closed by who opened it. */
export interface FileSource extends ByteSource {
  readonly path: string;
  /** How it is read, for the session's facts. */
  readonly access: 'mmap' | 'pread';
  close(): void;
}

/** Reads through the mmap addon (see build/native/mmap.c). */
export class MappedFile implements FileSource {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly access = 'mmap';
  readonly #native: NativeMapping;
  #handle: number | undefined;

  /** @throws Error with `code`, from the addon */
  constructor(path: string, native: NativeMapping) {
    const { handle, size } = native.open(path);
    this.path = path;
    this.name = basename(path);
    this.size = size;
    this.#native = native;
    this.#handle = handle;
  }

  read(offset: number, target: Uint8Array, targetOffset: number, length: number): number {
    if (this.#handle === undefined) throw closed(offset);
    const copied = this.#native.read(this.#handle, offset, target, targetOffset, length);
    if (copied >= 0) return copied;
    throw new FaultError({
      kind: 'io',
      offset,
      message: `${this.name} could not be read there (it became shorter, or its disk failed)`,
    });
  }

  close(): void {
    if (this.#handle !== undefined) this.#native.close(this.#handle);
    this.#handle = undefined;
  }
}

/** Reads with pread(2): where there is no addon, and for files that must not be mapped. */
export class PreadFile implements FileSource {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly access = 'pread';
  #fd: number | undefined;

  /** @param size of the file or block device */
  constructor(path: string, size: number) {
    this.path = path;
    this.name = basename(path);
    this.size = size;
    this.#fd = openSync(path, 'r');
  }

  read(offset: number, target: Uint8Array, targetOffset: number, length: number): number {
    if (this.#fd === undefined) throw closed(offset);
    const wanted = Math.min(length, Math.max(0, this.size - offset));
    if (wanted === 0) return 0;
    let done = 0;
    try {
      while (done < wanted) {
        const got = readSync(this.#fd, target, targetOffset + done, wanted - done, offset + done);
        if (got === 0) break;
        done += got;
      }
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      throw new FaultError({ kind: 'io', offset: offset + done, message: error.message });
    }
    return done;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function closed(offset: number): FaultError {
  return new FaultError({ kind: 'io', offset, message: 'the file was closed' });
}
