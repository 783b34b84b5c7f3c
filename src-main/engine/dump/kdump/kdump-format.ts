import type { ByteSource, Decompressors } from '../../base/byte-source.ts';
import { FaultError } from '../../base/fault.ts';
import type { DumpFormat, DumpNote, HeaderFact, Probe } from '../dump-image.ts';
import { readNotes, trimNuls, vmcoreinfoOf } from '../elf-notes.ts';
import { flattenedFacts } from '../flattened/flattened-source.ts';
import { OpenError, parsingHeaders } from '../open-error.ts';
import { readExactly } from '../read-exactly.ts';
import {
  hasKdumpSignature,
  type KdumpHeader,
  readKdumpHeader,
  STATUS_EXCLUDED_VMEMMAP,
  STATUS_INCOMPLETE,
} from './header.ts';
import { KdumpImage } from './kdump-image.ts';
import { codecName, KdumpPart } from './part.ts';

const MAX_VMCOREINFO = 1 << 20;
const MAX_ERASEINFO = 4 << 20;

/**
 * makedumpfile's kdump-compressed format (also written by QEMU), versions 0 to 6, one file or a
 * split set in any order.
 * @source makedumpfile 1.7.8 diskdump_mod.h, `write_kdump_header`; IMPLEMENTATION
 */
export const kdumpFormat: DumpFormat = {
  name: 'kdump-compressed',
  open(sources: readonly ByteSource[], codecs: Decompressors): Probe {
    if (!sources.some(hasKdumpSignature)) return { match: 'no' };
    try {
      return { match: 'yes', image: openKdump(sources, codecs) };
    } catch (error) {
      if (error instanceof OpenError) return { match: 'damaged', error };
      throw error;
    }
  },
};

function openKdump(sources: readonly ByteSource[], codecs: Decompressors): KdumpImage {
  const { originals, prefix, warnings } = flattenedFacts(sources);
  const parts = sources.map((source) =>
    parsingHeaders(source, () => {
      if (!hasKdumpSignature(source)) {
        throw new OpenError(
          'mismatched-set',
          source.name,
          'is not kdump-compressed, unlike the other files given with it.',
        );
      }
      return new KdumpPart(source, readKdumpHeader(source, warnings), codecs);
    }),
  );
  parts.sort((a, b) => a.start - b.start || a.end - b.end);
  const first = checkSet(parts, warnings);
  const { header } = first;
  for (const part of parts) warnAboutPart(part, warnings);

  const notes = readPartNotes(first, warnings);
  const vmcoreinfo = readVmcoreinfo(first, warnings) ?? vmcoreinfoOf(notes);
  const codec = codecName(header.status);
  const split = header.split === undefined ? '' : ', split';
  return new KdumpImage([first, ...parts.slice(1)], {
    format: `${prefix}kdump-compressed v${String(header.version)} (${codec}${split})`,
    sources: originals,
    notes,
    vmcoreinfo,
    headerFacts: headerFactsOf(header),
    warnings,
  });
}

/**
 * Files given together must be parts of one dump: same machine, same moment, ranges that do not
 * overlap. Gaps are allowed (their pages are `missing-part`) and warned of.
 * @returns the part with the lowest frames
 */
function checkSet(parts: KdumpPart[], warnings: string[]): KdumpPart {
  const first = parts[0];
  if (first === undefined) throw new OpenError('empty', '', 'no file given.');
  const single = parts.find((part) => part.header.split === undefined);
  if (parts.length > 1 && single !== undefined) {
    throw new OpenError(
      'mismatched-set',
      single.source.name,
      'is a whole dump, not a part of a split set, but other files were given with it.',
    );
  }
  let next = 0;
  for (const part of parts) {
    const difference = differenceOf(first.header, part.header);
    if (difference !== undefined) {
      throw new OpenError(
        'mismatched-set',
        part.source.name,
        `is not a part of the same dump as ${first.source.name}: ${difference} differs.`,
      );
    }
    if (part.start === part.end) continue;
    if (part.start < next) {
      throw new OpenError(
        'mismatched-set',
        part.source.name,
        `holds page frames from ${String(part.start)}, which another file given with it holds too.`,
      );
    }
    if (part.start > next) warnings.push(missing(next, part.start));
    next = part.end;
  }
  if (next < first.header.maxMapnr) warnings.push(missing(next, first.header.maxMapnr));
  return first;
}

function missing(start: number, end: number): string {
  return `A part of the split dump is missing: no file given holds page frames ${String(start)} to ${String(end - 1)}.`;
}

function differenceOf(a: KdumpHeader, b: KdumpHeader): string | undefined {
  if (a.maxMapnr !== b.maxMapnr) return 'max_mapnr';
  if (a.timestamp !== b.timestamp) return 'timestamp';
  if (a.utsname.release !== b.utsname.release) return 'utsname.release';
  if (a.utsname.nodename !== b.utsname.nodename) return 'utsname.nodename';
  return undefined;
}

function warnAboutPart(part: KdumpPart, warnings: string[]): void {
  const { header, source } = part;
  const end = part.findCutOff();
  if (end !== undefined) {
    warnings.push(
      `${source.name}: the file is truncated: its pages reach to ${hexOf(end)} at least, it ends at ${hexOf(source.size)}. Pages beyond are shown as truncated.`,
    );
  }
  if ((header.status & STATUS_INCOMPLETE) !== 0) {
    warnings.push(
      `${source.name}: the dump is incomplete: makedumpfile could not write all of it. Pages it did not come to are shown as truncated, or as excluded where it had not yet judged them.`,
    );
  }
  if ((header.status & STATUS_EXCLUDED_VMEMMAP) !== 0) {
    warnings.push(
      `${source.name}: unused struct pages (vmemmap) were left out too (--exclude-unused-vm).`,
    );
  }
}

function readPartNotes(part: KdumpPart, warnings: string[]): DumpNote[] {
  const { source, header } = part;
  if (header.notes === undefined) return [];
  const { offset, size } = header.notes;
  if (offset >= source.size) {
    warnings.push(
      `${source.name}: offset_note ${hexOf(offset)} is beyond the end of the file; no notes are read.`,
    );
    return [];
  }
  const notes = parsingHeaders(source, () => readNotes(source, offset, size, warnings));
  const erased = readExtent(part, 'eraseinfo', MAX_ERASEINFO, warnings);
  if (erased !== undefined && !notes.some((note) => note.name === 'ERASEINFO')) {
    notes.push({ name: 'ERASEINFO', type: 0, desc: erased });
  }
  return notes;
}

function readVmcoreinfo(part: KdumpPart, warnings: string[]): Uint8Array | undefined {
  const bytes = readExtent(part, 'vmcoreinfo', MAX_VMCOREINFO, warnings);
  return bytes === undefined ? undefined : trimNuls(bytes);
}

function readExtent(
  part: KdumpPart,
  name: 'vmcoreinfo' | 'eraseinfo',
  limit: number,
  warnings: string[],
): Uint8Array | undefined {
  const extent = part.header[name];
  if (extent === undefined) return undefined;
  try {
    if (extent.size > limit) {
      throw new FaultError({
        kind: 'corrupt',
        what: `size_${name}`,
        expected: `at most ${String(limit)} bytes`,
        found: String(extent.size),
        offset: part.header.blockSize,
      });
    }
    return readExactly(part.source, extent.offset, extent.size, name.toUpperCase());
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    warnings.push(`${part.source.name}: ${error.message}; it is not read.`);
    return undefined;
  }
}

function headerFactsOf(header: KdumpHeader): HeaderFact[] {
  const facts: HeaderFact[] = [
    { name: 'header_version', value: header.version },
    { name: 'status', value: header.status },
    { name: 'block_size', value: header.blockSize },
    { name: 'max_mapnr', value: header.maxMapnr },
    { name: 'nr_cpus', value: header.nrCpus },
    { name: 'current_cpu', value: header.currentCpu },
    { name: 'timestamp', value: header.timestamp },
  ];
  if (header.physBase !== undefined) facts.push({ name: 'phys_base', value: header.physBase });
  if (header.dumpLevel !== undefined) facts.push({ name: 'dump_level', value: header.dumpLevel });
  if (header.split !== undefined) {
    facts.push({ name: 'start_pfn', value: header.split.start });
    facts.push({ name: 'end_pfn', value: header.split.end });
  }
  if (header.eraseinfo !== undefined) {
    facts.push({ name: 'size_eraseinfo', value: header.eraseinfo.size });
  }
  return facts;
}

function hexOf(value: number): string {
  return `0x${value.toString(16)}`;
}
