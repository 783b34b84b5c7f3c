import { addVirt, type VirtAddr } from '../base/address.ts';
import { FaultError } from '../base/fault.ts';
import { textOfBytes } from '../program/address-space.ts';
import type { Program } from '../program/program.ts';
import { offsetOf, sizeOf } from '../types/layout.ts';
import type { PrintkLog, PrintkRecord } from './printk.ts';

/**
 * The lockless ring buffer of 5.10 and later: a ring of descriptors (state and place of the text), a
 * parallel ring of infos (time, level, length), and a ring of text blocks.
 * @source kernel/printk/printk_ringbuffer.h (5.10, commit b6cf8b3f3312), `struct prb_desc`,
 * `struct printk_info`, `struct prb_data_blk_lpos`
 */

const ID_MASK = (1n << 62n) - 1n;
const DESC_COMMITTED = 1;
const DESC_FINALIZED = 2;
/** Bit 0 of a position: no data block. 1 is FAILED_LPOS (data lost), 3 an empty line. */
const FAILED_LPOS = 1n;
/** Text blocks begin with the descriptor's id, an unsigned long. */
const BLOCK_ID_SIZE = 8n;
/** 2^25 bytes of text and 2^20 records: twice what CONFIG_LOG_BUF_SHIFT and log_buf_len allow. */
const MAX_DATA_BITS = 31;
const MAX_DESC_BITS = 22;
/**
 * Bytes of text kept: twice what CONFIG_LOG_BUF_SHIFT allows. Damaged descriptors may all name one
 * block, and page tables may show one page as a buffer of gigabytes.
 */
export const MAX_LOG_TEXT = 1 << 26;
/** `struct prb_desc` has 24 bytes, `struct printk_info` 88. */
const MAX_STRUCT = 4096;

/** Positions of the members that are read for every record. */
interface Layout {
  readonly descSize: number;
  readonly state: number;
  readonly begin: number;
  readonly next: number;
  readonly infoSize: number;
  readonly seq: number;
  readonly ts: number;
  readonly textLen: number;
  readonly facility: number;
  readonly level: number;
  readonly caller: number;
  readonly subsystem: number | undefined;
  readonly device: number | undefined;
}

/** @param address of the `struct printk_ringbuffer` @throws FaultError */
export function readPrintkRingbuffer(program: Program, address: VirtAddr): PrintkLog {
  const prb = program.object('struct printk_ringbuffer', address);
  const descBits = bounded(
    prb.member('desc_ring.count_bits').number(),
    MAX_DESC_BITS,
    'prb desc_ring.count_bits',
  );
  const dataBits = bounded(
    prb.member('text_data_ring.size_bits').number(),
    MAX_DATA_BITS,
    'prb text_data_ring.size_bits',
  );
  const reader = new RingReader(program, {
    descs: prb.member('desc_ring.descs').pointer(),
    infos: prb.member('desc_ring.infos').pointer(),
    data: prb.member('text_data_ring.data').pointer(),
    descMask: (1n << BigInt(descBits)) - 1n,
    dataSize: 1n << BigInt(dataBits),
  });
  const tail = BigInt.asUintN(64, prb.member('desc_ring.tail_id.counter').bigint()) & ID_MASK;
  const head = BigInt.asUintN(64, prb.member('desc_ring.head_id.counter').bigint()) & ID_MASK;
  return reader.readAll(tail, head);
}

interface Rings {
  readonly descs: VirtAddr;
  readonly infos: VirtAddr;
  readonly data: VirtAddr;
  readonly descMask: bigint;
  readonly dataSize: bigint;
}

class RingReader {
  readonly #program: Program;
  readonly #rings: Rings;
  readonly #layout: Layout;
  readonly #records: PrintkRecord[] = [];
  readonly #warnings: string[] = [];
  #text = 0;
  #unfinished = 0;
  #dataLost = 0;
  #unreadable = 0;
  #firstFault = '';

  constructor(program: Program, rings: Rings) {
    this.#program = program;
    this.#rings = rings;
    this.#layout = layoutOf(program);
  }

  readAll(tail: bigint, head: bigint): PrintkLog {
    const count = ((head - tail) & ID_MASK) + 1n;
    if (count > this.#rings.descMask + 1n) {
      this.#warnings.push(
        `The log's descriptor ring is damaged: tail ${tail}, head ${head}, ${this.#rings.descMask + 1n} descriptors. Every descriptor was tried.`,
      );
      this.#readSlots();
    } else {
      // From the newest, which say why the machine died.
      for (let i = count - 1n; i >= 0n && this.#hasRoom(); i--) {
        this.#readRecord((tail + i) & ID_MASK);
      }
      this.#records.reverse();
    }
    this.#warnAboutGaps();
    return { records: this.#records, warnings: this.#warnings };
  }

  /** Without a usable tail and head: every slot by the id in its own state, in sequence order. */
  #readSlots(): void {
    for (let slot = 0n; slot <= this.#rings.descMask && this.#hasRoom(); slot++) {
      const state = this.#attempt(() => this.#readState(slot));
      if (state !== undefined && (state & this.#rings.descMask) === slot)
        this.#readRecord(state & ID_MASK);
    }
    this.#records.sort((a, b) => a.seq - b.seq);
  }

  /** Whether more text may be read; says so once when not. */
  #hasRoom(): boolean {
    const limit = Math.min(MAX_LOG_TEXT, Number(this.#rings.dataSize));
    if (this.#text <= limit) return true;
    this.#warnings.push(
      `The log is damaged, or larger than is read: ${this.#records.length} records have more than ${limit} bytes of text. The others are not shown.`,
    );
    return false;
  }

  #readState(id: bigint): bigint {
    return this.#program.kernel.readU64(addVirt(this.#descAt(id), this.#layout.state));
  }

  #descAt(id: bigint): VirtAddr {
    return addVirt(this.#rings.descs, (id & this.#rings.descMask) * BigInt(this.#layout.descSize));
  }

  #readRecord(id: bigint): void {
    const record = this.#attempt(() => this.#findRecord(id));
    if (record !== undefined) this.#records.push(record);
  }

  #findRecord(id: bigint): PrintkRecord | undefined {
    const { kernel } = this.#program;
    const layout = this.#layout;
    const stateVar = this.#readState(id);
    if ((stateVar & ID_MASK) !== id) return undefined;
    const state = Number(stateVar >> 62n);
    if (state !== DESC_COMMITTED && state !== DESC_FINALIZED) {
      // Reserved: its writer never came back. Reusable: free.
      if (state === 0) this.#unfinished++;
      return undefined;
    }
    const desc = this.#descAt(id);
    const begin = kernel.readU64(addVirt(desc, layout.begin));
    const next = kernel.readU64(addVirt(desc, layout.next));
    const infoAt = addVirt(
      this.#rings.infos,
      (id & this.#rings.descMask) * BigInt(layout.infoSize),
    );
    const info = kernel.read(infoAt, layout.infoSize);
    const view = new DataView(info.buffer, info.byteOffset, info.byteLength);
    const text = this.#findText(begin, next, view.getUint16(layout.textLen, true));
    if (text === undefined) {
      this.#dataLost++;
      return undefined;
    }
    return {
      seq: Number(view.getBigUint64(layout.seq, true)),
      tsNsec: view.getBigUint64(layout.ts, true),
      facility: view.getUint8(layout.facility),
      // a bit field: flags in the low 5 bits, level in the high 3
      level: view.getUint8(layout.level) >> 5,
      caller: callerName(view.getUint32(layout.caller, true)),
      text,
      context: contextOf(info, layout),
    };
  }

  /**
   * Bytes of a text block. A block that would cross the end of the ring lies whole at its start; one
   * that ends exactly there (`next` 0 in the ring, kernels since 6.18) does not.
   */
  #findText(begin: bigint, next: bigint, textLen: number): string | undefined {
    if ((begin & 1n) !== 0n || (next & 1n) !== 0n) {
      return begin === FAILED_LPOS || next === FAILED_LPOS ? undefined : '';
    }
    const size = this.#rings.dataSize;
    let from = begin % size;
    let to = next % size;
    if (to === 0n && from > 0n) to = size;
    else if (from > to) from = 0n;
    from += BLOCK_ID_SIZE;
    const room = to - from;
    if (room < 0n) return textLen === 0 ? '' : undefined;
    const length = room < BigInt(textLen) ? Number(room) : textLen;
    this.#text += length;
    return textOfBytes(this.#program.kernel.read(addVirt(this.#rings.data, from), length));
  }

  #attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      if (this.#unreadable++ === 0) this.#firstFault = error.message;
      return undefined;
    }
  }

  #warnAboutGaps(): void {
    const warn = this.#warnings;
    const [first] = this.#records;
    if (first !== undefined && first.seq > 0) {
      warn.push(
        `The log begins with record ${first.seq}: the ${first.seq} before it were overwritten.`,
      );
    }
    if (this.#unfinished > 0) {
      warn.push(`${this.#unfinished} log records were being written and are not shown.`);
    }
    if (this.#dataLost > 0) warn.push(`${this.#dataLost} log records have lost their text.`);
    if (this.#unreadable > 0) {
      warn.push(`${this.#unreadable} log records cannot be read: ${this.#firstFault}.`);
    }
  }
}

function layoutOf(program: Program): Layout {
  const desc = program.type('struct prb_desc');
  const info = program.type('struct printk_info');
  const descSize = bounded(sizeOf(desc), MAX_STRUCT, 'size of struct prb_desc');
  const infoSize = bounded(sizeOf(info), MAX_STRUCT, 'size of struct printk_info');
  // 8 bytes, the longest member read one by one, must fit.
  const at = (path: string): number =>
    bounded(offsetOf(info, path), infoSize - 8, `offset of printk_info.${path}`, 0);
  const hasDevice = program.object(info, 0n as VirtAddr).has('dev_info.subsystem');
  return {
    descSize,
    state: offsetOf(desc, 'state_var.counter'),
    begin: offsetOf(desc, 'text_blk_lpos.begin'),
    next: offsetOf(desc, 'text_blk_lpos.next'),
    infoSize,
    seq: at('seq'),
    ts: at('ts_nsec'),
    textLen: at('text_len'),
    facility: at('facility'),
    level: at('level'),
    caller: at('caller_id'),
    subsystem: hasDevice ? at('dev_info.subsystem') : undefined,
    device: hasDevice ? at('dev_info.device') : undefined,
  };
}

/** `T123`: task; `C1`: CPU, when not in task context. @source kernel/printk/printk.c printk_caller_id */
export function callerName(callerId: number): string {
  const cpu = (callerId & 0x8000_0000) !== 0;
  return cpu ? `C${callerId & 0x7fff_ffff}` : `T${callerId}`;
}

function contextOf(info: Uint8Array, layout: Layout): readonly string[] {
  if (layout.subsystem === undefined || layout.device === undefined) return [];
  const pairs: string[] = [];
  const subsystem = fixedString(info, layout.subsystem, 16);
  const device = fixedString(info, layout.device, 48);
  if (subsystem !== '') pairs.push(`SUBSYSTEM=${subsystem}`);
  if (device !== '') pairs.push(`DEVICE=${device}`);
  return pairs;
}

/** @source include/linux/dev_printk.h PRINTK_INFO_SUBSYSTEM_LEN, PRINTK_INFO_DEVICE_LEN */
function fixedString(bytes: Uint8Array, at: number, length: number): string {
  const part = bytes.subarray(at, at + length);
  const nul = part.indexOf(0);
  return textOfBytes(nul < 0 ? part : part.subarray(0, nul));
}

function bounded(value: number, max: number, what: string, min = 1): number {
  if (value >= min && value <= max) return value;
  const expected = `${min} to ${max}`;
  throw new FaultError({ kind: 'corrupt', what, expected, found: String(value) });
}
