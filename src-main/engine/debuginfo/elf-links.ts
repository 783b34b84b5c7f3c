import { hexOf } from './elf-notes.ts';
import type { ElfFile } from './elf.ts';

/** `.gnu_debuglink`: the file's debuginfo is elsewhere. */
export interface DebugLink {
  /** A file name without folders. */
  readonly name: string;
  /** CRC-32 (as zlib's) of the whole file. */
  readonly crc: number;
}

/** `.gnu_debugaltlink` (dwz) or `.debug_sup` (DWARF 5): the file that holds what several share. */
export interface SupplementaryLink {
  /** As written by dwz: a path, often relative to the file's folder. */
  readonly path: string;
  readonly buildId: string;
}

const MAX_LINK = 64 * 1024;

/** Undefined where there is none, or it cannot be one. @throws FaultError */
export function findDebugLink(elf: ElfFile): DebugLink | undefined {
  const bytes = readLink(elf, '.gnu_debuglink');
  const end = bytes?.indexOf(0) ?? -1;
  if (bytes === undefined || end <= 0) return undefined;
  const at = Math.ceil((end + 1) / 4) * 4;
  if (at + 4 > bytes.length) return undefined;
  const name = textOf(bytes.subarray(0, end));
  if (name.includes('/') || name === '..' || name === '.') return undefined;
  const crc = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
  return { name, crc };
}

/** @throws FaultError @source binutils' and dwz' layout: path NUL build-id; DWARF 5 7.3.6 `.debug_sup` */
export function findSupplementaryLink(elf: ElfFile): SupplementaryLink | undefined {
  const gnu = readLink(elf, '.gnu_debugaltlink');
  if (gnu !== undefined) return pathAndId(gnu, 0);
  const sup = readLink(elf, '.debug_sup');
  // version (5), is_supplementary: the file with a 1 is itself the shared one.
  if (sup === undefined || sup.length < 4 || sup[0] !== 5 || sup[2] !== 0) return undefined;
  const end = sup.indexOf(0, 3);
  if (end < 0) return undefined;
  // The checksum follows its length, a ULEB128.
  const { value, next } = uleb(sup, end + 1);
  const id = sup.subarray(next, next + value);
  return id.length === 0 ? undefined : { path: textOf(sup.subarray(3, end)), buildId: hexOf(id) };
}

/** The id by which others refer to this file, when it is a DWARF 5 supplementary file itself. */
export function findSupplementaryId(elf: ElfFile): string | undefined {
  const sup = readLink(elf, '.debug_sup');
  if (sup === undefined || sup.length < 5 || sup[0] !== 5 || sup[2] !== 1) return undefined;
  const { value, next } = uleb(sup, sup.indexOf(0, 3) + 1);
  return value === 0 ? undefined : hexOf(sup.subarray(next, next + value));
}

function pathAndId(bytes: Uint8Array, start: number): SupplementaryLink | undefined {
  const end = bytes.indexOf(0, start);
  const id = bytes.subarray(end + 1);
  if (end <= start || id.length === 0 || id.length > 64) return undefined;
  return { path: textOf(bytes.subarray(start, end)), buildId: hexOf(id) };
}

function uleb(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < 4 && start + i < bytes.length; i++) {
    const byte = bytes[start + i]!;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value: Math.min(value, 64), next: start + i + 1 };
  }
  return { value: 0, next: start };
}

function readLink(elf: ElfFile, name: string): Uint8Array | undefined {
  const section = elf.findSection(name);
  return section === undefined || section.size > MAX_LINK ? undefined : elf.readSection(section);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
