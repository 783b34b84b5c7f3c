import type { ByteSource } from '../../base/byte-source.ts';
import { corruptTable } from '../corrupt.ts';

/**
 * Bytes of one debug section, uncompressed and relocated. Large sections are windows over a file:
 * nobody asks for more than one unit, list or table at a time.
 */
export interface SectionReader {
  /** In messages, e.g. `.debug_info of vmlinux`. */
  readonly name: string;
  /** Bytes; exact as a double. */
  readonly size: number;
  /**
   * Exactly `length` bytes, not to be changed by the caller; a view or a copy.
   * @throws FaultError `corrupt` when they lie outside the section, `io`
   */
  bytes(offset: number, length: number): Uint8Array;
}

/** `.debug_frame` or `.eh_frame`. */
export interface FrameSection {
  readonly kind: 'debug_frame' | 'eh_frame';
  readonly reader: SectionReader;
  /** Link-time address of the section's first byte (sh_addr), for DW_EH_PE_pcrel. */
  readonly address: bigint;
}

/**
 * The DWARF of one ELF file (vmlinux, a module, or a dwz file as `sup`). Addresses in it are the
 * file's own ("link-time"); of a relocated module they are already those of the dump. Whoever has
 * the file only in part leaves sections out; what needs them says so.
 */
export interface DwarfSections {
  /** For messages: the file's base name. */
  readonly name: string;
  readonly info: SectionReader;
  readonly abbrev: SectionReader;
  readonly line?: SectionReader | undefined;
  readonly str?: SectionReader | undefined;
  /** .debug_line_str */
  readonly lineStr?: SectionReader | undefined;
  readonly ranges?: SectionReader | undefined;
  readonly rnglists?: SectionReader | undefined;
  readonly loc?: SectionReader | undefined;
  readonly loclists?: SectionReader | undefined;
  readonly addr?: SectionReader | undefined;
  readonly strOffsets?: SectionReader | undefined;
  readonly aranges?: SectionReader | undefined;
  /** .debug_types (type units of DWARF 4). */
  readonly types?: SectionReader | undefined;
  /** In order of preference. */
  readonly frames?: readonly FrameSection[] | undefined;
  /** .gnu_debugaltlink (dwz) or .debug_sup: the file that holds what several share. */
  readonly sup?: DwarfSections | undefined;
}

/** A section that is in memory whole. */
export function sectionOfBytes(name: string, bytes: Uint8Array): SectionReader {
  return {
    name,
    size: bytes.length,
    bytes(offset, length) {
      checkWindow(name, bytes.length, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** A section that lies in a file as it is: every read copies its window out. */
export function sectionOfFile(
  name: string,
  source: ByteSource,
  start: number,
  size: number,
): SectionReader {
  return {
    name,
    size,
    bytes(offset, length) {
      checkWindow(name, size, offset, length);
      // Before anything is allocated: headers may claim more than the file has.
      if (start + offset + length > source.size) {
        const found = `the end of the file (${source.size} bytes)`;
        throw corruptTable(name, offset, `${length} bytes at ${start + offset}`, found);
      }
      const bytes = new Uint8Array(length);
      const read = source.read(start + offset, bytes, 0, length);
      if (read < length) throw corruptTable(name, offset, `${length} bytes`, `${read} bytes`);
      return bytes;
    },
  };
}

function checkWindow(name: string, size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw corruptTable(name, offset, `${length} bytes within ${size}`, 'the end of the section');
}
