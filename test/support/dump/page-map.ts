/**
 * Physical memory drawn as text, one character a page frame (spaces ignored):
 *
 *   `#` a page with data   `0` a page of zeros   `x` RAM the filter leaves out   `.` no RAM
 *
 * so '##0x..#' is a machine of 7 frames.
 */
export type PageKind = 'data' | 'zero' | 'excluded' | 'hole';

const KINDS: Readonly<Record<string, PageKind>> = {
  '#': 'data',
  '0': 'zero',
  x: 'excluded',
  '.': 'hole',
};

export function kindsOf(drawing: string): PageKind[] {
  return [...drawing.replaceAll(/\s/g, '')].map((mark) => {
    const kind = KINDS[mark];
    if (kind === undefined) throw new Error(`page map: what is ${JSON.stringify(mark)}?`);
    return kind;
  });
}

/** What a page of data holds: different in every frame; odd frames do not compress. */
export function pageBytes(frame: number): Uint8Array {
  const page = new Uint8Array(4096);
  let state = (frame * 2654435761 + 1) >>> 0;
  const noisy = frame % 2 === 1;
  for (let i = 0; i < page.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    page[i] = noisy ? state >>> 24 : i % 64 < 8 ? (state >>> 24) & 0x1f : (frame + (i >> 6)) & 0xff;
  }
  page[0] = 0xa5;
  return page;
}

/** The page as the machine had it, filtered or not. */
export function memoryPage(kind: PageKind, frame: number): Uint8Array {
  return kind === 'data' || kind === 'excluded' ? pageBytes(frame) : new Uint8Array(4096);
}
