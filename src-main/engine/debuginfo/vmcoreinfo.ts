import { virtAddr, type VirtAddr } from '../base/address.ts';
import { MIN_BUILD_ID } from './elf-notes.ts';

/**
 * VMCOREINFO: `KEY=VALUE` lines that the kernel writes about itself for dump tools.
 * Values are kept as text; the accessors parse on demand and answer undefined for what is missing
 * or is no number.
 * @source kernel/vmcore_info.c (kernel/crash_core.c before 6.9), include/linux/vmcore_info.h
 */
export interface Vmcoreinfo {
  /** The text it was parsed from, without padding. */
  readonly text: string;
  /** All keys in their order, first value wins. */
  readonly entries: ReadonlyMap<string, string>;
  /** Lines that are not `KEY=VALUE`, and keys given twice with different values. */
  readonly warnings: readonly string[];
  readonly osRelease: string | undefined;
  /** Hex of the GNU build ID of vmlinux (5.13+). */
  readonly buildId: string | undefined;
  readonly pageSize: number | undefined;
  /** Bytes the kernel was moved by KASLR; undefined where the kernel does not say. */
  readonly kernelOffset: bigint | undefined;
  /** Seconds since the epoch. */
  readonly crashTime: number | undefined;
  /** Address in SYMBOL(name). */
  symbol(name: string): VirtAddr | undefined;
  /** Byte offset in OFFSET(struct.member). */
  offset(name: string): number | undefined;
  /** Byte size in SIZE(name). */
  size(name: string): number | undefined;
  /** Array length in LENGTH(name). */
  length(name: string): number | undefined;
  /** Signed number in NUMBER(name). */
  number(name: string): bigint | undefined;
}

/** The kernel gives it one page; anything longer is not VMCOREINFO. */
export const MAX_VMCOREINFO = 64 * 1024;
const MAX_WARNINGS = 20;

/** @param bytes the note's payload, NUL padding allowed; only the first 64 KiB are looked at */
export function parseVmcoreinfo(bytes: Uint8Array): Vmcoreinfo {
  const text = textOf(bytes);
  const entries = new Map<string, string>();
  const warnings: string[] = [];
  const warn = (message: string): void => {
    if (warnings.length < MAX_WARNINGS) warnings.push(message);
  };
  if (bytes.length > MAX_VMCOREINFO) {
    warn(`VMCOREINFO has ${bytes.length} bytes; only the first ${MAX_VMCOREINFO} were read.`);
  }
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const equals = line.indexOf('=');
    if (equals <= 0) {
      warn(`VMCOREINFO line ${index + 1} is not KEY=VALUE: ${JSON.stringify(line.slice(0, 60))}.`);
      continue;
    }
    const key = line.slice(0, equals);
    const value = line.slice(equals + 1);
    const known = entries.get(key);
    if (known === undefined) entries.set(key, value);
    else if (known !== value) {
      warn(`VMCOREINFO gives ${JSON.stringify(key.slice(0, 60))} twice; the first value was kept.`);
    }
  }
  return new VmcoreinfoTable(text, entries, warnings);
}

class VmcoreinfoTable implements Vmcoreinfo {
  readonly text: string;
  readonly entries: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];

  constructor(text: string, entries: ReadonlyMap<string, string>, warnings: readonly string[]) {
    this.text = text;
    this.entries = entries;
    this.warnings = warnings;
  }

  get osRelease(): string | undefined {
    return this.entries.get('OSRELEASE');
  }
  get buildId(): string | undefined {
    const value = this.entries.get('BUILD-ID');
    const isId = value !== undefined && /^(?:[0-9a-f]{2}){1,64}$/.test(value);
    return isId && value.length >= 2 * MIN_BUILD_ID ? value : undefined;
  }
  get pageSize(): number | undefined {
    return this.#count('PAGESIZE');
  }
  get kernelOffset(): bigint | undefined {
    const value = this.entries.get('KERNELOFFSET');
    return value === undefined ? undefined : parseHex(value);
  }
  get crashTime(): number | undefined {
    return this.#count('CRASHTIME');
  }
  symbol(name: string): VirtAddr | undefined {
    const value = this.entries.get(`SYMBOL(${name})`);
    const parsed = value === undefined ? undefined : parseHex(value);
    return parsed === undefined ? undefined : virtAddr(parsed);
  }
  offset(name: string): number | undefined {
    return this.#count(`OFFSET(${name})`);
  }
  size(name: string): number | undefined {
    return this.#count(`SIZE(${name})`);
  }
  length(name: string): number | undefined {
    return this.#count(`LENGTH(${name})`);
  }
  number(name: string): bigint | undefined {
    const value = this.entries.get(`NUMBER(${name})`);
    return value === undefined ? undefined : parseNumber(value);
  }

  #count(key: string): number | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    const parsed = parseNumber(value);
    if (parsed === undefined || parsed < 0n || parsed > BigInt(Number.MAX_SAFE_INTEGER)) {
      return undefined;
    }
    return Number(parsed);
  }
}

/** The kernel writes symbols and KERNELOFFSET as bare `%lx`; `0x` is tolerated. */
function parseHex(text: string): bigint | undefined {
  const digits = /^(?:0x)?([0-9a-fA-F]{1,16})$/.exec(text.trim())?.[1];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

/** `%ld` or `0x%lx`. */
function parseNumber(text: string): bigint | undefined {
  const trimmed = text.trim();
  if (/^-?[0-9]{1,20}$/.test(trimmed)) return BigInt(trimmed);
  if (/^0x[0-9a-fA-F]{1,16}$/.test(trimmed)) return BigInt(trimmed);
  return undefined;
}

/** Up to the first NUL; bytes that are no ASCII stand for themselves (Latin-1). */
function textOf(bytes: Uint8Array): string {
  const limit = Math.min(bytes.length, MAX_VMCOREINFO);
  let text = '';
  for (let i = 0; i < limit && bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
