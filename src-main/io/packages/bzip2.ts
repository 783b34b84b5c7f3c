import { BitReader } from './bzip2-bits.ts';

/**
 * bzip2, a block at a time; concatenated streams follow each other. Written from the format (no
 * package is both maintained and streaming); blocks "randomised" by bzip2 before 0.9.5 are refused.
 * @throws Error when the data is damaged or ends early
 * @source bzip2's file format: magic "BZh1".."BZh9", blocks of Huffman-coded MTF and run lengths
 *   over a Burrows-Wheeler transform, each with a CRC-32 (0x04c11db7, not reflected)
 */
export async function* decompressBzip2(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const bits = new BitReader(chunks);
  let streams = 0;
  while (streams === 0 || !(await bits.atEnd())) {
    yield* oneStream(bits);
    bits.align();
    streams++;
  }
}

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;

async function* oneStream(bits: BitReader): AsyncGenerator<Uint8Array> {
  await bits.fill();
  const magic = bits.read(24);
  const level = bits.read(8) - 0x30;
  if (magic !== 0x425a68 || level < 1 || level > 9) throw new Error('no bzip2 header');
  const table = new Uint32Array(level * 100_000);
  let combined = 0;
  for (;;) {
    // A block is at most some 1.1 MB compressed: with so much at hand reading is synchronous.
    await bits.fill();
    const kind = bits.read(24) * 0x100_0000 + bits.read(24);
    const crc = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
    if (kind === END_MAGIC) {
      if (crc !== combined) throw new Error('the check sum of the stream does not match');
      return;
    }
    if (kind !== BLOCK_MAGIC) throw new Error('no block where one should start');
    const bytes = readBlock(bits, table);
    if (crcOf(bytes) !== crc) throw new Error('the check sum of a block does not match');
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
    yield bytes;
  }
}

function readBlock(bits: BitReader, table: Uint32Array): Uint8Array {
  if (bits.read(1) !== 0) throw new Error('a randomised block (bzip2 before 0.9.5)');
  const origin = bits.read(24);
  const symbols = readAlphabet(bits);
  const codeCount = symbols.length + 2;
  const groups = bits.read(3);
  const selectors = readSelectors(bits, groups);
  const codes = Array.from({ length: groups }, () => readCode(bits, codeCount));
  const length = readSymbols(bits, symbols, selectors, codes, table);
  if (origin >= length) throw new Error('the origin lies outside the block');
  return undoRuns(table, length, origin);
}

/** The bytes that occur, ascending: 16 bits say which groups of 16 have any. */
function readAlphabet(bits: BitReader): Uint8Array {
  const used = bits.read(16);
  const symbols: number[] = [];
  for (let group = 0; group < 16; group++) {
    if ((used & (0x8000 >>> group)) === 0) continue;
    const members = bits.read(16);
    for (let i = 0; i < 16; i++) if ((members & (0x8000 >>> i)) !== 0) symbols.push(group * 16 + i);
  }
  if (symbols.length === 0) throw new Error('a block without bytes');
  return Uint8Array.from(symbols);
}

/** Which code is used for each 50 symbols, MTF-coded in unary. */
function readSelectors(bits: BitReader, groups: number): Uint8Array {
  const count = bits.read(15);
  if (groups < 2 || groups > 6 || count === 0) throw new Error('impossible code tables');
  const order = Array.from({ length: groups }, (_, i) => i);
  const selectors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let position = 0;
    while (bits.read(1) === 1) if (++position >= groups) throw new Error('impossible selector');
    const [picked] = order.splice(position, 1) as [number];
    order.unshift(picked);
    selectors[i] = picked;
  }
  return selectors;
}

/** A canonical Huffman code: by length, the first code, its position, and the symbols in order. */
interface Code {
  readonly limits: Int32Array;
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
}

const MAX_LENGTH = 20;

function readCode(bits: BitReader, count: number): Code {
  const lengths = new Uint8Array(count);
  let length = bits.read(5);
  for (let i = 0; i < count; i++) {
    for (;;) {
      if (length < 1 || length > MAX_LENGTH) throw new Error('impossible code length');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[i] = length;
  }
  const symbols = new Uint16Array(count);
  const limits = new Int32Array(MAX_LENGTH + 1).fill(-1);
  const offsets = new Int32Array(MAX_LENGTH + 1);
  let code = 0;
  let position = 0;
  for (let bitCount = 1; bitCount <= MAX_LENGTH; bitCount++) {
    offsets[bitCount] = position - code;
    for (let symbol = 0; symbol < count; symbol++) {
      if (lengths[symbol] !== bitCount) continue;
      symbols[position++] = symbol;
      code++;
    }
    limits[bitCount] = code - 1;
    code *= 2;
  }
  return { limits, offsets, symbols };
}

/** Fills `table` with bytes (low 8 bits); returns how many. */
function readSymbols(
  bits: BitReader,
  alphabet: Uint8Array,
  selectors: Uint8Array,
  codes: readonly Code[],
  table: Uint32Array,
): number {
  const order = Uint8Array.from(alphabet);
  const end = alphabet.length + 1;
  let length = 0;
  let run = 0;
  let weight = 1;
  for (let group = 0; group < selectors.length; group++) {
    const code = codes[selectors[group]!]!;
    for (let i = 0; i < 50; i++) {
      const symbol = readSymbol(bits, code);
      if (symbol <= 1) {
        // RUNA and RUNB: digits 1 and 2 of a number in base 2.
        run += weight << symbol;
        weight *= 2;
        if (run > table.length) throw new Error('a run longer than the block');
        continue;
      }
      if (run > 0) {
        if (length + run > table.length) throw new Error('more bytes than a block holds');
        table.fill(order[0]!, length, length + run);
        length += run;
        run = 0;
        weight = 1;
      }
      if (symbol === end) return length;
      if (length >= table.length) throw new Error('more bytes than a block holds');
      const position = symbol - 1;
      const byte = order[position]!;
      order.copyWithin(1, 0, position);
      order[0] = byte;
      table[length++] = byte;
    }
  }
  throw new Error('a block without an end');
}

function readSymbol(bits: BitReader, code: Code): number {
  let value = 0;
  for (let length = 1; length <= MAX_LENGTH; length++) {
    value = value * 2 + bits.read(1);
    if (value > code.limits[length]!) continue;
    const symbol = code.symbols[value + code.offsets[length]!];
    if (symbol === undefined) break;
    return symbol;
  }
  throw new Error('a code that stands for nothing');
}

/** Undoes the Burrows-Wheeler transform, then the run lengths (four equal bytes, then a count). */
function undoRuns(table: Uint32Array, length: number, origin: number): Uint8Array {
  const starts = new Uint32Array(257);
  for (let i = 0; i < length; i++) starts[(table[i]! & 0xff) + 1]!++;
  for (let byte = 0; byte < 256; byte++) starts[byte + 1]! += starts[byte]!;
  for (let i = 0; i < length; i++) {
    const at = starts[table[i]! & 0xff]!++;
    table[at] = (table[at]! & 0xff) | (i << 8);
  }
  let out = new Uint8Array(length + (length >> 2) + 256);
  let size = 0;
  let entry = table[origin]!;
  let equal = 0;
  let previous = -1;
  for (let i = 0; i < length; i++) {
    entry = table[entry >>> 8]!;
    const byte = entry & 0xff;
    const copies = equal === 4 ? byte : 1;
    if (size + copies > out.length) {
      const larger = new Uint8Array(out.length * 2);
      larger.set(out);
      out = larger;
    }
    if (equal === 4) {
      out.fill(previous, size, size + copies);
      equal = 0;
      previous = -1;
    } else {
      out[size] = byte;
      equal = byte === previous ? equal + 1 : 1;
      previous = byte;
    }
    size += copies;
  }
  return out.subarray(0, size);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let i = 0; i < 8; i++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc << 8) ^ CRC_TABLE[((crc >>> 24) ^ bytes[i]!) & 0xff]!;
  }
  return ~crc >>> 0;
}
