import { addVirt, pfn, pfnOf, type PhysAddr, type VirtAddr } from '../base/address.ts';
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
  /** Page frame of a virtual page (address / 4096) that was translated before; -1: not known yet. */
  keptFrame(page: number): number;
  walk(address: VirtAddr): PageWalk;
}

const PAGE = 4096;
const OFFSET_MASK = 0xfffn;
/** An address taken apart without making other bigints: most reads are of one number. */
const ADDRESS = new BigUint64Array(1);
const ADDRESS_HALVES = new Uint32Array(ADDRESS.buffer);

/** An address space over physical memory and a translator. */
export class TranslatedSpace implements AddressSpace {
  readonly name: string;
  readonly #physical: PhysicalMemory;
  readonly #translator: Translator;
  readonly #scratch = new Uint8Array(8);
  readonly #view = new DataView(this.#scratch.buffer);
  /** Of the number that is being read. */
  #offset = 0;

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
    return this.#viewOf(address, 1).getUint8(this.#offset);
  }

  readU16(address: VirtAddr): number {
    return this.#viewOf(address, 2).getUint16(this.#offset, true);
  }

  readU32(address: VirtAddr): number {
    return this.#viewOf(address, 4).getUint32(this.#offset, true);
  }

  readS32(address: VirtAddr): number {
    return this.#viewOf(address, 4).getInt32(this.#offset, true);
  }

  readU64(address: VirtAddr): bigint {
    return this.#viewOf(address, 8).getBigUint64(this.#offset, true);
  }

  /** Bytes that hold a number, from `#offset` on. @throws FaultError */
  #viewOf(address: VirtAddr, size: number): DataView {
    ADDRESS[0] = address;
    const low = ADDRESS_HALVES[0]!;
    const offset = low & (PAGE - 1);
    if (offset + size > PAGE) {
      this.#offset = 0;
      this.readInto(address, this.#scratch, 0, size);
      return this.#view;
    }
    this.#offset = offset;
    const kept = this.#translator.keptFrame(ADDRESS_HALVES[1]! * 2 ** 20 + (low >>> 12));
    const frame = kept >= 0 ? pfn(kept) : pfnOf(this.#translator.translate(address));
    try {
      return this.#physical.view(frame);
    } catch (error) {
      throw withVirtual(error, address);
    }
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
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 0x80) ascii = false;
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
