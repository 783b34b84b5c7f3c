import type { Pfn } from '../../src-main/engine/base/address.ts';
import type { DumpImage, PageState } from '../../src-main/engine/dump/dump-image.ts';

type ReadPage = (frame: Pfn, target: Uint8Array) => PageState;

/** Remembers which frames were read: what a view rests on is what is worth damaging. */
export function recordReads(image: DumpImage): { image: DumpImage; frames: Set<number> } {
  const frames = new Set<number>();
  const recording = withReadPage(image, (frame, target) => {
    const state = image.readPage(frame, target);
    if (state === 'present') frames.add(frame);
    return state;
  });
  return { image: recording, frames };
}

/** What happens to a page: some of its bytes change, or the filter seems to have taken it. */
export type Mutation = (page: Uint8Array) => PageState;

/** The same dump with damaged pages. */
export function mutateImage(image: DumpImage, damage: ReadonlyMap<number, Mutation>): DumpImage {
  return withReadPage(image, (frame, target) => {
    const state = image.readPage(frame, target);
    const mutation = damage.get(frame);
    return mutation === undefined || state !== 'present' ? state : mutation(target);
  });
}

/** Everything else is the original's, whose private fields a plain copy would lose. */
function withReadPage(image: DumpImage, readPage: ReadPage): DumpImage {
  return new Proxy(image, {
    get(target, name) {
      if (name === 'readPage') return readPage;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A small seeded generator (mulberry32): the same seed damages the same bytes. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
