import { corruptTable } from './corrupt.ts';
import { decodeName, encodeName, endOfName, hashBytes } from './name-hash.ts';

/**
 * Kinds of BTF types.
 * @source include/uapi/linux/btf.h
 */
export const BTF_KIND = {
  void: 0,
  int: 1,
  ptr: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  fwd: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  func: 12,
  funcProto: 13,
  var: 14,
  datasec: 15,
  float: 16,
  declTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

const MAGIC = 0xeb9f;
const MIN_HEADER = 24;
/** Bytes after the three common words: fixed part and part per `vlen` element, by kind. */
const FIXED = [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];
const PER_ELEMENT = [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];

type NameGroup = 'types' | 'objects';
/** Kinds that {@link BtfTable.idsNamed} finds, as bit masks. */
const INDEXED: Readonly<Record<NameGroup, number>> = {
  types: maskOf('int', 'struct', 'union', 'enum', 'fwd', 'typedef', 'float', 'enum64'),
  objects: maskOf('func', 'var'),
};

/**
 * One BTF blob as struct of arrays. Ids of a split BTF (a module's) continue those of its base,
 * and so do its string offsets. Nothing is decoded before it is asked for; every id and string
 * offset is checked when used, since the blob may be damaged.
 * @source include/uapi/linux/btf.h, Documentation/bpf/btf.rst, kernel/bpf/btf.c
 */
export class BtfTable {
  /** `BTF` or `BTF:modname`. */
  readonly origin: string;
  readonly base: BtfTable | undefined;
  /** First id of this table: 1, or one past the base's last. */
  readonly firstId: number;
  /** One past the last id. */
  readonly endId: number;
  /** Set when the type section ends in something that is no type; what came before is kept. */
  readonly damage: string | undefined;
  /**
   * True when some enum says it is signed: the writer (pahole 1.24+) knew the flag, so enums
   * without it are unsigned. Older writers never set it and all values are `s32`.
   */
  readonly enumsSayTheirSign: boolean;
  /** Position of each type in words of the type section, kind of each; index is id - firstId. */
  readonly #positions: Uint32Array;
  readonly #kinds: Uint8Array;
  readonly #words: Uint32Array;
  readonly #strings: Uint8Array;
  /** Where this table's strings start in the joint offset space. */
  readonly #stringBase: number;
  readonly #nameIndexes: Partial<Record<NameGroup, { heads: Uint32Array; next: Uint32Array }>> = {};

  constructor(bytes: Uint8Array, origin: string, base?: BtfTable) {
    this.origin = origin;
    this.base = base;
    this.firstId = base === undefined ? 1 : base.endId;
    this.#stringBase = base === undefined ? 0 : base.#stringBase + base.#strings.length;
    const header = readHeader(bytes);
    this.#strings = bytes.subarray(header.strings, header.strings + header.stringsLength);
    this.#words = wordsOf(bytes, header.types, header.typesLength >>> 2);
    const index = indexTypes(this.#words);
    this.#positions = index.positions;
    this.#kinds = index.kinds;
    this.damage = index.damage;
    this.enumsSayTheirSign = index.enumsSayTheirSign || (base?.enumsSayTheirSign ?? false);
    this.endId = this.firstId + this.#kinds.length;
  }

  /** Kind of a type; `void` for id 0. @throws FaultError `corrupt` when there is no such id */
  kindOf(id: number): number {
    if (id === 0) return BTF_KIND.void;
    const table = this.#tableOf(id);
    return table.#kinds[id - table.firstId]!;
  }

  nameOf(id: number): string {
    return id === 0 ? '' : this.stringAt(this.#word(id, 0));
  }

  /** Number of members, enumerators, parameters or variables. */
  vlenOf(id: number): number {
    // 16 bits up to 7.1; the bits above were reserved as zero, and hold more of it since.
    return this.#word(id, 1) & 0xffffff;
  }

  kindFlagOf(id: number): boolean {
    return this.#word(id, 1) >>> 31 !== 0;
  }

  /** The word that is a size in bytes or a type id, depending on the kind. */
  sizeOrTypeOf(id: number): number {
    return this.#word(id, 2);
  }

  /** Word of the part after the three common ones; `index` counts from there. */
  detailOf(id: number, index: number): number {
    return this.#word(id, 3 + index);
  }

  /** String at an offset of the joint string space. @throws FaultError `corrupt` */
  stringAt(offset: number): string {
    if (this.base !== undefined && offset < this.#stringBase) return this.base.stringAt(offset);
    const start = offset - this.#stringBase;
    const end = endOfName(this.#strings, start);
    if (end < 0) {
      const limit = `a string below ${this.#stringBase + this.#strings.length}`;
      throw corruptTable(`${this.origin} strings`, start, limit, String(offset));
    }
    return decodeName(this.#strings, start, end);
  }

  /** Ids of this table (not of its base) whose name is `name`, ascending. */
  *idsNamed(group: NameGroup, name: string): Generator<number> {
    const { heads, next } = (this.#nameIndexes[group] ??= this.#indexNames(INDEXED[group]));
    const bytes = encodeName(name);
    let held = heads[hashBytes(bytes, 0, bytes.length) & (heads.length - 1)]!;
    for (; held !== 0; held = next[held - 1]!) {
      if (this.nameOf(this.firstId + held - 1) === name) yield this.firstId + held - 1;
    }
  }

  /** Named types of this table (not of its base): structs, enums, typedefs, base types. */
  *iterateTypeIds(): Generator<number> {
    for (let i = 0; i < this.#kinds.length; i++) {
      if ((INDEXED.types >>> this.#kinds[i]!) & 1 && this.#words[this.#positions[i]!] !== 0) {
        yield this.firstId + i;
      }
    }
  }

  #tableOf(id: number): BtfTable {
    if (this.base !== undefined && id < this.firstId) return this.base.#tableOf(id);
    if (id < 1 || id >= this.endId) {
      throw corruptTable(`${this.origin} type id`, 0, `an id below ${this.endId}`, String(id));
    }
    return this;
  }

  #word(id: number, index: number): number {
    const table = this.#tableOf(id);
    const at = table.#positions[id - table.firstId]! + index;
    const word = table.#words[at];
    if (word === undefined) {
      const expected = `a word below ${table.#words.length * 4}`;
      throw corruptTable(`${this.origin} types`, at * 4, expected, 'the end of the section');
    }
    return word;
  }

  #indexNames(mask: number): { heads: Uint32Array; next: Uint32Array } {
    const count = this.#kinds.length;
    let size = 16;
    while (size < count) size *= 2;
    const heads = new Uint32Array(size);
    const next = new Uint32Array(count);
    for (let i = count - 1; i >= 0; i--) {
      if (((mask >>> this.#kinds[i]!) & 1) === 0) continue;
      const hash = this.#hashOfString(this.#words[this.#positions[i]!]!);
      if (hash === undefined) continue;
      const slot = hash & (size - 1);
      next[i] = heads[slot]!;
      heads[slot] = i + 1;
    }
    return { heads, next };
  }

  /** Undefined for no name and for an offset outside. */
  #hashOfString(offset: number): number | undefined {
    if (offset === 0) return undefined;
    if (this.base !== undefined && offset < this.#stringBase)
      return this.base.#hashOfString(offset);
    const strings = this.#strings;
    const start = offset - this.#stringBase;
    const end = endOfName(strings, start);
    return end < 0 ? undefined : hashBytes(strings, start, end);
  }
}

/**
 * @param base for a module's split BTF: the kernel's table
 * @throws FaultError `corrupt` with the offset in the blob when the header is no BTF header
 */
export function parseBtf(bytes: Uint8Array, origin: string, base?: BtfTable): BtfTable {
  return new BtfTable(bytes, origin, base);
}

interface BtfHeader {
  readonly types: number;
  readonly typesLength: number;
  readonly strings: number;
  readonly stringsLength: number;
}

function readHeader(bytes: Uint8Array): BtfHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < MIN_HEADER || view.getUint16(0, true) !== MAGIC) {
    const found = bytes.length < 2 ? 'nothing' : `0x${view.getUint16(0, true).toString(16)}`;
    throw corruptTable('BTF header', 0, `magic 0x${MAGIC.toString(16)}`, found);
  }
  if (view.getUint8(2) !== 1) {
    throw corruptTable('BTF header', 2, 'version 1', String(view.getUint8(2)));
  }
  const headerLength = view.getUint32(4, true);
  const types = headerLength + view.getUint32(8, true);
  const typesLength = view.getUint32(12, true);
  const strings = headerLength + view.getUint32(16, true);
  const stringsLength = view.getUint32(20, true);
  if (headerLength < MIN_HEADER || types + typesLength > bytes.length) {
    throw corruptTable(
      'BTF header',
      8,
      `types within ${bytes.length} bytes`,
      `${types} + ${typesLength}`,
    );
  }
  if (strings + stringsLength > bytes.length) {
    const found = `${strings} + ${stringsLength}`;
    throw corruptTable('BTF header', 16, `strings within ${bytes.length} bytes`, found);
  }
  return { types, typesLength, strings, stringsLength };
}

/** A view where the blob is aligned in its buffer, else a copy. */
function wordsOf(bytes: Uint8Array, offset: number, count: number): Uint32Array {
  const start = bytes.byteOffset + offset;
  if (start % 4 === 0) return new Uint32Array(bytes.buffer, start, count);
  return new Uint32Array(bytes.slice(offset, offset + count * 4).buffer);
}

function indexTypes(words: Uint32Array): {
  positions: Uint32Array;
  kinds: Uint8Array;
  damage: string | undefined;
  enumsSayTheirSign: boolean;
} {
  // A type takes three words at least.
  const positions = new Uint32Array(Math.floor(words.length / 3));
  const kinds = new Uint8Array(positions.length);
  let count = 0;
  let at = 0;
  let damage: string | undefined;
  let enumsSayTheirSign = false;
  while (at + 3 <= words.length) {
    const info = words[at + 1]!;
    const kind = (info >>> 24) & 0x7f;
    const size = kind === 0 ? undefined : FIXED[kind];
    const end =
      size === undefined ? -1 : at + 3 + ((size + PER_ELEMENT[kind]! * (info & 0xffffff)) >>> 2);
    if (end < 0 || end > words.length) {
      const why = end < 0 ? `unknown kind ${kind}` : 'more elements than bytes';
      damage = `type ${count + 1} at byte ${at * 4} of ${words.length * 4}: ${why}`;
      break;
    }
    if ((kind === BTF_KIND.enum || kind === BTF_KIND.enum64) && info >>> 31) {
      enumsSayTheirSign = true;
    }
    positions[count] = at;
    kinds[count] = kind;
    count++;
    at = end;
  }
  return {
    // Views: what is beyond was never written, and takes no memory.
    positions: positions.subarray(0, count),
    kinds: kinds.subarray(0, count),
    damage,
    enumsSayTheirSign,
  };
}

function maskOf(...kinds: readonly (keyof typeof BTF_KIND)[]): number {
  let mask = 0;
  for (const kind of kinds) mask |= 1 << BTF_KIND[kind];
  return mask;
}
