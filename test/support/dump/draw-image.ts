import type { Pfn } from '../../../src-main/engine/base/address.ts';
import { FaultError } from '../../../src-main/engine/base/fault.ts';
import type { DumpImage, PageState } from '../../../src-main/engine/dump/dump-image.ts';

const MARKS: Readonly<Record<PageState, string>> = {
  present: '#',
  zero: '0',
  excluded: 'x',
  'not-ram': '.',
  truncated: 't',
  'missing-part': '?',
};

/**
 * The image as a drawing, one character a frame: `#` present, `0` zero, `x` excluded, `.` not
 * RAM, `t` truncated, `?` in a missing part, `!` reading it faults. Every page is read.
 */
export function drawImage(image: DumpImage, visit?: (frame: number, page: Uint8Array) => void) {
  let drawing = '';
  const page = new Uint8Array(image.pageSize);
  for (let frame = 0; frame < image.endPfn; frame++) {
    try {
      const state = image.readPage(frame as Pfn, page);
      if (image.pageState(frame as Pfn) !== state) drawing += '(state differs from reading)';
      drawing += MARKS[state];
      if (state === 'present' || state === 'zero') visit?.(frame, page);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      drawing += '!';
    }
  }
  return drawing;
}
