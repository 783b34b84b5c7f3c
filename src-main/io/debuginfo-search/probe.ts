import { hasDwarf } from '../../engine/debuginfo/elf-debug-file.ts';
import { findDebugLink } from '../../engine/debuginfo/elf-links.ts';
import { sampleFunctions, type SampledSymbol } from '../../engine/debuginfo/symbol-sample.ts';
import { openElf, SHT_NOBITS, type ElfFile } from '../../engine/debuginfo/elf.ts';
import { FaultError } from '../../engine/base/fault.ts';
import type { FileSource } from '../file-source.ts';
import { openByteSource } from '../open-byte-source.ts';

/** What a candidate says about itself. */
export interface Probe {
  readonly path: string;
  readonly buildId: string | undefined;
  readonly hasDwarf: boolean;
  /** File name of `.gnu_debuglink`. */
  readonly debugLink: string | undefined;
  readonly isModule: boolean;
  /** Of a module. */
  readonly srcversion: string | undefined;
  /** Of a module, its vermagic's first word; of vmlinux, its banner's third. Costs a search. */
  release(): string | undefined;
  /** "Linux version …" of a vmlinux; undefined where its data is not in the file. */
  banner(): string | undefined;
  /** Functions spread over its symbol table; none where it was stripped. */
  functions(): readonly SampledSymbol[];
}

const ET_REL = 1;
/** Each is two small reads. Of modules, which may be hundreds, fewer. */
const SAMPLED = 48;
const SAMPLED_OF_MODULE = 12;
const MAX_MODINFO = 1 << 20;
const BANNER = 'Linux version ';
/** .rodata, where the banner is, has some 10 MB; it is near the start. */
const MAX_SEARCH = 64 * 2 ** 20;
const WINDOW = 1 << 20;

/**
 * Reads what identifies a file, and closes it.
 * @throws OpenError, FaultError when it cannot be read or is no ELF file
 */
export function probeDebugFile(path: string): Probe {
  const source = openByteSource(path);
  try {
    const elf = openElf(source);
    const modinfo = elf.type === ET_REL ? modinfoOf(elf) : new Map<string, string>();
    const srcversion = modinfo.get('srcversion');
    let functions: readonly SampledSymbol[] | undefined;
    const banner = (): string | undefined => reopened(path, bannerOf);
    return {
      path,
      buildId: elf.findBuildId(),
      hasDwarf: hasDwarf(elf),
      debugLink: findDebugLink(elf)?.name,
      isModule: elf.type === ET_REL,
      srcversion,
      banner,
      functions: () => (functions ??= reopened(path, sampleOf) ?? []),
      release: () =>
        elf.type === ET_REL
          ? modinfo.get('vermagic')?.split(' ')[0]
          : banner()?.slice(BANNER.length).split(' ')[0],
    };
  } finally {
    source.close();
  }
}

function sampleOf(elf: ElfFile): SampledSymbol[] {
  return sampleFunctions(elf, elf.type === ET_REL ? SAMPLED_OF_MODULE : SAMPLED);
}

function reopened<T>(path: string, read: (elf: ElfFile) => T): T | undefined {
  let source: FileSource | undefined;
  try {
    source = openByteSource(path);
    return read(openElf(source));
  } catch (error) {
    if (error instanceof FaultError) return undefined;
    throw error;
  } finally {
    source?.close();
  }
}

/** `.modinfo`: KEY=VALUE, each ended by a NUL. @source include/linux/moduleparam.h `MODULE_INFO` */
function modinfoOf(elf: ElfFile): Map<string, string> {
  const found = new Map<string, string>();
  const section = elf.findSection('.modinfo');
  if (section === undefined || section.size > MAX_MODINFO) return found;
  for (const entry of new TextDecoder().decode(elf.readSection(section)).split('\0')) {
    const equals = entry.indexOf('=');
    const key = entry.slice(0, equals);
    if (equals > 0 && !found.has(key)) found.set(key, entry.slice(equals + 1));
  }
  return found;
}

function bannerOf(elf: ElfFile): string | undefined {
  const section = elf.findSection('.rodata');
  if (section === undefined || section.type === SHT_NOBITS) return undefined;
  const reader = elf.sectionReader(section);
  const size = Math.min(reader.size, MAX_SEARCH);
  const overlap = 1024;
  for (let at = 0; at < size; at += WINDOW) {
    const bytes = reader.bytes(at, Math.min(WINDOW + overlap, size - at));
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = text.indexOf(BANNER, 0, 'latin1');
    for (; start >= 0; start = text.indexOf(BANNER, start + 1, 'latin1')) {
      const end = text.indexOf(0, start);
      const banner = text.toString('latin1', start, end < 0 ? text.length : end).trim();
      // `linux_proc_banner` is the same text with `%s` in it.
      if (!banner.includes('%s') && banner.length < overlap) return banner;
    }
  }
  return undefined;
}
