import { expect } from 'vitest';
import { openDump } from '../../../src-main/engine/dump/open-dump.ts';
import type { DumpImage } from '../../../src-main/engine/dump/dump-image.ts';
import { OpenError } from '../../../src-main/engine/dump/open-error.ts';
import { createDecompressors } from '../../../src-main/io/decompressors.ts';
import { drawImage } from './draw-image.ts';
import { MemorySource } from './memory-source.ts';
import { kindsOf, memoryPage, type PageKind } from './page-map.ts';

export const codecs = await createDecompressors();

export function openBytes(...files: Uint8Array[]): DumpImage {
  return openDump(
    files.map(
      (bytes, i) => new MemorySource(bytes, files.length === 1 ? 'vmcore' : `part${String(i)}`),
    ),
    codecs,
  );
}

/** The OpenError of files that must not open. */
export function openError(...files: Uint8Array[]): OpenError {
  try {
    openBytes(...files);
  } catch (error) {
    if (error instanceof OpenError) return error;
    throw error;
  }
  throw new Error('it opened');
}

/** The image shows exactly the drawn memory, state and bytes of each frame. */
export function expectDrawing(image: DumpImage, drawing: string): void {
  const kinds = kindsOf(drawing.replaceAll(/[t?!]/g, '#'));
  const wrong: number[] = [];
  const seen = drawImage(image, (frame, page) => {
    const expected = memoryPage(kinds[frame] as PageKind, frame);
    if (Buffer.compare(page, expected) !== 0) wrong.push(frame);
  });
  expect(seen).toBe(drawing.replaceAll(/\s/g, ''));
  expect(wrong).toEqual([]);
}
