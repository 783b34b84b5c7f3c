import {
  sectionOfBytes,
  type DwarfSections,
  type FrameSection,
  type SectionReader,
} from './dwarf/sections.ts';
import { findCompression, plainNameOf, type CompressedSection } from './elf-compression.ts';
import {
  findDebugLink,
  findSupplementaryLink,
  type DebugLink,
  type SupplementaryLink,
} from './elf-links.ts';
import {
  findRelocations,
  relocatedSection,
  Relocations,
  symbolValuesOf,
  type SymbolValues,
} from './elf-relocations.ts';
import { findSymbolFile, type SymbolFile } from './elf-symbol-file.ts';
import { SHT_NOBITS, SHT_SYMTAB, type ElfFile, type ElfSection } from './elf.ts';
import type { AddressRange, SymbolTable } from './symbol-table.ts';
import { vmlinuxSymbolsOf } from './vmlinux-symbols.ts';

/** An ELF file as a source of debug information. */
export interface DebugFile {
  readonly name: string;
  readonly elf: ElfFile;
  readonly buildId: string | undefined;
  /** Undefined where the file has no DWARF (stripped, or kept elsewhere: see `debugLink`). */
  readonly dwarf: DwarfSections | undefined;
  readonly debugLink: DebugLink | undefined;
  readonly supplementary: SupplementaryLink | undefined;
  /**
   * Symbols at their addresses in the dump (of a module: where its section addresses are known).
   * @param ranges where they may answer for an address
   */
  readSymbols(ranges?: readonly AddressRange[]): SymbolTable | undefined;
  /** Where the source file has the local symbol of that name at one of the addresses of the file. */
  findSymbolFile(name: string, addresses: readonly bigint[]): SymbolFile | undefined;
  /** Of vmlinux: what kallsyms would have, moved by KASLR's `slide`; undefined: no `.symtab`. */
  readKernelSymbols(slide: bigint): SymbolTable | undefined;
}

export interface DebugFileOptions {
  /**
   * Of a module: the address a section was loaded at, by name (`.text`). Sections without one
   * (freed `.init.text`, unknown) count from 0, which is no kernel address.
   */
  readonly sectionAddress?: ((name: string) => bigint | undefined) | undefined;
  /** Contents of the sections that {@link compressedSectionsOf} named, by that name. */
  readonly inflated?: ReadonlyMap<string, SectionReader> | undefined;
  /** The file that `supplementary` names. */
  readonly sup?: DwarfSections | undefined;
  /** The file is such a one: it may hold strings only. */
  readonly isSupplementary?: boolean | undefined;
}

const ET_REL = 1;
const MEMBERS = {
  line: '.debug_line',
  str: '.debug_str',
  lineStr: '.debug_line_str',
  ranges: '.debug_ranges',
  rnglists: '.debug_rnglists',
  loc: '.debug_loc',
  loclists: '.debug_loclists',
  addr: '.debug_addr',
  strOffsets: '.debug_str_offsets',
  aranges: '.debug_aranges',
  types: '.debug_types',
} as const;
const WANTED: ReadonlySet<string> = new Set([
  '.debug_info',
  '.debug_abbrev',
  '.debug_frame',
  '.eh_frame',
  ...Object.values(MEMBERS),
]);

/** True when the file has DWARF of its own. Reads nothing. */
export function hasDwarf(elf: ElfFile): boolean {
  return ['.debug_info', '.debug_abbrev'].every((name) =>
    elf.sections.some(
      (section) => plainNameOf(section) === name && section.type !== SHT_NOBITS && section.size > 0,
    ),
  );
}

/** The debug sections that must be inflated before {@link debugFileOf}. @throws FaultError */
export function compressedSectionsOf(elf: ElfFile): CompressedSection[] {
  return elf.sections.flatMap((section) => {
    if (!WANTED.has(plainNameOf(section))) return [];
    const found = findCompression(elf, section);
    return found === undefined ? [] : [found];
  });
}

/**
 * Puts the sections of a file together for the DWARF engine. Reads headers only: contents,
 * relocations and symbols are read when asked for.
 * @throws FaultError `corrupt` for damaged headers of sections it needs
 */
export function debugFileOf(elf: ElfFile, options: DebugFileOptions = {}): DebugFile {
  const sections = new SectionsOf(elf, options);
  return {
    name: elf.name,
    elf,
    buildId: elf.findBuildId(),
    dwarf: sections.dwarf(),
    debugLink: findDebugLink(elf),
    supplementary: findSupplementaryLink(elf),
    readSymbols: (ranges) =>
      elf.type === ET_REL
        ? elf.readSymbols((index) => sections.knownBase(index), ranges)
        : elf.readSymbols(undefined, ranges),
    findSymbolFile: (name, addresses) => sections.findSymbolFile(name, addresses),
    readKernelSymbols: (slide) => vmlinuxSymbolsOf(elf, slide),
  };
}

class SectionsOf {
  readonly #elf: ElfFile;
  readonly #options: DebugFileOptions;
  /** Symbol values by the index of the symbol table. */
  readonly #values = new Map<number, SymbolValues>();

  constructor(elf: ElfFile, options: DebugFileOptions) {
    this.#elf = elf;
    this.#options = options;
  }

  dwarf(): DwarfSections | undefined {
    const fallback = this.#options.isSupplementary === true ? this.#nothing() : undefined;
    const info = this.#find('.debug_info') ?? fallback;
    const abbrev = this.#find('.debug_abbrev') ?? fallback;
    if (info === undefined || abbrev === undefined) return undefined;
    const others = Object.entries(MEMBERS).map(([member, name]) => [member, this.#find(name)]);
    return {
      name: this.#elf.name,
      info,
      abbrev,
      ...(Object.fromEntries(others) as Partial<DwarfSections>),
      frames: this.#frames(),
      sup: this.#options.sup,
    };
  }

  /** A section's address in the dump, where somebody said it. */
  knownBase(index: number): bigint | undefined {
    const section = this.#elf.sections[index];
    return section === undefined ? undefined : this.#options.sectionAddress?.(section.name);
  }

  /** @throws FaultError */
  findSymbolFile(name: string, addresses: readonly bigint[]): SymbolFile | undefined {
    const { sections, type } = this.#elf;
    const symtab = sections.find((section) => section.type === SHT_SYMTAB);
    const strtab = symtab === undefined ? undefined : sections[symtab.link];
    if (symtab === undefined || strtab === undefined) return undefined;
    const [symbols, names] = [this.#elf.readSection(symtab), this.#elf.readSection(strtab)];
    return findSymbolFile(symbols, names, name, addresses, (value, section) =>
      type === ET_REL ? BigInt.asUintN(64, value + this.#base(section)) : value,
    );
  }

  #nothing(): SectionReader | undefined {
    if (this.#section('.debug_str') === undefined) return undefined;
    return sectionOfBytes(`no section of ${this.#elf.name}`, new Uint8Array(0));
  }

  #find(name: string): SectionReader | undefined {
    const section = this.#section(name);
    return section === undefined ? undefined : this.#readerOf(section);
  }

  #section(name: string): ElfSection | undefined {
    return this.#elf.sections.find(
      (section) => plainNameOf(section) === name && section.type !== SHT_NOBITS,
    );
  }

  #readerOf(section: ElfSection): SectionReader | undefined {
    const plain =
      findCompression(this.#elf, section) === undefined
        ? this.#elf.sectionReader(section)
        : this.#options.inflated?.get(plainNameOf(section));
    // vmlinux of some distributions keeps its relocations (--emit-relocs): they are already done.
    const table = this.#elf.type === ET_REL ? findRelocations(this.#elf, section) : undefined;
    if (plain === undefined || table === undefined) return plain;
    return relocatedSection(plain, () => {
      const entries = this.#elf.readSection(table);
      return new Relocations(plain.name, entries, this.#valuesOf(table), this.#base(section.index));
    });
  }

  #frames(): FrameSection[] {
    const frames: FrameSection[] = [];
    for (const kind of ['debug_frame', 'eh_frame'] as const) {
      const section = this.#section(`.${kind}`);
      const reader = section === undefined ? undefined : this.#readerOf(section);
      if (section === undefined || reader === undefined) continue;
      const address = this.#elf.type === ET_REL ? this.#base(section.index) : section.address;
      frames.push({ kind, reader, address });
    }
    return frames;
  }

  #base(index: number): bigint {
    return this.knownBase(index) ?? 0n;
  }

  #valuesOf(relocations: ElfSection): SymbolValues {
    let values = this.#values.get(relocations.link);
    if (values === undefined) {
      const symtab = this.#elf.sections[relocations.link];
      const bytes = symtab === undefined ? new Uint8Array(0) : this.#elf.readSection(symtab);
      values = symbolValuesOf(bytes, (index) => this.#base(index));
      this.#values.set(relocations.link, values);
    }
    return values;
  }
}
