import type { ByteSource } from '../base/byte-source.ts';
import { corruptTable } from './corrupt.ts';
import { sectionOfFile, type SectionReader } from './dwarf/sections.ts';
import { buildIdOf } from './elf-notes.ts';
import { symbolsOf } from './elf-symbols.ts';
import { decodeName } from './name-hash.ts';
import type { AddressRange, SymbolTable } from './symbol-table.ts';

/** A section of an ELF64 file, as its header says; nothing is checked against the file's size. */
export interface ElfSection {
  /** In the table of sections; what a symbol's st_shndx names. */
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  /** In the file. */
  readonly offset: number;
  readonly size: number;
  /** sh_link: of a symbol table, the index of its string table. */
  readonly link: number;
  /** sh_info: of relocations, the index of the section they change. */
  readonly info: number;
}

export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly virt: bigint;
  readonly phys: bigint;
  readonly fileSize: number;
  readonly memorySize: number;
}

/** An ELF64 little-endian file (vmlinux, a module), read lazily. */
export interface ElfFile {
  readonly name: string;
  /** e_type: 1 relocatable, 2 executable, 3 shared, 4 core. */
  readonly type: number;
  readonly machine: number;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  findSection(name: string): ElfSection | undefined;
  /** @throws FaultError `corrupt` when the section lies outside the file, `io` */
  readSection(section: ElfSection): Uint8Array;
  /** The section's bytes in the file, window by window; a read outside the file throws. */
  sectionReader(section: ElfSection): SectionReader;
  /** Hex of the NT_GNU_BUILD_ID note; undefined where there is none. */
  findBuildId(): string | undefined;
  /**
   * Defined symbols of `.symtab`; undefined where it was stripped.
   * @param baseOf of a relocatable file, the address of a section by index; see symbolsOf()
   * @param ranges where they may answer for an address
   * @throws FaultError
   */
  readSymbols(
    baseOf?: (section: number) => bigint | undefined,
    ranges?: readonly AddressRange[],
  ): SymbolTable | undefined;
}

export const SHT_SYMTAB = 2;
const SHT_NOTE = 7;
export const SHT_NOBITS = 8;
const PT_NOTE = 4;
const MAX_NOTES = 64 * 1024;
const SECTION_HEADER = 64;
const SEGMENT_HEADER = 56;
/** vmlinux with debug sections has about 80; -ffunction-sections modules some thousands. */
const MAX_HEADERS = 100_000;
/** The largest section read whole: .debug_info of a full kernel stays below. */
const MAX_SECTION = 1024 * 1024 * 1024;

/**
 * @throws FaultError `corrupt` when it is no ELF64 little-endian file or its headers lie outside
 * @source include/uapi/linux/elf.h
 */
export function openElf(source: ByteSource): ElfFile {
  return new LazyElf(source);
}

class LazyElf implements ElfFile {
  readonly name: string;
  readonly type: number;
  readonly machine: number;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.name = source.name;
    this.#source = source;
    const header = this.#view(0, 64, 'ELF header');
    if (header.getUint32(0) !== 0x7f454c46 || header.getUint16(4) !== 0x0201) {
      const found = `0x${header.getUint32(0).toString(16)}, 0x${header.getUint16(4).toString(16)}`;
      throw corruptTable(`ELF header of ${source.name}`, 0, 'an ELF64 little-endian file', found);
    }
    this.type = header.getUint16(16, true);
    this.machine = header.getUint16(18, true);
    this.segments = this.#readSegments(
      Number(header.getBigUint64(32, true)),
      header.getUint16(56, true),
    );
    this.sections = this.#readSections(
      Number(header.getBigUint64(40, true)),
      header.getUint16(60, true),
      header.getUint16(62, true),
    );
  }

  findSection(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  readSection(section: ElfSection): Uint8Array {
    if (section.type === SHT_NOBITS) return new Uint8Array(0);
    return this.#bytes(section.offset, section.size, `section ${section.name}`);
  }

  sectionReader(section: ElfSection): SectionReader {
    const size = section.type === SHT_NOBITS ? 0 : section.size;
    return sectionOfFile(`${section.name} of ${this.name}`, this.#source, section.offset, size);
  }

  findBuildId(): string | undefined {
    for (const section of this.sections) {
      if (section.type !== SHT_NOTE || section.size > MAX_NOTES) continue;
      const found = buildIdOf(this.readSection(section));
      if (found !== undefined) return found;
    }
    // In a split debug file (.debug) segments describe the file it was split from.
    if (this.sections.length > 0) return undefined;
    for (const segment of this.segments) {
      if (segment.type !== PT_NOTE || segment.fileSize > MAX_NOTES) continue;
      const found = buildIdOf(this.#bytes(segment.offset, segment.fileSize, 'notes'));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  readSymbols(
    baseOf?: (section: number) => bigint | undefined,
    ranges?: readonly AddressRange[],
  ): SymbolTable | undefined {
    const section = this.sections.find(({ type }) => type === SHT_SYMTAB);
    const names = section === undefined ? undefined : this.sections[section.link];
    if (section === undefined || names === undefined) return undefined;
    const [symtab, strtab] = [this.readSection(section), this.readSection(names)];
    return symbolsOf(symtab, strtab, this.name, baseOf, ranges);
  }

  #readSegments(offset: number, count: number): ElfSegment[] {
    const view = this.#view(offset, count * SEGMENT_HEADER, 'program headers');
    return Array.from({ length: count }, (_, i) => {
      const at = i * SEGMENT_HEADER;
      return {
        type: view.getUint32(at, true),
        flags: view.getUint32(at + 4, true),
        offset: Number(view.getBigUint64(at + 8, true)),
        virt: view.getBigUint64(at + 16, true),
        phys: view.getBigUint64(at + 24, true),
        fileSize: Number(view.getBigUint64(at + 32, true)),
        memorySize: Number(view.getBigUint64(at + 40, true)),
      };
    });
  }

  #readSections(offset: number, told: number, toldNames: number): ElfSection[] {
    if (offset === 0) return [];
    // Too many for 16 bits: the real numbers are in section 0 (sh_size, sh_link).
    const first = this.#view(offset, SECTION_HEADER, 'section headers');
    const count = told === 0 ? Number(first.getBigUint64(32, true)) : told;
    const namesIndex = toldNames === 0xffff ? first.getUint32(40, true) : toldNames;
    if (count > MAX_HEADERS) {
      throw corruptTable(
        `ELF header of ${this.name}`,
        60,
        `up to ${MAX_HEADERS} sections`,
        String(count),
      );
    }
    const view = this.#view(offset, count * SECTION_HEADER, 'section headers');
    const sections = Array.from({ length: count }, (_, i) => sectionAt(view, i));
    const strings = sections[namesIndex];
    const names = strings === undefined ? new Uint8Array(0) : this.readSection(strings);
    return sections.map(({ nameOffset, ...rest }) => ({
      ...rest,
      name: stringAt(names, nameOffset),
    }));
  }

  #view(offset: number, length: number, what: string): DataView {
    return new DataView(this.#bytes(offset, length, what).buffer);
  }

  #bytes(offset: number, length: number, what: string): Uint8Array {
    const { size, name } = this.#source;
    if (length > MAX_SECTION || offset + length > size) {
      const found = `${length} bytes at ${offset}`;
      throw corruptTable(`${what} of ${name}`, offset, `to lie within ${size} bytes`, found);
    }
    const bytes = new Uint8Array(length);
    const read = this.#source.read(offset, bytes, 0, length);
    if (read < length) {
      throw corruptTable(`${what} of ${name}`, offset, `${length} bytes`, `${read} bytes`);
    }
    return bytes;
  }
}

function sectionAt(view: DataView, index: number): ElfSection & { readonly nameOffset: number } {
  const at = index * SECTION_HEADER;
  return {
    index,
    name: '',
    nameOffset: view.getUint32(at, true),
    type: view.getUint32(at + 4, true),
    flags: view.getBigUint64(at + 8, true),
    address: view.getBigUint64(at + 16, true),
    offset: Number(view.getBigUint64(at + 24, true)),
    size: Number(view.getBigUint64(at + 32, true)),
    link: view.getUint32(at + 40, true),
    info: view.getUint32(at + 44, true),
  };
}

function stringAt(strings: Uint8Array, offset: number): string {
  const end = strings.indexOf(0, offset);
  return decodeName(strings, offset, Math.min(end < 0 ? strings.length : end, offset + 4096));
}
