import { addVirt, type VirtAddr } from '../base/address.ts';
import { corruptTable } from './corrupt.ts';
import { orcBitsOf, type OrcBits, type OrcEntryStruct } from './orc-layout.ts';
import { guessOrcBits, orcRegistersOf, sampleOrcTable, type OrcRegister } from './orc-sample.ts';

export type { OrcRegister } from './orc-sample.ts';

/** How to find the caller's frame at one address, whatever the kernel's version of the format. */
export interface OrcEntry {
  /**
   * The caller's sp (before the call) is this register + spOffset. `bp-indirect`: it is in memory
   * at bp + spOffset. `sp-indirect`: it is what is in memory at sp, plus spOffset (5.12+, commit
   * 87ccc826bf1c "x86/unwind/orc: Change REG_SP_INDIRECT"; before, the offset was added first).
   */
  readonly spReg: OrcRegister;
  readonly spOffset: number;
  /** `undefined`: bp is unchanged (or in the pt_regs); else it was saved at bpReg + bpOffset. */
  readonly bpReg: OrcRegister;
  readonly bpOffset: number;
  /** `undefined`: no unwind information, the walk cannot go on; `end`: the outermost frame. */
  readonly type: 'call' | 'regs' | 'regs-partial' | 'undefined' | 'end';
  /**
   * True where this frame's own registers were saved by an interrupt or exception, so that the
   * address found in them is not a return address (look it up as it is, not minus one).
   */
  readonly signal: boolean;
}

/** Meaning of the bits of `struct orc_entry`; made by {@link orcLayoutOf}. */
export interface OrcLayout {
  /** `types`: the members of struct orc_entry say it; `guess`: what most entries look like. */
  readonly source: 'types' | 'guess';
  /** Undefined: to be guessed from the table. */
  readonly bits: OrcBits | undefined;
}

/** Reads memory of the dump (or an array in tests). */
export interface OrcMemory {
  /** Fills `target`. @throws FaultError */
  readInto(address: VirtAddr, target: Uint8Array): void;
}

export interface OrcTableLocation {
  /** __start_orc_unwind_ip / mod->arch.orc_unwind_ip: s32 each, relative to its own address. */
  readonly ipTable: VirtAddr;
  /** __start_orc_unwind / mod->arch.orc_unwind. */
  readonly entries: VirtAddr;
  readonly count: number;
}

/** ORC table in the dump's memory; reads only the blocks a binary search touches, and keeps them. */
export interface OrcTable {
  readonly count: number;
  readonly layout: OrcLayout;
  /**
   * Entry that covers an address; undefined before the first entry. The caller looks up return
   * addresses minus one, as the kernel does.
   * @throws FaultError when the table's page is missing
   */
  find(address: VirtAddr): OrcEntry | undefined;
}

/** Twenty times what a distribution's kernel has (600 thousand). */
const MAX_ENTRIES = 16_000_000;
/** Words of the ip table read at once: one page. */
const BLOCK = 1024;

/**
 * Layout of `struct orc_entry` from its type; without a type the table is looked at when first
 * used (a heuristic, see `guessOrcBits`).
 */
export function orcLayoutOf(entry: OrcEntryStruct | undefined): OrcLayout {
  const bits = entry === undefined ? undefined : orcBitsOf(entry);
  return { source: bits === undefined ? 'guess' : 'types', bits };
}

/** @throws FaultError `corrupt` when the number of entries cannot be */
export function openOrcTable(
  memory: OrcMemory,
  location: OrcTableLocation,
  layout: OrcLayout,
): OrcTable {
  const { count } = location;
  if (!Number.isInteger(count) || count < 0 || count > MAX_ENTRIES) {
    throw corruptTable('ORC table', 0, `up to ${MAX_ENTRIES} entries`, String(count));
  }
  return new LazyOrcTable(memory, location, layout);
}

class LazyOrcTable implements OrcTable {
  readonly count: number;
  readonly layout: OrcLayout;
  readonly #memory: OrcMemory;
  readonly #location: OrcTableLocation;
  readonly #blocks = new Map<number, Int32Array>();
  readonly #entries = new Map<number, OrcEntry>();
  #format: OrcFormat | undefined;

  constructor(memory: OrcMemory, location: OrcTableLocation, layout: OrcLayout) {
    this.count = location.count;
    this.layout = layout;
    this.#memory = memory;
    this.#location = location;
  }

  find(address: VirtAddr): OrcEntry | undefined {
    const wanted = Number(BigInt.asIntN(64, address - this.#location.ipTable));
    // Rightmost of equal addresses: section terminators sort to the left of real entries.
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ipOf(middle) <= wanted) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.#entryAt(low - 1);
  }

  /** Address of an entry's code, relative to the ip table. */
  #ipOf(index: number): number {
    const block = Math.floor(index / BLOCK);
    let words = this.#blocks.get(block);
    if (words === undefined) {
      words = this.#readBlock(block);
      this.#blocks.set(block, words);
    }
    return index * 4 + words[index % BLOCK]!;
  }

  #readBlock(block: number): Int32Array {
    const words = new Int32Array(Math.min(BLOCK, this.count - block * BLOCK));
    const start = addVirt(this.#location.ipTable, block * BLOCK * 4);
    this.#memory.readInto(start, new Uint8Array(words.buffer));
    return words;
  }

  #entryAt(index: number): OrcEntry {
    let entry = this.#entries.get(index);
    if (entry === undefined) {
      this.#format ??= this.#formatOnce();
      const bytes = new Uint8Array(this.#format.bits.size);
      this.#memory.readInto(addVirt(this.#location.entries, index * bytes.length), bytes);
      entry = decodeOrcEntry(bytes, this.#format);
      this.#entries.set(index, entry);
    }
    return entry;
  }

  #formatOnce(): OrcFormat {
    const size = this.layout.bits?.size ?? 6;
    const sample = sampleOrcTable(this.count, (index, count) => {
      const bytes = new Uint8Array(count * size);
      this.#memory.readInto(addVirt(this.#location.entries, index * size), bytes);
      const flags: number[] = [];
      const at = this.layout.bits?.flags ?? 4;
      for (let i = 0; i < count; i++)
        flags.push(bytes[i * size + at]! | (bytes[i * size + at + 1]! << 8));
      return flags;
    });
    return { bits: this.layout.bits ?? guessOrcBits(sample), registers: orcRegistersOf(sample) };
  }
}

/** How to read an entry: where the fields are, and what the register numbers mean. */
export interface OrcFormat {
  readonly bits: OrcBits;
  readonly registers: readonly OrcRegister[];
}

/** One raw entry in the terms of the newest format. */
export function decodeOrcEntry(bytes: Uint8Array, format: OrcFormat): OrcEntry {
  const { bits, registers } = format;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The bit fields lie in one word behind the two offsets, in every version.
  const flags = view.getUint16(bits.flags, true);
  const field = (where: { shift: number; width: number } | undefined): number =>
    where === undefined ? 0 : (flags >>> where.shift) & ((1 << where.width) - 1);
  const spReg = field(bits.spReg);
  const rawType = field(bits.type);
  const type = bits.end === undefined ? newType(rawType) : oldType(rawType, spReg, field(bits.end));
  return {
    spReg: registers[spReg] ?? 'invalid',
    spOffset: view.getInt16(bits.spOffset, true),
    bpReg: registers[field(bits.bpReg)] ?? 'invalid',
    bpOffset: view.getInt16(bits.bpOffset, true),
    type,
    // Before 6.3 there is no flag: saved registers imply it.
    signal:
      bits.signal === undefined
        ? type === 'regs' || type === 'regs-partial'
        : field(bits.signal) !== 0,
  };
}

/** ORC_TYPE_* since 6.4, commit fb799447ae29 "x86,objtool: Split UNWIND_HINT_EMPTY in two". */
function newType(type: number): OrcEntry['type'] {
  return (['undefined', 'end', 'call', 'regs', 'regs-partial'] as const)[type] ?? 'undefined';
}

/** Before 6.4: no stack register means the end, or no information at all. */
function oldType(type: number, spReg: number, end: number): OrcEntry['type'] {
  if (spReg === 0) return end !== 0 ? 'end' : 'undefined';
  return (['call', 'regs', 'regs-partial'] as const)[type] ?? 'undefined';
}
