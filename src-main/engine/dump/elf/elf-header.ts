import type { ByteSource } from '../../base/byte-source.ts';
import { ByteCursor } from '../../base/byte-cursor.ts';
import { OpenError } from '../open-error.ts';
import { readExactly } from '../read-exactly.ts';

export const PT_LOAD = 1;
export const PT_NOTE = 4;
const EHDR_SIZE = 64;
const PHDR_SIZE = 56;
const SHDR_SIZE = 64;
const PN_XNUM = 0xffff;
const ET_CORE = 4;
const EM_X86_64 = 62;
/** In a 64-bit ELF: QEMU writes it when CPU 0 was not in long mode (in firmware, in a reset). */
const EM_386 = 3;
/** makedumpfile -E starts a segment at every hole of 1 MiB: 2^22 of them cut up at least 4 TiB. */
const MAX_PROGRAM_HEADERS = 2 ** 22;
const READ_AT_ONCE = 1024;

const TYPES: Readonly<Record<number, string>> = {
  0: 'an ELF file of no type',
  1: 'an ELF object file (a kernel module?)',
  2: 'an ELF executable (a vmlinux?)',
  3: 'an ELF shared object or position-independent executable',
};

const MACHINES: Readonly<Record<number, string>> = {
  3: 'i386',
  8: 'mips',
  15: 'parisc',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  43: 'sparc64',
  50: 'ia64',
  62: 'x86_64',
  183: 'aarch64',
  243: 'riscv64',
  258: 'loongarch64',
};

export interface ElfHeader {
  readonly programHeaders: number;
  readonly count: number;
  readonly flags: number;
  /** The header says i386 (in a 64-bit file): see EM_386. */
  readonly notInLongMode: boolean;
}

export interface ProgramHeader {
  readonly type: number;
  readonly offset: number;
  readonly physical: bigint;
  readonly fileSize: number;
  readonly memorySize: number;
}

export function hasElfMagic(source: ByteSource): boolean {
  if (source.size < 4) return false;
  const [a, b, c, d] = readExactly(source, 0, 4, 'file signature');
  return a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46;
}

/**
 * The header of an ELF64 little-endian x86-64 core file. More program headers than fit 16 bits
 * (PN_XNUM) are counted by section header 0.
 * @throws OpenError for anything else, saying what it is; FaultError when the file ends inside
 * @source include/uapi/linux/elf.h `elf64_hdr`; elf(5) on PN_XNUM
 */
export function readElfHeader(source: ByteSource): ElfHeader {
  const ident = readExactly(source, 0, 20, 'ELF header');
  const class64 = ident[4] === 2;
  const little = ident[5] === 1;
  const byte16 = (at: number): number => {
    const [low, high] = little ? [ident[at], ident[at + 1]] : [ident[at + 1], ident[at]];
    return (low ?? 0) | ((high ?? 0) << 8);
  };
  const type = byte16(16);
  const machine = byte16(18);
  if (ident[4] !== 1 && ident[4] !== 2) throw damaged(source, 4, 'EI_CLASS', '1 or 2', ident[4]);
  if (ident[5] !== 1 && ident[5] !== 2) throw damaged(source, 5, 'EI_DATA', '1 or 2', ident[5]);
  if (type !== ET_CORE) {
    throw new OpenError(
      'not-a-dump',
      source.name,
      `is ${TYPES[type] ?? `an ELF file of type ${String(type)}`}, not a dump (an ELF core file).`,
    );
  }
  if (!class64 || !little || (machine !== EM_X86_64 && machine !== EM_386)) {
    const bits = class64 ? 64 : 32;
    const order = little ? 'little' : 'big';
    const name = MACHINES[machine] ?? `machine ${String(machine)}`;
    throw new OpenError(
      'unsupported',
      source.name,
      `is an ELF core file of ${name} (${String(bits)}-bit, ${order}-endian); only x86_64 is read.`,
    );
  }
  const cursor = new ByteCursor(readExactly(source, 0, EHDR_SIZE, 'ELF header'), 'ELF header');
  const programHeaders = cursor.seek(32).u64AsNumber();
  const sectionHeaders = cursor.u64AsNumber();
  const flags = cursor.u32();
  const entrySize = cursor.seek(54).u16();
  let count = cursor.u16();
  if (entrySize !== PHDR_SIZE) {
    throw damaged(source, 54, 'e_phentsize', String(PHDR_SIZE), entrySize);
  }
  if (count === PN_XNUM && sectionHeaders !== 0) {
    const section = readExactly(source, sectionHeaders, SHDR_SIZE, 'section header 0 (PN_XNUM)');
    count = new ByteCursor(section, 'section header 0', sectionHeaders).seek(44).u32();
  }
  if (count === 0 || count > MAX_PROGRAM_HEADERS) {
    throw damaged(source, 56, 'e_phnum', `from 1 to ${String(MAX_PROGRAM_HEADERS)}`, count);
  }
  if (programHeaders < EHDR_SIZE || programHeaders + count * PHDR_SIZE > source.size) {
    throw damaged(
      source,
      32,
      'e_phoff',
      `${String(count)} program headers inside the file's ${String(source.size)} bytes`,
      `0x${programHeaders.toString(16)}`,
    );
  }
  return { programHeaders, count, flags, notInLongMode: machine === EM_386 };
}

/** Program headers in file order, read some at a time. */
export function* iterateProgramHeaders(
  source: ByteSource,
  header: ElfHeader,
): Generator<ProgramHeader> {
  const what = 'ELF program header';
  for (let first = 0; first < header.count; first += READ_AT_ONCE) {
    const count = Math.min(READ_AT_ONCE, header.count - first);
    const at = header.programHeaders + first * PHDR_SIZE;
    const cursor = new ByteCursor(readExactly(source, at, count * PHDR_SIZE, what), what, at);
    for (let i = 0; i < count; i++) {
      const type = cursor.seek(i * PHDR_SIZE).u32();
      const offset = cursor.seek(i * PHDR_SIZE + 8).u64AsNumber();
      const physical = cursor.seek(i * PHDR_SIZE + 24).u64();
      const fileSize = cursor.u64AsNumber();
      const memorySize = cursor.u64AsNumber();
      yield { type, offset, physical, fileSize, memorySize };
    }
  }
}

function damaged(
  source: ByteSource,
  offset: number,
  field: string,
  expected: string,
  found: number | string | undefined,
): OpenError {
  return new OpenError(
    'damaged',
    source.name,
    `ELF header damaged: ${field} at 0x${offset.toString(16)} should be ${expected}, found ${String(found)}.`,
  );
}
