import type {
  ByteState,
  MemoryOwner,
  MemoryRange,
  MemorySpan,
} from '../../src-shared/contract/index.ts';
import { byteStateText } from './absent.ts';
import { hexByte } from './format.ts';

export const ROW_BYTES = 16;
export const ROW_COUNT = 1n << 60n;

/** Neighbouring bytes of one row in one state, as text. */
export interface Run {
  readonly state: ByteState | 'loading';
  /** First byte in the row, and how many. */
  readonly at: number;
  readonly length: number;
  /** Two characters a byte, blanks between; the middle of the row has one blank more. */
  readonly hex: string;
  readonly ascii: string;
}

export interface MemoryRow {
  readonly address: bigint;
  readonly runs: readonly Run[];
  /** The most specific owner of the row; `starts` when it begins in this row. */
  readonly owner: MemoryOwner | undefined;
  readonly starts: boolean;
  readonly phys: bigint | undefined;
  /** Why bytes are missing; `whyStarts` when that begins in this row. */
  readonly why: string | undefined;
  readonly whyStarts: boolean;
}

/** Row `row` (by 16 bytes) of a range; the range begins at a multiple of 16. */
export function rowOf(range: MemoryRange, row: number): MemoryRow {
  const from = row * ROW_BYTES;
  const to = Math.min(range.length, from + ROW_BYTES);
  const runs: Run[] = [];
  let phys: bigint | undefined;
  let why: string | undefined;
  let whyStarts = false;
  for (const span of overlapping(range.spans, from, to)) {
    const start = Math.max(from, span.offset);
    const end = Math.min(to, span.offset + span.length);
    if (end <= start) continue;
    runs.push(runOf(range, span.state, start, end - start, start - from));
    if (phys === undefined && span.phys !== undefined)
      phys = span.phys + BigInt(start - span.offset);
    if (span.why !== undefined && why === undefined) {
      why = span.why;
      whyStarts = span.offset >= from || row === 0;
    }
  }
  const owner = range.owners.findLast(
    (candidate) => candidate.offset < to && candidate.offset + candidate.length > from,
  );
  return {
    address: range.address + BigInt(from),
    runs,
    owner,
    starts: owner !== undefined && (owner.offset >= from || row === 0),
    phys,
    why,
    whyStarts,
  };
}

export function loadingRow(address: bigint): MemoryRow {
  const glyphs = new Array<string>(ROW_BYTES).fill('  ');
  return {
    address,
    runs: [
      { state: 'loading', at: 0, length: ROW_BYTES, hex: glyphs.join(' '), ascii: ' '.repeat(16) },
    ],
    owner: undefined,
    starts: false,
    phys: undefined,
    why: undefined,
    whyStarts: false,
  };
}

/** Column (in characters) of a byte in the hex text: the gap after eight bytes is two wide. */
export function hexColumn(byte: number): number {
  return byte * 3 + (byte >= 8 ? 1 : 0);
}

/** The byte under a column of the hex text. */
export function byteAtColumn(column: number): number {
  const byte = column < 24.5 ? Math.floor(column / 3) : Math.floor((column - 1) / 3);
  return Math.min(ROW_BYTES - 1, Math.max(0, byte));
}

/** State of one byte of a range. */
export function stateAt(range: MemoryRange, offset: number): ByteState {
  return (
    range.spans.find((span) => span.offset <= offset && offset < span.offset + span.length)
      ?.state ?? 'not-in-dump'
  );
}

export function isKnown(state: ByteState | 'loading'): boolean {
  return state === 'present' || state === 'zero';
}

function* overlapping(spans: readonly MemorySpan[], from: number, to: number) {
  for (const span of spans) {
    if (span.offset >= to) return;
    if (span.offset + span.length > from) yield span;
  }
}

function runOf(range: MemoryRange, state: ByteState, start: number, length: number, at: number) {
  const glyph = byteStateText(state).glyph;
  let hex = '';
  let ascii = '';
  for (let index = 0; index < length; index++) {
    const place = at + index;
    if (place > 0) hex += place === 8 ? '  ' : ' ';
    const byte = range.bytes[start + index] ?? 0;
    hex += glyph ?? hexByte(byte);
    ascii +=
      glyph !== undefined ? ' ' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return { state, at, length, hex, ascii };
}
