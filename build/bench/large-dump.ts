import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

const BLOCK = 4096;
const DESCRIPTOR = 24;
/** Offsets in struct disk_dump_header (64-bit) and, from block 1, struct kdump_sub_header. */
const BITMAP_BLOCKS = 436;
const SUB_HDR_SIZE = 432;
const MAX_MAPNR = 440;
const MAX_MAPNR_64 = BLOCK + 96;

/**
 * Writes a kdump-compressed file of a machine with `factor` times the memory, made from a real one:
 * every added page frame is RAM, is in the dump, and has 4 KiB of its own in the file (a hole, so
 * the file is sparse). Bitmaps and page descriptors of the added frames are really there: an
 * analyser that reads them all at open pays for it.
 * @source makedumpfile 1.7.8 diskdump_mod.h `disk_dump_header`, `kdump_sub_header`, `page_desc`
 */
export function writeLargeDump(small: string, large: string, factor: number): void {
  const old = readFileSync(small);
  const oldFrames = Number(old.readBigUInt64LE(MAX_MAPNR_64));
  const frames = oldFrames * factor;
  const bitmapStart = (1 + old.readUInt32LE(SUB_HDR_SIZE)) * BLOCK;
  const oldBitmapBytes = (old.readUInt32LE(BITMAP_BLOCKS) / 2) * BLOCK;
  const bitmapBytes = Math.ceil(frames / 8 / BLOCK) * BLOCK;
  const oldDescriptors = bitmapStart + 2 * oldBitmapBytes;
  const dumped = old.subarray(bitmapStart + oldBitmapBytes, oldDescriptors);
  const oldPages = countBits(dumped, oldFrames);
  const oldData = oldDescriptors + oldPages * DESCRIPTOR;
  const addedPages = frames - oldFrames;
  const descriptors = bitmapStart + 2 * bitmapBytes;
  const data = descriptors + (oldPages + addedPages) * DESCRIPTOR;
  const holes = Math.ceil((data + old.length - oldData) / BLOCK) * BLOCK;

  const file = openSync(large, 'w');
  try {
    const header = Buffer.from(old.subarray(0, bitmapStart));
    header.writeUInt32LE((2 * bitmapBytes) / BLOCK, BITMAP_BLOCKS);
    header.writeUInt32LE(Math.min(frames, 0xffffffff), MAX_MAPNR);
    header.writeBigUInt64LE(BigInt(frames), MAX_MAPNR_64);
    writeSync(file, header, 0, header.length, 0);
    for (const half of [0, 1]) {
      const from = bitmapStart + half * oldBitmapBytes;
      const bitmap = Buffer.alloc(bitmapBytes);
      old.copy(bitmap, 0, from, from + oldBitmapBytes);
      for (let frame = oldFrames; frame < frames; frame++) bitmap[frame >> 3]! |= 1 << (frame & 7);
      writeSync(file, bitmap, 0, bitmap.length, bitmapStart + half * bitmapBytes);
    }
    const table = Buffer.alloc((oldPages + addedPages) * DESCRIPTOR);
    old.copy(table, 0, oldDescriptors, oldData);
    for (let i = 0; i < oldPages; i++) {
      const moved = table.readBigUInt64LE(i * DESCRIPTOR) + BigInt(data - oldData);
      table.writeBigUInt64LE(moved, i * DESCRIPTOR);
    }
    for (let i = 0; i < addedPages; i++) {
      const at = (oldPages + i) * DESCRIPTOR;
      table.writeBigUInt64LE(BigInt(holes + i * BLOCK), at);
      table.writeUInt32LE(BLOCK, at + 8);
    }
    writeSync(file, table, 0, table.length, descriptors);
    writeSync(file, old, oldData, old.length - oldData, data);
    ftruncateSync(file, holes + addedPages * BLOCK);
  } finally {
    closeSync(file);
  }
}

function countBits(bitmap: Uint8Array, frames: number): number {
  let count = 0;
  for (let frame = 0; frame < frames; frame++) count += (bitmap[frame >> 3]! >> (frame & 7)) & 1;
  return count;
}
