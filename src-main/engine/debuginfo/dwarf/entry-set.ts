import { encodeName, hashBytes } from '../name-hash.ts';
import type { DwarfFile } from './dwarf-file.ts';

const NO_STRING = 0xffffffff;

/**
 * Named DIEs with equal ones left out: a kernel's units repeat the types of its headers some
 * thousand times. An open hash table over (kind, name, size, line).
 */
export class EntrySet {
  readonly hashes: number[] = [];
  readonly strings: number[] = [];
  readonly dies: number[] = [];
  readonly kinds: number[] = [];
  /** Fingerprints of (name, kind, size, line). */
  readonly keys: number[] = [];
  readonly #sizes: number[] = [];
  readonly #lines: number[] = [];
  /** Entry + 1; 0 is free. */
  #slots = new Int32Array(1 << 16);

  /**
   * @param string offset in .debug_str, or -1: then `text` is the name
   * @param size of a type; @param line of the declaration: they tell definitions apart
   */
  add(
    file: DwarfFile,
    kind: number,
    string: number,
    text: string | undefined,
    size: number,
    line: number,
    die: number,
  ): void {
    // Equal strings have one offset, as the linker merges them; without an offset the text is hashed.
    const nameKey = text === undefined ? string | 0 : hashOf(text) | 0;
    const stored = text === undefined ? string : NO_STRING;
    const mask = this.#slots.length - 1;
    const key = mix(nameKey, kind, size, line);
    let slot = key & mask;
    for (; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]! - 1;
      if (entry < 0) break;
      if (
        this.strings[entry] === stored &&
        this.kinds[entry] === kind &&
        this.#sizes[entry] === size &&
        this.#lines[entry] === line &&
        (text === undefined || this.hashes[entry] === nameKey >>> 0)
      ) {
        return;
      }
    }
    this.hashes.push(text === undefined ? hashAt(file, string) : nameKey >>> 0);
    this.strings.push(stored);
    this.kinds.push(kind);
    this.keys.push(key);
    this.#sizes.push(size);
    this.#lines.push(line);
    this.dies.push(die);
    this.#slots[slot] = this.hashes.length;
    if (this.hashes.length * 2 > this.#slots.length) this.#grow();
  }

  /** Positions ascending by hash, equal ones in the order they were added. */
  orderByHash(): Uint32Array {
    const { hashes } = this;
    return Uint32Array.from(hashes, (_, i) => i).sort((a, b) => hashes[a]! - hashes[b]! || a - b);
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.hashes.length; entry++) {
      let slot = this.keys[entry]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry + 1;
    }
    this.#slots = slots;
  }
}

function mix(name: number, kind: number, size: number, line: number): number {
  let value = Math.imul(name ^ (kind << 28), 0x9e3779b1);
  value = Math.imul(value ^ (value >>> 15) ^ size, 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13) ^ line, 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function hashOf(text: string): number {
  const bytes = encodeName(text);
  return hashBytes(bytes, 0, bytes.length);
}

function hashAt(file: DwarfFile, offset: number): number {
  const bytes = file.strings.bytesAt(offset);
  return hashBytes(bytes, 0, bytes.length);
}
