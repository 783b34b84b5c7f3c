import { addVirt, type VirtAddr } from '../base/address.ts';
import type { AddressRange } from '../debuginfo/symbol-table.ts';
import { readBackwards, readForwards, type ReadableMemory } from './memory-window.ts';

/** Where the tables of kallsyms are. */
export interface KallsymsLocations {
  readonly count: number;
  readonly names: VirtAddr;
  /** Undefined: not looked for (VMCOREINFO does not tell it). */
  readonly markers: VirtAddr | undefined;
  readonly tokenTable: VirtAddr;
  readonly tokenIndex: VirtAddr;
  readonly offsets: VirtAddr;
  /** Address of kallsyms_relative_base; undefined where offsets are relative to themselves. */
  readonly relativeBase: VirtAddr | undefined;
}

/** Tokens '0' to '9' stand for themselves, as every kernel has symbols with all digits. */
const DIGITS = Uint8Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 0x30 + i / 2 : 0));
const FIRST_DIGIT_TOKEN = 0x30;
const TOKENS = 256;
const PER_MARKER = 256;
/** Tokens are substrings of names: the table has about 1 KiB, 8 KiB are plenty for either side. */
const TOKEN_WINDOW = 8192;
/** Names of 256 symbols: 2 bytes each at least, 514 at most (KSYM_NAME_LEN). */
const MIN_STEP = 2 * PER_MARKER;
const MAX_STEP = 514 * PER_MARKER;
/** Fewer symbols than this (2048) no kernel has. */
const MIN_MARKERS = 8;
/** Between the markers and the tokens 6.2 has kallsyms_seqs_of_names: 3 bytes a symbol. */
const MARKER_WINDOW = 4 * 1024 * 1024;
const CHUNK = 64 * 1024;
/** Symbols are read and the search given up after this much memory without pages. */
const MAX_HOLE = 16 * 1024 * 1024;
const PAGE = 4096;
/** Look-alikes that are followed up; a real kernel has one of each. */
const MAX_CANDIDATES = { digits: 256, markers: 256, names: 8 };

/**
 * Searches memory for kallsyms, from the end of the range down (rodata lies above the text). Each
 * candidate fits in itself: 256 tokens with their index, ascending markers, names that end where
 * the markers start. Which of its two layouts for offsets is right is left to the caller.
 * @param onHole told each page that could not be searched
 * @source scripts/kallsyms.c write_src(): 5.10 to 6.3 offsets, relative_base, num_syms, names,
 *   markers, (seqs_of_names in 6.2,) token_table, token_index; 6.4+ (commit 404bad70fcf7) num_syms,
 *   names, markers, token_table, token_index, offsets, relative_base (gone by 7.2), seqs_of_names
 */
export function* searchKallsyms(
  memory: ReadableMemory,
  range: AddressRange,
  onHole: (page: VirtAddr) => void = () => undefined,
): Generator<KallsymsLocations> {
  const left = { ...MAX_CANDIDATES };
  for (const digits of iterateDigits(memory, range, onHole)) {
    if (left.digits-- <= 0) return;
    const tokens = findTokens(memory, digits);
    if (tokens === undefined) continue;
    for (const markers of iterateMarkers(memory, tokens.table)) {
      if (left.markers-- <= 0) return;
      for (const names of iterateNames(memory, markers)) {
        if (left.names-- <= 0) return;
        yield* layoutsOf(tokens, markers, names);
      }
    }
  }
}

/** Addresses of the digit tokens' pattern in the range, downwards. */
function* iterateDigits(
  memory: ReadableMemory,
  range: AddressRange,
  onHole: (page: VirtAddr) => void,
): Generator<VirtAddr> {
  const overlap = DIGITS.length - 1;
  let hole = 0;
  let end = range.end;
  while (end > range.start && hole < MAX_HOLE) {
    const length = Number(end - range.start < BigInt(CHUNK) ? end - range.start : CHUNK);
    const bytes = readBackwards(memory, addVirt(end, overlap), length + overlap);
    // Without the overlap when what follows is missing.
    const chunk = bytes.length > 0 ? bytes : readBackwards(memory, end, length);
    const chunkEnd = bytes.length > 0 ? addVirt(end, overlap) : end;
    for (let at = lastIndexOf(chunk, DIGITS, chunk.length); at >= 0;) {
      yield addVirt(chunkEnd, at - chunk.length);
      at = lastIndexOf(chunk, DIGITS, at);
    }
    const read = Math.max(0, chunk.length - (bytes.length > 0 ? overlap : 0));
    hole = read > 0 ? 0 : hole + PAGE;
    // The page below what could be read is missing: go on below it.
    const next = addVirt(end, -read);
    end = read === length ? next : ((addVirt(next, -1) & ~BigInt(PAGE - 1)) as VirtAddr);
    if (read !== length) onHole(end);
  }
}

/** Last start of `pattern` in `bytes` before `limit`, or -1. */
function lastIndexOf(bytes: Uint8Array, pattern: Uint8Array, limit: number): number {
  let at = Math.min(limit - 1, bytes.length - pattern.length);
  for (; at >= 0; at--) {
    at = bytes.lastIndexOf(pattern[0]!, at);
    if (at < 0) return -1;
    let i = 1;
    while (i < pattern.length && bytes[at + i] === pattern[i]) i++;
    if (i === pattern.length) return at;
  }
  return -1;
}

interface Tokens {
  readonly table: VirtAddr;
  readonly index: VirtAddr;
}

/** The token table around its digits; its index, which follows, must agree with every token. */
function findTokens(memory: ReadableMemory, digits: VirtAddr): Tokens | undefined {
  const before = readBackwards(memory, digits, TOKEN_WINDOW);
  const after = readForwards(memory, digits, TOKEN_WINDOW);
  // Starts of tokens, relative to `digits`; that of token 0 is only known from the index.
  const starts = new Int32Array(TOKENS);
  let at = before.length - 1;
  for (let token = FIRST_DIGIT_TOKEN; token >= 1; token--) {
    if (at < 0 || before[at] !== 0) return undefined;
    starts[token] = at + 1 - before.length;
    at = at === 0 ? -1 : before.lastIndexOf(0, at - 1);
  }
  let position = 0;
  for (let token = FIRST_DIGIT_TOKEN; token < TOKENS; token++) {
    starts[token] = position;
    const end = after.indexOf(0, position);
    if (end < 0) return undefined;
    position = end + 1;
  }
  for (const alignment of [8, 4]) {
    const index = alignUp(addVirt(digits, position), alignment);
    const bytes = readForwards(memory, index, TOKENS * 2);
    if (bytes.length < TOKENS * 2) continue;
    const entry = (token: number): number => bytes[token * 2]! | (bytes[token * 2 + 1]! << 8);
    starts[0] = starts[1]! - entry(1);
    let fits = entry(0) === 0 && -starts[0] <= before.length;
    for (let token = 1; fits && token < TOKENS; token++) {
      fits = entry(token) === starts[token]! - starts[0];
    }
    if (fits) return { table: addVirt(digits, starts[0]), index };
  }
  return undefined;
}

interface Markers {
  readonly address: VirtAddr;
  readonly count: number;
  /** Value of the last marker: where the names of its symbols start. */
  readonly last: number;
}

/** The markers below a token table whose number fits `count` symbols; undefined when there are none. */
export function findMarkers(
  memory: ReadableMemory,
  tokenTable: VirtAddr,
  count: number,
): VirtAddr | undefined {
  let left = MAX_CANDIDATES.markers;
  for (const markers of iterateMarkers(memory, tokenTable)) {
    if (markers.count === Math.ceil(count / PER_MARKER)) return markers.address;
    if (left-- <= 0) return undefined;
  }
  return undefined;
}

/** Runs of words that start with 0 and rise by plausible steps, from the token table down. */
function* iterateMarkers(memory: ReadableMemory, tokenTable: VirtAddr): Generator<Markers> {
  let above = 0;
  let last = 0;
  let run = 0;
  for (let done = 0; done < MARKER_WINDOW; done += CHUNK) {
    const end = addVirt(tokenTable, -done - Number(tokenTable & 3n));
    const bytes = readBackwards(memory, end, CHUNK);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = bytes.length - 4; at >= 0; at -= 4) {
      const word = view.getUint32(at, true);
      const step = above - word;
      if (run > 0 && step >= MIN_STEP && step <= MAX_STEP) run++;
      else [last, run] = [word, 1];
      above = word;
      if (word === 0 && run >= MIN_MARKERS) {
        yield { address: addVirt(end, at - bytes.length), count: run, last };
      }
    }
    if (bytes.length < CHUNK) return;
  }
}

interface Names {
  readonly address: VirtAddr;
  readonly count: number;
  readonly countAddress: VirtAddr;
}

/**
 * Names end where the markers start, and the count stands in front of them: of the few thousand
 * places where they may start, the count must fit the markers and the last names the end.
 */
function* iterateNames(memory: ReadableMemory, markers: Markers): Generator<Names> {
  const tail = readBackwards(memory, markers.address, MAX_STEP + 8);
  const headEnd = addVirt(markers.address, -markers.last);
  const head = readBackwards(memory, headEnd, MAX_STEP + 8);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  // Names start at a multiple of 4; `back` bytes before headEnd, so the last marker's names have
  // as many bytes up to the markers.
  for (let back = Number(headEnd & 3n); back + 8 <= head.length; back += 4) {
    for (const gap of [8, 4]) {
      const count = view.getUint32(head.length - back - gap, true);
      if (Math.ceil(count / PER_MARKER) !== markers.count) continue;
      const symbols = count - (markers.count - 1) * PER_MARKER;
      const used = lengthOfNames(tail, tail.length - back, symbols);
      if (used === undefined || back - used < 0 || back - used >= 8) continue;
      const address = addVirt(headEnd, -back);
      yield { address, count, countAddress: addVirt(address, -gap) };
    }
  }
}

/** Bytes that `symbols` compressed names take from `start` on; undefined when they do not fit. */
function lengthOfNames(bytes: Uint8Array, start: number, symbols: number): number | undefined {
  if (start < 0) return undefined;
  let at = start;
  for (let i = 0; i < symbols; i++) {
    const length = bytes[at];
    if (length === undefined || length === 0) return undefined;
    at += length < 0x80 ? 1 + length : 2 + ((length & 0x7f) | ((bytes[at + 1] ?? 0) << 7));
  }
  return at <= bytes.length ? at - start : undefined;
}

function* layoutsOf(tokens: Tokens, markers: Markers, names: Names): Generator<KallsymsLocations> {
  const common = {
    count: names.count,
    names: names.address,
    markers: markers.address,
    tokenTable: tokens.table,
    tokenIndex: tokens.index,
  };
  const size = names.count * 4;
  const base = addVirt(names.countAddress, -8);
  const before = addVirt(base, -((size + 7) & ~7));
  yield { ...common, offsets: before, relativeBase: base };
  const after = addVirt(tokens.index, TOKENS * 2);
  yield { ...common, offsets: after, relativeBase: alignUp(addVirt(after, size), 8) };
  yield { ...common, offsets: after, relativeBase: undefined };
}

function alignUp(address: VirtAddr, alignment: number): VirtAddr {
  const over = Number(address & BigInt(alignment - 1));
  return over === 0 ? address : addVirt(address, alignment - over);
}
