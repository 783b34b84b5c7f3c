import { corruptTable } from './corrupt.ts';
import { SHT_NOBITS, type ElfFile, type ElfSection } from './elf.ts';

/** A debug section that its file holds compressed. */
export interface CompressedSection {
  /** As it would be called uncompressed: `.zdebug_info` is `.debug_info`. */
  readonly name: string;
  readonly codec: 'zlib' | 'zstd';
  /** Of the compressed stream, in the file. */
  readonly offset: number;
  readonly compressedSize: number;
  /** What the header promises; whoever inflates must not write more. */
  readonly size: number;
}

const SHF_COMPRESSED = 0x800n;
const ELFCOMPRESS_ZLIB = 1;
const ELFCOMPRESS_ZSTD = 2;
const CHDR_SIZE = 24;
/** "ZLIB" and the size, big-endian, before the stream. */
const ZDEBUG_HEADER = 12;
/** deflate gives at most 1032 bytes for one; zstd's blocks of 128 KiB for 4 bytes. */
const MAX_RATIO = { zlib: 1100, zstd: 40_000 };

/** The name under which DWARF knows a section. */
export function plainNameOf(section: ElfSection): string {
  return section.name.startsWith('.zdebug_') ? `.${section.name.slice(2)}` : section.name;
}

/**
 * How a section is compressed; undefined when it is not.
 * @throws FaultError `corrupt` when it says it is but its header cannot be true
 * @source include/uapi/linux/elf.h, gABI "Section Compression" (`Elf64_Chdr`); `.zdebug_*` is what
 *   binutils wrote before
 */
export function findCompression(elf: ElfFile, section: ElfSection): CompressedSection | undefined {
  if (section.type === SHT_NOBITS) return undefined;
  const isLegacy = section.name.startsWith('.zdebug_');
  if ((section.flags & SHF_COMPRESSED) === 0n && !isLegacy) return undefined;
  const length = isLegacy ? ZDEBUG_HEADER : CHDR_SIZE;
  const header = elf.sectionReader(section).bytes(0, length);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const what = `compressed section ${section.name} of ${elf.name}`;
  if (isLegacy && view.getUint32(0) !== 0x5a4c4942) {
    throw corruptTable(what, 0, '"ZLIB"', `0x${view.getUint32(0).toString(16)}`);
  }
  const type = isLegacy ? ELFCOMPRESS_ZLIB : view.getUint32(0, true);
  if (type !== ELFCOMPRESS_ZLIB && type !== ELFCOMPRESS_ZSTD) {
    throw corruptTable(what, 0, 'zlib (1) or zstd (2)', `compression ${type}`);
  }
  const codec = type === ELFCOMPRESS_ZLIB ? 'zlib' : 'zstd';
  const size = Number(isLegacy ? view.getBigUint64(4) : view.getBigUint64(8, true));
  const compressedSize = section.size - length;
  if (size > compressedSize * MAX_RATIO[codec]) {
    throw corruptTable(what, 8, `a size that ${compressedSize} bytes can hold`, String(size));
  }
  const { offset } = section;
  return { name: plainNameOf(section), codec, offset: offset + length, compressedSize, size };
}
