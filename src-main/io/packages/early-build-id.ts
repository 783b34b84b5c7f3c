import { buildIdOf } from '../../engine/debuginfo/elf-notes.ts';

const HEADER = 64;
const SEGMENT = 56;
const PT_NOTE = 4;
const MAX_NOTES = 64 * 1024;

/**
 * Finds the build ID of a vmlinux while it streams by: its program headers at the start say where
 * the notes will be. So a package for another kernel is refused after some 25 MB, not after 600.
 */
export class EarlyBuildId {
  #head: Uint8Array | undefined = new Uint8Array(0);
  #notes: Uint8Array | undefined;
  #start = 0;
  #found: string | undefined;

  get found(): string | undefined {
    return this.#found;
  }

  /** @param offset of `bytes` in the file; pieces come in order, without gaps */
  push(offset: number, bytes: Uint8Array): void {
    if (this.#head !== undefined) this.#collectHead(bytes);
    if (this.#notes === undefined || this.#found !== undefined) return;
    const end = this.#start + this.#notes.length;
    const from = Math.max(offset, this.#start);
    const to = Math.min(offset + bytes.length, end);
    if (from < to) this.#notes.set(bytes.subarray(from - offset, to - offset), from - this.#start);
    if (offset + bytes.length >= end) {
      this.#found = buildIdOf(this.#notes);
      this.#notes = undefined;
    }
  }

  /** Until the program headers are there, normally in the first piece. */
  #collectHead(bytes: Uint8Array): void {
    const head = new Uint8Array(this.#head!.length + bytes.length);
    head.set(this.#head!);
    head.set(bytes, this.#head!.length);
    this.#head = head;
    if (head.length < HEADER) return;
    const view = new DataView(head.buffer);
    const table = Number(view.getBigUint64(32, true));
    const count = view.getUint16(56, true);
    if (view.getUint32(0) !== 0x7f454c46 || table > MAX_NOTES) {
      this.#head = undefined;
      return;
    }
    if (head.length < table + count * SEGMENT) return;
    this.#head = undefined;
    for (let i = 0; i < count; i++) {
      const at = table + i * SEGMENT;
      const size = Number(view.getBigUint64(at + 32, true));
      const start = Number(view.getBigUint64(at + 8, true));
      if (view.getUint32(at, true) !== PT_NOTE || size > MAX_NOTES || start < head.length) continue;
      this.#start = start;
      this.#notes = new Uint8Array(size);
      return;
    }
  }
}
