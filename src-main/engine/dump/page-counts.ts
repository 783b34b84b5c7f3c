import type { PageState } from './dump-image.ts';

export type PageCounts = Record<PageState, number>;

export function zeroCounts(): PageCounts {
  return { present: 0, zero: 0, excluded: 0, 'not-ram': 0, truncated: 0, 'missing-part': 0 };
}
