import { concat, type NoteText, USUAL_NOTES, writeNotes } from './notes.ts';
import { memoryPage, type PageKind } from './page-map.ts';

const PAGE = 4096;

export interface ElfOptions {
  readonly notes?: readonly NoteText[];
  /** Count the program headers in section header 0 (PN_XNUM), as more than 65,534 need it. */
  readonly extendedCount?: boolean;
  /** e_machine, e_type, EI_CLASS of the header. */
  readonly machine?: number;
  readonly type?: number;
  readonly flags?: number;
  /** More PT_LOADs over the same bytes (as QEMU with paging writes them): [start, end) frames. */
  readonly aliases?: readonly (readonly [start: number, end: number])[];
}

/**
 * An ELF64 vmcore of the drawn memory: a PT_LOAD per run of RAM; excluded pages at the end of a
 * segment are memory without file bytes (p_memsz > p_filesz), as makedumpfile -E writes them.
 */
export function writeElf(kinds: readonly PageKind[], options: ElfOptions = {}): Uint8Array {
  const notes = writeNotes(options.notes ?? USUAL_NOTES);
  const segments = segmentsOf(kinds);
  const aliases = options.aliases ?? [];
  const count = 1 + segments.length + aliases.length;
  const sectionAt = 64 + count * 56;
  const notesAt = sectionAt + (options.extendedCount === true ? 64 : 0);
  let at = Math.ceil((notesAt + notes.length) / PAGE) * PAGE;

  const header = new Uint8Array(at);
  const view = new DataView(header.buffer);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, options.type ?? 4, true);
  view.setUint16(18, options.machine ?? 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(48, options.flags ?? 0, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, options.extendedCount === true ? 0xffff : count, true);
  if (options.extendedCount === true) {
    view.setBigUint64(40, BigInt(sectionAt), true);
    view.setUint32(sectionAt + 44, count, true);
  }
  header.set(notes, notesAt);

  let next = 64;
  const programHeader = (
    type: number,
    offset: number,
    physical: number,
    fileSize: number,
    memorySize: number,
  ): void => {
    view.setUint32(next, type, true);
    view.setBigUint64(next + 8, BigInt(offset), true);
    view.setBigUint64(next + 24, BigInt(physical), true);
    view.setBigUint64(next + 32, BigInt(fileSize), true);
    view.setBigUint64(next + 40, BigInt(memorySize), true);
    next += 56;
  };
  programHeader(4, notesAt, 0, notes.length, notes.length);
  const data: Uint8Array[] = [];
  const offsets = new Map<number, number>();
  for (const { start, stored, end } of segments) {
    const fileSize = (stored - start) * PAGE;
    programHeader(1, fileSize === 0 ? 0 : at, start * PAGE, fileSize, (end - start) * PAGE);
    for (let frame = start; frame < stored; frame++) {
      data.push(memoryPage(kinds[frame] as PageKind, frame));
      offsets.set(frame, at);
      at += PAGE;
    }
  }
  for (const [start, end] of aliases) {
    const size = (end - start) * PAGE;
    programHeader(1, offsets.get(start) ?? 0, start * PAGE, size, size);
  }
  return concat([header, ...data]);
}

/** Runs of RAM, cut where stored pages follow excluded ones: `[start, stored)` has bytes. */
function segmentsOf(kinds: readonly PageKind[]): { start: number; stored: number; end: number }[] {
  const segments: { start: number; stored: number; end: number }[] = [];
  kinds.forEach((kind, frame) => {
    if (kind === 'hole') return;
    const last = segments.at(-1);
    const isStored = kind !== 'excluded';
    if (last === undefined || last.end !== frame || (isStored && last.stored !== frame)) {
      segments.push({ start: frame, stored: isStored ? frame + 1 : frame, end: frame + 1 });
      return;
    }
    last.end++;
    if (isStored) last.stored++;
  });
  return segments;
}
