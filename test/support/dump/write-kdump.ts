import { CODEC_FLAGS, type Codec, compressPage } from './compress.ts';
import { concat, type NoteText, USUAL_NOTES, VMCOREINFO_TEXT, writeNotes } from './notes.ts';
import { memoryPage, type PageKind } from './page-map.ts';

const BLOCK = 4096;

export interface KdumpOptions {
  readonly version?: number;
  readonly codec?: Codec;
  /** `-d`: with bit 1, zero pages share one block. */
  readonly level?: number;
  /** Only these frames' pages, as one file of a split set. */
  readonly split?: { readonly start: number; readonly end: number };
  /** As after a full disk: descriptors from this one on are zeros and the status says so. */
  readonly incompleteFrom?: number;
  readonly notes?: readonly NoteText[];
  readonly utsname?: Partial<Record<UtsField, string>>;
  readonly timestamp?: number;
  readonly physBase?: bigint;
  /** Bytes of a page, where not those of its kind. */
  readonly pageOf?: (frame: number) => Uint8Array;
}

type UtsField = 'sysname' | 'nodename' | 'release' | 'version' | 'machine' | 'domainname';
const UTS_FIELDS: readonly UtsField[] = [
  'sysname',
  'nodename',
  'release',
  'version',
  'machine',
  'domainname',
];

/**
 * A kdump-compressed file of the drawn memory, as makedumpfile lays it out: header, sub header and
 * notes, two bitmaps, descriptors, the page of zeros, pages. Old versions leave out what they did
 * not have yet.
 */
export function writeKdump(kinds: readonly PageKind[], options: KdumpOptions = {}): Uint8Array {
  const { version = 6, codec = 'zlib', level = 31 } = options;
  const start = options.split?.start ?? 0;
  const end = options.split?.end ?? kinds.length;
  const notes = version >= 4 ? writeNotes(options.notes ?? USUAL_NOTES) : new Uint8Array(0);
  const vmcoreinfo = vmcoreinfoOf(options.notes ?? USUAL_NOTES);
  // Version 3 has VMCOREINFO but no notes: the text stands alone behind the sub header.
  const extra = version >= 4 ? notes : version === 3 ? vmcoreinfo : new Uint8Array(0);
  const subBlocks = Math.ceil((104 + extra.length) / BLOCK);
  const bitmapBlocks = 2 * Math.ceil(Math.ceil(kinds.length / 8) / BLOCK);
  const bitmaps = (1 + subBlocks) * BLOCK;
  const descriptors = bitmaps + bitmapBlocks * BLOCK;

  const incomplete = options.incompleteFrom !== undefined;
  const header = new Uint8Array(descriptors);
  const view = new DataView(header.buffer);
  header.set(new TextEncoder().encode('KDUMP   '));
  view.setInt32(8, version, true);
  const utsname = { ...USUAL_UTSNAME, ...options.utsname };
  UTS_FIELDS.forEach((field, i) => {
    header.set(new TextEncoder().encode(utsname[field]), 12 + 65 * i);
  });
  view.setBigUint64(408, BigInt(options.timestamp ?? 1_700_000_000), true);
  view.setUint32(424, CODEC_FLAGS[codec] | (incomplete ? 8 : 0), true);
  view.setInt32(428, BLOCK, true);
  view.setInt32(432, subBlocks, true);
  view.setUint32(436, bitmapBlocks, true);
  view.setUint32(440, version >= 6 ? Math.min(kinds.length, 0xffffffff) : kinds.length, true);
  view.setInt32(460, 2, true);

  const u64 = (field: number, value: number): void => {
    view.setBigUint64(BLOCK + field, BigInt(value), true);
  };
  view.setBigUint64(BLOCK, options.physBase ?? 0x1000000n, true);
  if (version >= 1) view.setInt32(BLOCK + 8, level, true);
  if (version >= 2 && options.split !== undefined) {
    view.setInt32(BLOCK + 12, 1, true);
    u64(16, start);
    u64(24, end);
  }
  header.set(extra, BLOCK + 104);
  if (version >= 3) {
    u64(32, BLOCK + 104 + (version >= 4 ? indexOfText(extra, vmcoreinfo) : 0));
    u64(40, vmcoreinfo.length);
  }
  if (version >= 4) {
    u64(48, BLOCK + 104);
    u64(56, notes.length);
  }
  if (version >= 6) {
    if (options.split !== undefined) {
      u64(80, start);
      u64(88, end);
    }
    u64(96, kinds.length);
  }

  const dumped: number[] = [];
  kinds.forEach((kind, frame) => {
    const bit = 1 << (frame & 7);
    const byte = bitmaps + (frame >> 3);
    if (kind !== 'hole') header[byte] = (header[byte] as number) | bit;
    if (kind === 'data' || kind === 'zero') {
      const second = byte + (bitmapBlocks / 2) * BLOCK;
      header[second] = (header[second] as number) | bit;
      if (frame >= start && frame < end) dumped.push(frame);
    }
  });

  const table = new Uint8Array(dumped.length * 24);
  const tableView = new DataView(table.buffer);
  const data: Uint8Array[] = [];
  let at = descriptors + table.length;
  const zeroAt = at;
  if ((level & 1) !== 0) {
    data.push(new Uint8Array(BLOCK));
    at += BLOCK;
  }
  dumped.forEach((frame, index) => {
    if (options.incompleteFrom !== undefined && index >= options.incompleteFrom) return;
    const kind = kinds[frame] as PageKind;
    const shared = (level & 1) !== 0 && kind === 'zero' && options.pageOf === undefined;
    const page = options.pageOf?.(frame) ?? memoryPage(kind, frame);
    const stored = shared ? { bytes: page, flags: 0 } : compressPage(page, codec);
    tableView.setBigUint64(index * 24, BigInt(shared ? zeroAt : at), true);
    tableView.setUint32(index * 24 + 8, stored.bytes.length, true);
    tableView.setUint32(index * 24 + 12, stored.flags, true);
    if (!shared) {
      data.push(stored.bytes);
      at += stored.bytes.length;
    }
  });
  return concat([header, table, ...data]);
}

const USUAL_UTSNAME: Readonly<Record<UtsField, string>> = {
  sysname: 'Linux',
  nodename: 'vm',
  release: '6.1.0-test',
  version: '#1 SMP',
  machine: 'x86_64',
  domainname: '(none)',
};

function vmcoreinfoOf(notes: readonly NoteText[]): Uint8Array {
  const desc = notes.find(({ name }) => name === 'VMCOREINFO')?.desc ?? VMCOREINFO_TEXT;
  return typeof desc === 'string' ? new TextEncoder().encode(desc) : desc;
}

function indexOfText(bytes: Uint8Array, text: Uint8Array): number {
  return Buffer.from(bytes).indexOf(text);
}
