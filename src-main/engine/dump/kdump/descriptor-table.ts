import type { ByteSource } from '../../base/byte-source.ts';
import { storedBytesOf } from '../flattened/flattened-source.ts';
import { readFully } from '../read-exactly.ts';
import { DESCRIPTOR_SIZE } from './header.ts';

const GROUP = 128;
const SLOTS = 64;

/**
 * The array of `struct page_desc {u64 offset; u32 size; u32 flags; u64 page_flags}`, one per
 * dumped page in frame order, read in groups through a small direct-mapped cache. `load` moves the
 * table to one descriptor; its fields are then plain numbers (no object per page).
 * @source makedumpfile 1.7.8 diskdump_mod.h `page_desc_t`
 */
export class DescriptorTable {
  /** File offset of the page's data. Doubles: above 2^53 they are inexact, but still absurd. */
  offset = 0;
  size = 0;
  flags = 0;
  readonly #source: ByteSource;
  readonly #base: number;
  /** Whole descriptors the file has room for; those beyond are not there. */
  readonly room: number;
  readonly #slotGroup = new Float64Array(SLOTS).fill(-1);
  readonly #slots: (DataView<ArrayBuffer> | undefined)[] = new Array<undefined>(SLOTS);

  constructor(source: ByteSource, base: number) {
    this.#source = source;
    this.#base = base;
    this.room = Math.floor(Math.min(storedBytesOf(source), source.size - base) / DESCRIPTOR_SIZE);
  }

  /** @returns false when the file ends before this descriptor */
  load(index: number): boolean {
    if (index >= this.room) return false;
    const group = Math.floor(index / GROUP);
    const slot = group % SLOTS;
    let view = this.#slots[slot];
    if (view === undefined || this.#slotGroup[slot] !== group) view = this.#fill(group, slot);
    const at = (index % GROUP) * DESCRIPTOR_SIZE;
    this.offset = view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
    this.size = view.getUint32(at + 8, true);
    this.flags = view.getUint32(at + 12, true);
    return true;
  }

  /** Where the descriptor is in the file, for messages. */
  placeOf(index: number): number {
    return this.#base + index * DESCRIPTOR_SIZE;
  }

  #fill(group: number, slot: number): DataView<ArrayBuffer> {
    const view = (this.#slots[slot] ??= new DataView(new ArrayBuffer(GROUP * DESCRIPTOR_SIZE)));
    this.#slotGroup[slot] = -1;
    const count = Math.min(GROUP, this.room - group * GROUP);
    const bytes = new Uint8Array(view.buffer);
    readFully(this.#source, this.placeOf(group * GROUP), bytes, count * DESCRIPTOR_SIZE);
    this.#slotGroup[slot] = group;
    return view;
  }
}
