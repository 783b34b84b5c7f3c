import { corruptTable } from '../corrupt.ts';
import { decodeName, endOfName } from '../name-hash.ts';
import type { SectionReader } from './sections.ts';

const BLOCK = 64 * 1024;
/** Blocks kept: 16 MiB, more than a kernel's .debug_str. */
const MAX_BLOCKS = 256;

/** Strings of .debug_str or .debug_line_str, read by blocks. */
export class StringSection {
  readonly #section: SectionReader;
  readonly #blocks = new Map<number, Uint8Array>();

  constructor(section: SectionReader) {
    this.#section = section;
  }

  /** @throws FaultError `corrupt` for an offset outside, or a string that does not end */
  at(offset: number): string {
    const bytes = this.bytesAt(offset);
    return decodeName(bytes, 0, bytes.length);
  }

  /** The string's bytes without NUL. */
  bytesAt(offset: number): Uint8Array {
    const section = this.#section;
    if (!(offset >= 0 && offset < section.size)) {
      throw corruptTable(section.name, offset, `a string within ${section.size} bytes`, 'outside');
    }
    const index = Math.floor(offset / BLOCK);
    const start = offset - index * BLOCK;
    const block = this.#blockAt(index);
    const end = endOfName(block, start);
    if (end >= 0) return block.subarray(start, end);
    const rest = section.bytes(offset, Math.min(BLOCK, section.size - offset));
    const restEnd = endOfName(rest, 0);
    if (restEnd < 0) throw corruptTable(section.name, offset, 'a string ended by NUL', 'none');
    return rest.subarray(0, restEnd);
  }

  #blockAt(index: number): Uint8Array {
    let block = this.#blocks.get(index);
    if (block === undefined) {
      const { size } = this.#section;
      block = this.#section.bytes(index * BLOCK, Math.min(BLOCK, size - index * BLOCK));
      if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.clear();
      this.#blocks.set(index, block);
    }
    return block;
  }
}
