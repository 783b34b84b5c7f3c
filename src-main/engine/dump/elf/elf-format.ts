import type { ByteSource } from '../../base/byte-source.ts';
import type { DumpFormat, DumpNote, HeaderFact, Probe } from '../dump-image.ts';
import { readNotes, vmcoreinfoOf } from '../elf-notes.ts';
import { flattenedFacts } from '../flattened/flattened-source.ts';
import { OpenError, parsingHeaders } from '../open-error.ts';
import {
  type ElfHeader,
  hasElfMagic,
  iterateProgramHeaders,
  PT_LOAD,
  PT_NOTE,
  readElfHeader,
} from './elf-header.ts';
import { ElfImage } from './elf-image.ts';
import { SegmentMap } from './segment-map.ts';

/** makedumpfile's mark in e_flags that it could not write all. */
const DUMP_ELF_INCOMPLETE = 0x1;
/** x86-64 has 52 physical address bits; /proc/kcore and QEMU write -1 for "none". */
const PHYSICAL_END = 2 ** 52;
/** Notes only a user process's core has (NT_AUXV, NT_FILE). */
const NT_AUXV = 6;
const NT_FILE = 0x46494c45;

/** Every writer makes one; each may name the same bytes of the file again. */
const MAX_NOTE_SEGMENTS = 16;

type Segment = readonly [start: number, end: number, fileOffset: number];

/**
 * ELF64 vmcore: kdump's /proc/vmcore, makedumpfile -E, QEMU dump-guest-memory with and without
 * paging, netdump.
 * @source fs/proc/vmcore.c; makedumpfile 1.7.8 `write_elf_header`; QEMU dump/dump.c
 */
export const elfFormat: DumpFormat = {
  name: 'ELF vmcore',
  open(sources: readonly ByteSource[]): Probe {
    const source = sources.find(hasElfMagic);
    if (source === undefined) return { match: 'no' };
    try {
      if (sources.length > 1) {
        throw new OpenError(
          'mismatched-set',
          source.name,
          'is an ELF core file: it is a whole dump, but other files were given with it.',
        );
      }
      return { match: 'yes', image: parsingHeaders(source, () => openElf(source)) };
    } catch (error) {
      if (error instanceof OpenError) return { match: 'damaged', error };
      throw error;
    }
  },
};

function openElf(source: ByteSource): ElfImage {
  const { originals, prefix, warnings } = flattenedFacts([source]);
  const header = readElfHeader(source);
  const { stored, memory, notes, unplaced } = readSegments(source, header, warnings);
  if (notes.some((note) => note.name === 'CORE' && isProcessNote(note))) {
    throw new OpenError(
      'not-a-dump',
      source.name,
      'is the core file of a user process, not a dump of the kernel.',
    );
  }
  if (memory.length === 0) {
    const none = unplaced === 0 ? '' : ` (${String(unplaced)} have none)`;
    throw new OpenError(
      'damaged',
      source.name,
      // Of a flattened file that was cut off, the headers (written last) may be what is lost.
      [
        `none of its ${String(header.count)} program headers is a PT_LOAD with a physical address${none}.`,
        ...warnings,
      ].join(' '),
    );
  }
  const storedMap = new SegmentMap(stored);
  const beyond = stored.reduce((end, [start, stop, at]) => Math.max(end, at + stop - start), 0);
  if (beyond > source.size) {
    warnings.push(
      `${source.name}: the file is truncated: its segments reach to ${place(beyond)}, it ends at ${place(source.size)}. Pages beyond are shown as truncated.`,
    );
  }
  if ((header.flags & DUMP_ELF_INCOMPLETE) !== 0) {
    warnings.push(
      `${source.name}: the dump is incomplete: makedumpfile could not write all of it. Memory it did not come to is shown as truncated, or as not RAM where it had not yet named it.`,
    );
  }
  if (header.notInLongMode) {
    warnings.push(
      `${source.name}: its first CPU was not in 64-bit mode when it was dumped (e_machine is i386).`,
    );
  }
  const writer = notes.some((note) => note.name === 'QEMU') ? 'QEMU ELF vmcore' : 'ELF vmcore';
  return new ElfImage(source, storedMap, new SegmentMap(memory), {
    format: `${prefix}${writer}`,
    sources: originals,
    notes,
    vmcoreinfo: vmcoreinfoOf(notes),
    headerFacts: headerFactsOf(header, stored.length),
    warnings,
  });
}

function isProcessNote(note: DumpNote): boolean {
  return note.type === NT_AUXV || note.type === NT_FILE;
}

function readSegments(
  source: ByteSource,
  header: ElfHeader,
  warnings: string[],
): { stored: Segment[]; memory: Segment[]; notes: DumpNote[]; unplaced: number } {
  const stored: Segment[] = [];
  const memory: Segment[] = [];
  const notes: DumpNote[] = [];
  let unplaced = 0;
  let noteSegments = 0;
  // One sentence for all of a kind: there may be as many as the file has room for.
  let firstBeyond = '';
  let beyond = 0;
  let index = 0;
  for (const segment of iterateProgramHeaders(source, header)) {
    if (segment.type === PT_NOTE) {
      noteSegments++;
      if (noteSegments > MAX_NOTE_SEGMENTS) {
        // Counted only; said below.
      } else if (segment.offset < source.size) {
        notes.push(...readNotes(source, segment.offset, segment.fileSize, warnings, notes));
      } else {
        warnings.push(
          `${source.name}: the file ends before its notes at ${place(segment.offset)}; none are read.`,
        );
      }
    } else if (segment.type === PT_LOAD && segment.memorySize + segment.fileSize > 0) {
      const start = Number(segment.physical);
      const size = Math.max(segment.memorySize, segment.fileSize);
      if (segment.physical === 0xffff_ffff_ffff_ffffn) {
        unplaced++;
      } else if (start + size > PHYSICAL_END) {
        if (++beyond === 1) {
          firstBeyond = `program header ${String(index)} names physical memory ${place(start)} to ${place(start + size)}`;
        }
      } else {
        memory.push([start, start + size, 0]);
        if (segment.fileSize > 0) {
          stored.push([start, start + segment.fileSize, segment.offset]);
        }
      }
    }
    index++;
  }
  if (noteSegments > MAX_NOTE_SEGMENTS) {
    warnings.push(
      `${source.name}: it has ${String(noteSegments)} note segments; those after the first ${String(MAX_NOTE_SEGMENTS)} are not read.`,
    );
  }
  if (beyond > 0) {
    const more = beyond === 1 ? '' : ` (and ${String(beyond - 1)} more like it)`;
    warnings.push(`${source.name}: ${firstBeyond}, beyond 52 bits${more}; it is ignored.`);
  }
  return { stored, memory, notes, unplaced };
}

function headerFactsOf(header: ElfHeader, segments: number): HeaderFact[] {
  return [
    { name: 'e_phnum', value: header.count },
    { name: 'e_flags', value: header.flags },
    { name: 'stored PT_LOAD', value: segments },
  ];
}

function place(value: number): string {
  return `0x${value.toString(16)}`;
}
