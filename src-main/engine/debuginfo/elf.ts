import type { ByteSource } from '../base/byte-source.ts';
import { corruptTable } from './corrupt.ts';
import { ElfNames } from './module-kallsyms.ts';
import { endOfName } from './name-hash.ts';
import { SymbolTable } from './symbol-table.ts';

/** A section of an ELF64 file, as its header says; nothing is checked against the file's size. */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  /** In the file. */
  readonly offset: number;
  readonly size: number;
  /** sh_link: of a symbol table, the index of its string table. */
  readonly link: number;
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
  /** Hex of the NT_GNU_BUILD_ID note; undefined where there is none. */
  findBuildId(): string | undefined;
  /** Defined symbols of `.symtab`; undefined where it was stripped. @throws FaultError */
  readSymbols(): SymbolTable | undefined;
}

const SHT_SYMTAB = 2;
const SHT_NOTE = 7;
const SHT_NOBITS = 8;
const NT_GNU_BUILD_ID = 3;
const SYMBOL_SIZE = 24;
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

  findBuildId(): string | undefined {
    for (const section of this.sections) {
      if (section.type !== SHT_NOTE || section.size > 64 * 1024) continue;
      const found = buildIdIn(this.readSection(section));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  readSymbols(): SymbolTable | undefined {
    const section = this.sections.find(({ type }) => type === SHT_SYMTAB);
    const names = section === undefined ? undefined : this.sections[section.link];
    if (section === undefined || names === undefined) return undefined;
    return symbolsOf(this.readSection(section), this.readSection(names), this.name);
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
    const sections = Array.from({ length: count }, (_, i) => sectionAt(view, i * SECTION_HEADER));
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

function sectionAt(view: DataView, at: number): ElfSection & { readonly nameOffset: number } {
  return {
    name: '',
    nameOffset: view.getUint32(at, true),
    type: view.getUint32(at + 4, true),
    flags: view.getBigUint64(at + 8, true),
    address: view.getBigUint64(at + 16, true),
    offset: Number(view.getBigUint64(at + 24, true)),
    size: Number(view.getBigUint64(at + 32, true)),
    link: view.getUint32(at + 40, true),
  };
}

function stringAt(strings: Uint8Array, offset: number): string {
  const end = strings.indexOf(0, offset);
  const name = strings.subarray(offset, end < 0 ? strings.length : end).subarray(0, 4096);
  return String.fromCharCode(...name);
}

/** Notes of one section: {namesz, descsz, type} name desc, each padded to 4 bytes. */
function buildIdIn(notes: Uint8Array): string | undefined {
  const view = new DataView(notes.buffer, notes.byteOffset, notes.byteLength);
  let at = 0;
  while (at + 12 <= notes.length) {
    const nameSize = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    const start = at + 12 + ((nameSize + 3) & ~3);
    if (start + size > notes.length || start < at) return undefined;
    const isGnu = nameSize === 4 && view.getUint32(at + 12) === 0x474e5500;
    if (isGnu && view.getUint32(at + 8, true) === NT_GNU_BUILD_ID) {
      return Array.from(notes.subarray(start, start + size), hexByte).join('');
    }
    at = start + ((size + 3) & ~3);
  }
  return undefined;
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Symbols with a name and a section; `nm`'s letter for the kinds a symbol itself tells. */
function symbolsOf(symtab: Uint8Array, strtab: Uint8Array, origin: string): SymbolTable {
  const count = Math.floor(symtab.length / SYMBOL_SIZE);
  const view = new DataView(symtab.buffer, symtab.byteOffset, symtab.byteLength);
  const kept: number[] = [];
  const ends: number[] = [];
  for (let i = 1; i < count; i++) {
    const kind = view.getUint8(i * SYMBOL_SIZE + 4) & 0xf;
    const start = view.getUint32(i * SYMBOL_SIZE, true);
    // STT_SECTION and STT_FILE are no names of the program; section 0 is undefined.
    const defined = view.getUint16(i * SYMBOL_SIZE + 6, true) !== 0 && kind !== 3 && kind !== 4;
    const end = defined && start > 0 ? endOfName(strtab, start) : -1;
    if (end <= start) continue;
    kept.push(i);
    ends.push(end);
  }
  const addresses = Float64Array.from(kept, (i) =>
    Number(view.getBigInt64(i * SYMBOL_SIZE + 8, true)),
  );
  const types = Uint8Array.from(kept, (i) => letterOf(view.getUint8(i * SYMBOL_SIZE + 4)));
  const starts = Uint32Array.from(kept, (i) => view.getUint32(i * SYMBOL_SIZE, true));
  return new SymbolTable(
    origin,
    addresses,
    types,
    new ElfNames(strtab, starts, Uint32Array.from(ends)),
  );
}

function letterOf(info: number): number {
  const letter = { 1: 'd', 2: 't' }[info & 0xf] ?? '?';
  const binding = info >>> 4;
  if (binding === 2) return (info & 0xf) === 1 ? 0x56 : 0x57;
  return (binding === 1 ? letter.toUpperCase() : letter).charCodeAt(0);
}
