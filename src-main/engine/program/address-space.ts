import { addVirt, type PhysAddr, type VirtAddr } from '../base/address.ts';
import { FaultError, type Fault } from '../base/fault.ts';
import type { PhysicalMemory } from '../memory/physical-memory.ts';
import type { PageWalk } from '../translate/page-walk.ts';

/** Largest single read: a size field in a hostile dump must not make us allocate more. */
export const MAX_READ = 16 * 1024 * 1024;

/** Virtual memory of the kernel, or of one process. */
export interface AddressSpace {
  /** `kernel`, or `user of 1 (init)`. */
  readonly name: string;
  /**
   * Copies `length` bytes; may cross pages. On a fault the bytes before it have been copied.
   * @throws FaultError, always with the virtual address
   */
  readInto(address: VirtAddr, target: Uint8Array, targetOffset: number, length: number): void;
  /** A fresh copy. @throws FaultError; RangeError above {@link MAX_READ} */
  read(address: VirtAddr, length: number): Uint8Array;
  readU8(address: VirtAddr): number;
  readU16(address: VirtAddr): number;
  readU32(address: VirtAddr): number;
  readS32(address: VirtAddr): number;
  readU64(address: VirtAddr): bigint;
  /** Up to NUL or `max` bytes; bytes that are not UTF-8 read as `\xNN`. */
  readCString(address: VirtAddr, max?: number): string;
  /** @throws FaultError `not-present`, `non-canonical`, or why a table page could not be read */
  translate(address: VirtAddr): PhysAddr;
  /** Every step of the page-table walk; a missing entry is part of the answer. */
  walk(address: VirtAddr): PageWalk;
}

/** What an address space needs from translate/. */
export interface Translator {
  translate(address: VirtAddr): PhysAddr;
  walk(address: VirtAddr): PageWalk;
}

const PAGE = 4096;
const OFFSET_MASK = 0xfffn;

/** An address space over physical memory and a translator. */
export class TranslatedSpace implements AddressSpace {
  readonly name: string;
  readonly #physical: PhysicalMemory;
  readonly #translator: Translator;
  readonly #scratch = new Uint8Array(8);
  readonly #view = new DataView(this.#scratch.buffer);

  constructor(name: string, physical: PhysicalMemory, translator: Translator) {
    this.name = name;
    this.#physical = physical;
    this.#translator = translator;
  }

  translate(address: VirtAddr): PhysAddr {
    return this.#translator.translate(address);
  }

  walk(address: VirtAddr): PageWalk {
    return this.#translator.walk(address);
  }

  readInto(address: VirtAddr, target: Uint8Array, targetOffset: number, length: number): void {
    let done = 0;
    while (done < length) {
      const at = addVirt(address, done);
      const inPage = PAGE - Number(at & OFFSET_MASK);
      const chunk = Math.min(inPage, length - done);
      const phys = this.#translator.translate(at);
      try {
        this.#physical.readInto(phys, target, targetOffset + done, chunk);
      } catch (error) {
        throw withVirtual(error, at);
      }
      done += chunk;
    }
  }

  read(address: VirtAddr, length: number): Uint8Array {
    if (length < 0 || length > MAX_READ) {
      throw new FaultError({
        kind: 'corrupt',
        what: 'length of a read',
        expected: `at most ${MAX_READ} bytes`,
        found: String(length),
        virt: address,
      });
    }
    const bytes = new Uint8Array(length);
    this.readInto(address, bytes, 0, length);
    return bytes;
  }

  readU8(address: VirtAddr): number {
    this.readInto(address, this.#scratch, 0, 1);
    return this.#view.getUint8(0);
  }

  readU16(address: VirtAddr): number {
    this.readInto(address, this.#scratch, 0, 2);
    return this.#view.getUint16(0, true);
  }

  readU32(address: VirtAddr): number {
    this.readInto(address, this.#scratch, 0, 4);
    return this.#view.getUint32(0, true);
  }

  readS32(address: VirtAddr): number {
    this.readInto(address, this.#scratch, 0, 4);
    return this.#view.getInt32(0, true);
  }

  readU64(address: VirtAddr): bigint {
    this.readInto(address, this.#scratch, 0, 8);
    return this.#view.getBigUint64(0, true);
  }

  readCString(address: VirtAddr, max = 256): string {
    const bytes = new Uint8Array(max);
    let length = 0;
    while (length < max) {
      const at = addVirt(address, length);
      const chunk = Math.min(PAGE - Number(at & OFFSET_MASK), max - length);
      this.readInto(at, bytes, length, chunk);
      const nul = bytes.subarray(length, length + chunk).indexOf(0);
      if (nul >= 0) return textOfBytes(bytes.subarray(0, length + nul));
      length += chunk;
    }
    return textOfBytes(bytes);
  }
}

/** The same fault with the virtual address that was asked for. */
function withVirtual(error: unknown, virt: VirtAddr): unknown {
  if (!(error instanceof FaultError)) return error;
  const { fault } = error;
  if (fault.kind !== 'excluded' && fault.kind !== 'not-in-dump' && fault.kind !== 'corrupt') {
    return error;
  }
  if (fault.virt !== undefined) return error;
  return new FaultError({ ...fault, virt } as Fault);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of a dump's bytes: UTF-8, every byte that is not part of it as `\xNN`. */
export function textOfBytes(bytes: Uint8Array): string {
  let ascii = true;
  for (const byte of bytes) if (byte >= 0x80) ascii = false;
  if (ascii) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  try {
    return UTF8.decode(bytes);
  } catch {
    return escapeNonAscii(bytes);
  }
}

function escapeNonAscii(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    text += byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
