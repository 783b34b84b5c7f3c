import { physAddr, pfn, virtAddr } from '../../../src-main/engine/base/address.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import { encodeName, hashBytes } from '../../../src-main/engine/debuginfo/name-hash.ts';
import { signedOf, SymbolTable } from '../../../src-main/engine/debuginfo/symbol-table.ts';
import { parseVmcoreinfo } from '../../../src-main/engine/debuginfo/vmcoreinfo.ts';
import type { DumpImage } from '../../../src-main/engine/dump/dump-image.ts';
import type { PhysicalMemory } from '../../../src-main/engine/memory/physical-memory.ts';
import { TranslatedSpace } from '../../../src-main/engine/program/address-space.ts';
import { Program } from '../../../src-main/engine/program/program.ts';
import { ProgramSymbols } from '../../../src-main/engine/program/symbols.ts';
import { memberOf, resolveTypedef, sizeOf } from '../../../src-main/engine/types/layout.ts';
import type { TypeFinderChain } from '../../../src-main/engine/types/finder-chain.ts';
import { drawTypes } from './draw-types.ts';

const PAGE = 4096n;
/** Kernel addresses keep their low 47 bits as physical ones: every drawn page has its own frame. */
const PHYS_MASK = 0x7fff_ffff_ffffn;
const KERNEL_HALF = 0xffff_8000_0000_0000n;

/** A small crashed machine: types from text, memory and symbols as the test puts them. */
export class DrawnMachine {
  readonly types: TypeFinderChain;
  readonly #pages = new Map<bigint, Uint8Array>();
  readonly #symbols = new Map<string, bigint>();
  readonly #letters = new Map<string, string>();

  constructor(types: string) {
    this.types = drawTypes(types);
  }

  symbol(name: string, address: bigint, letter = 'D'): this {
    this.#symbols.set(name, address);
    this.#letters.set(name, letter);
    return this;
  }

  bytes(address: bigint, bytes: Uint8Array | readonly number[]): this {
    for (const [i, byte] of [...bytes].entries()) {
      const at = address + BigInt(i);
      let page = this.#pages.get(at / PAGE);
      if (page === undefined) this.#pages.set(at / PAGE, (page = new Uint8Array(4096)));
      page[Number(at % PAGE)] = byte;
    }
    return this;
  }

  u64(address: bigint, value: bigint): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    return this.bytes(address, bytes);
  }

  text(address: bigint, text: string): this {
    return this.bytes(address, [...new TextEncoder().encode(text), 0]);
  }

  /** Zeros over the object, then the members given by path. */
  put(type: string, address: bigint, members: Record<string, number | bigint | string> = {}): this {
    const [tag, name] = type.split(' ') as ['struct', string];
    const found = this.types.typeNamed(tag, name);
    this.bytes(address, new Uint8Array(sizeOf(found)));
    for (const [path, value] of Object.entries(members)) {
      const member = memberOf(found, path);
      const at = address + BigInt(Math.floor(member.bitOffset / 8));
      if (typeof value === 'string') this.text(at, value);
      else this.#number(at, value, sizeOf(resolveTypedef(member.type)));
    }
    return this;
  }

  offset(type: string, path: string): bigint {
    const [tag, name] = type.split(' ') as ['struct', string];
    return BigInt(memberOf(this.types.typeNamed(tag, name), path).bitOffset / 8);
  }

  /** Links `struct list_head`s in a circle; the first is the head. */
  ring(...nodes: readonly bigint[]): this {
    for (const [i, node] of nodes.entries()) {
      this.u64(node, nodes[(i + 1) % nodes.length]!);
      this.u64(node + 8n, nodes[(i + nodes.length - 1) % nodes.length]!);
    }
    return this;
  }

  /** Leaves the page of an address out of the dump. */
  exclude(address: bigint): this {
    this.#pages.delete(address / PAGE);
    return this;
  }

  program(): Program {
    const physical = this.#physical();
    const translator = {
      translate: (address: bigint) => physAddr(address & PHYS_MASK),
      keptFrame: () => -1,
      walk: () => {
        throw new Error('the drawn machine has no page tables');
      },
      regionOf: (address: bigint) => ({
        name: address < KERNEL_HALF ? 'user' : 'kernel space',
        start: address < KERNEL_HALF ? 0n : KERNEL_HALF,
        end: address < KERNEL_HALF ? KERNEL_HALF : 1n << 64n,
        assumed: true,
      }),
      structPageOf: () => undefined,
    };
    const table = this.#table();
    return new Program({
      image: { sources: [], warnings: [], machine: 'x86_64' } as unknown as DumpImage,
      physical,
      vmcoreinfo: parseVmcoreinfo(new Uint8Array()),
      translator: translator as never,
      kernel: new TranslatedSpace('kernel', physical, translator as never),
      symbols: (modules) => new ProgramSymbols(table, modules),
      types: this.types,
      decisions: [],
      capabilities: [],
      warnings: [],
      symbolSlide: undefined,
    });
  }

  #number(at: bigint, value: number | bigint, size: number): void {
    const bytes = new Uint8Array(size);
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
    this.bytes(at, bytes);
  }

  #physical(): PhysicalMemory {
    const pages = this.#pages;
    const pageOf = (phys: bigint): Uint8Array | undefined =>
      pages.get((phys | KERNEL_HALF) / PAGE) ?? pages.get(phys / PAGE);
    const readInto: PhysicalMemory['readInto'] = (address, target, targetOffset, length) => {
      for (let i = 0; i < length; i++) {
        const at = address + BigInt(i);
        const page = pageOf(at);
        if (page === undefined) {
          throw new FaultError({ kind: 'excluded', phys: physAddr(at & ~0xfffn) });
        }
        target[targetOffset + i] = page[Number(at % PAGE)]!;
      }
    };
    const pageAt = (frame: number): Uint8Array<ArrayBuffer> => {
      const page = new Uint8Array(4096);
      readInto(physAddr(BigInt(frame) * PAGE), page, 0, 4096);
      return page;
    };
    return {
      readInto,
      page: pageAt,
      view: (frame) => new DataView(pageAt(frame).buffer),
      pageState: (frame) =>
        pageOf(BigInt(pfn(frame)) * PAGE) === undefined ? 'excluded' : 'present',
    };
  }

  #table(): SymbolTable {
    const names = [...this.#symbols.keys()];
    return new SymbolTable(
      'kallsyms',
      Float64Array.from(this.#symbols.values(), (address) => signedOf(virtAddr(address))),
      Uint8Array.from(names, (name) => (this.#letters.get(name) ?? 'D').charCodeAt(0)),
      {
        nameOf: (i) => names[i]!,
        hashOf: (i) => {
          const name = encodeName(names[i]!);
          return hashBytes(name, 0, name.length);
        },
        matches: (i, bytes) => {
          const name = encodeName(names[i]!);
          return name.length === bytes.length && name.every((byte, k) => byte === bytes[k]);
        },
      },
    );
  }
}
